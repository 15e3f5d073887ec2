internal import Foundation

/// What a provider of libfabric does without anything above it, by a program in C (loops/fabric_read.c): two endpoints, each with a
/// thread that sleeps until something comes.
final class FabricFloor {
    /// Reads of a peer's memory.
    struct Reading {
        let bytesPerSecond: Double
        let cpuSecondsPerGigabyte: Double
    }

    private let program: FloorProgram
    private let provider: String

    /// - Parameter provider: the name of a provider that tells when something has come.
    /// - Returns: nil where there is no compiler, or no header of libfabric.
    init?(provider: String) throws {
        let folder = FileManager.default.temporaryDirectory.path
        guard
            let program = try FloorProgram(
                "fabric_read", in: folder, flags: ["-O2", "-pthread"], libraries: ["-lfabric"])
        else { return nil }
        self.program = program
        self.provider = provider
    }

    deinit { program.remove() }

    /// Reads `count` times, at most `window` at a time; nil where it fails.
    func read(_ count: Int, of byteCount: Int, window: Int) throws -> Reading? {
        try run(["\(byteCount)", "\(count)", "\(window)", "1"]).map {
            Reading(bytesPerSecond: $0[0], cpuSecondsPerGigabyte: $0[1])
        }
    }

    /// Sends a message of 64 bytes there and back, one after the other; nil where it fails.
    func roundTrips(_ count: Int) throws -> RoundTrips? {
        try run(["64", "1", "1", "\(count)"]).map {
            RoundTrips(median: $0[2] * 1e-3, slowest: $0[3] * 1e-3, cpu: $0[4] * 1e-3)
        }
    }

    private func run(_ arguments: [String]) throws -> [Double]? {
        let words = try program.run([provider] + arguments)?.compactMap { Double($0) }
        guard let words, words.count == 5 else { return nil }
        return words
    }
}
