import Penstock
import PenstockEvents
import PenstockTesting
import Testing

@testable import PenstockTomography

/// Sliding windows in the engine itself, with its batches, checkpoints and crashes.
@Suite struct SlidingFlowTests {
    /// What is compared of a slice: where it belongs, and its pixels as a number.
    struct Digest: Sendable, Hashable {
        let window: Int
        let slice: Int
        let isLast: Bool
        /// FNV-1a (RFC 9923) of the bytes.
        let pixels: UInt64

        init(_ slice: ReconstructedSlice) {
            (window, self.slice, isLast) = (slice.window, slice.slice, slice.isLast)
            pixels = slice.pixels.withUnsafeBytes { bytes in
                bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            }
        }
    }

    @Test(
        "no size of batches, number of threads or crash behind any projection changes a bit of any window",
        arguments: [ProjectionWindows.Rule.angle(degrees: 180, every: 45), .latest(count: 8, every: 3)])
    func replay(rule: ProjectionWindows.Rule) async throws {
        let projections = SlidingGridsTests.scan(18) { Double($0) * 22.5 }
        let source = ScriptedSource("projections", of: Projection.self, disorder: .marks)
        let digests = Observed("slices", of: Digest.self)
        let test = try await FlowTest {
            Flow("slices") {
                From(source)
                ProjectionWindows(rule)
                Reconstruct()
                Map { (slice: ReconstructedSlice) in Digest(slice) }
                To(digests)
            }
        }
        for (index, projection) in projections.enumerated() {
            try await test.send(projection, at: .seconds(index), to: source)
        }
        try await test.end()
        let windows = digests.values.last.map { $0.window + 1 } ?? 0
        #expect(windows > 5)
        #expect(digests.values.count == 2 * windows)
        var proof = FlowProof()
        proof.batches = [1, 7]
        proof.parallelism = [1, 3]
        proof.interleavings = 0
        let report = try await test.prove(proof)
        #expect(report.crashes >= projections.count)
    }
}
