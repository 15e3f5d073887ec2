import Testing

@testable import Penstock
@testable import PenstockEngine

@Suite("Sums of narrow integers")
struct NarrowSumTests {
    private struct Pixel: Sendable {
        var key: Int
        var value: Int8
    }

    /// Of key 0 the numbers add up to 100, though not on the way there; of key 1 to 200.
    private static let source = From(
        Generated(6) { n in
            (Pixel(key: n % 2, value: n == 4 ? -100 : n == 5 ? 0 : 100), Timestamp(nanoseconds: Int64(n)))
        })

    private func flows(_ policy: ErrorPolicy, _ sums: Collected<Summed<Int, Int8>>) -> [Flow<Closed>] {
        [
            Flow("tumbling") {
                Self.source
                KeyBy(\Pixel.key)
                Tumbling(every: .seconds(1))
                Sum(\Pixel.value).onError(policy)
                To(sums)
            },
            Flow("session") {
                Self.source
                KeyBy(\Pixel.key)
                Session(gap: .seconds(1))
                Sum(\Pixel.value).onError(policy)
                To(sums)
            },
            Flow("count") {
                Self.source
                KeyBy(\Pixel.key)
                Tumbling(count: 3)
                Sum(\Pixel.value).onError(policy)
                To(sums)
            },
        ]
    }

    @Test("one that does not fit into its type is no row, and one that fits in the end is", arguments: 0..<3)
    func overflow(form: Int) async throws {
        let sums = Collected<Summed<Int, Int8>>()
        try await flows(.skip, sums)[form].run()
        #expect(sums.values.map(\.key) == [0] && sums.values.map(\.sum) == [100])
        let error = await #expect(throws: EngineError.self) { try await flows(.fail, Collected())[form].run() }
        #expect(error?.summary.contains("an integer sum overflowed in the window") == true)
        #expect(error?.hint?.contains("a wider integer") == true)
    }
}
