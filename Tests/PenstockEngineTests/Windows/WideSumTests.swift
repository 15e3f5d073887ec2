import PenstockEvents
import Testing

@testable import PenstockEngine

/// The expected sums are those of 128-bit integers.
@Suite("Integer sums overflow only as a whole")
struct WideSumTests {
    private static let events = 24

    /// Every window here takes all of the events of a key.
    static let windows: [(name: String, window: KeyedWindow, aggregate: Aggregate)] = {
        let sum = Aggregate(.sum, .integer)
        let late = Aggregate(.sum, .integer, emission: Emission(allowedLateness: 5))
        let hour = KeyedWindow.time(TimeWindows(size: 3600, every: 3600))
        return [
            ("session", .session(SessionWindows(gap: .fixed(500))), sum),
            ("session of which each event is kept", .session(SessionWindows(gap: .each(Taken.gap))), sum),
            ("tumbling", hour, sum),
            ("tumbling with states", hour, sum.throughStates),
            ("tumbling with lateness", hour, late),
            ("sliding", .time(TimeWindows(size: 3600, every: 450, offset: 300)), sum.throughStates),
            ("count", .count(CountWindows(size: events, every: events)), sum),
            ("sliding count", .count(CountWindows(size: events * 2, every: events)), sum),
            ("count with states", .count(CountWindows(size: events, every: events)), sum.throughStates),
            ("global", .global(GlobalWindows(.count(events), isPurging: true)), sum),
            ("global that keeps its events", .global(GlobalWindows(.interval(1 << 40), isPurging: false)), sum),
        ]
    }()

    /// Events of two keys in two partitions. All but the last number of a key are extreme ones of either sign; the last one makes them fit, or
    /// leaves one too much.
    private func partitions(_ random: inout SeededGenerator, fits: Bool) -> ([[Step]], sums: [Int64: Int128]) {
        var partitions: [[Step]] = [[], []]
        var sums: [Int64: Int128] = [:]
        var numbers: [Int64: [Int64]] = [:]
        for key in 0..<2 as Range<Int64> {
            let pairs = (0..<Self.events / 2 - 1).flatMap { _ in
                let large = Int64.random(in: Int64.max / 2...Int64.max, using: &random)
                return [large, -large + Int64.random(in: -9...9, using: &random)]
            }
            let rest: [Int64] = fits ? [.max / 2, .max / 2 - 1000] : [.max, 1000]
            // The worst order is all of one sign first.
            numbers[key] = random.once(in: 3) ? (pairs + rest).sorted() : (pairs + rest).shuffled(using: &random)
            sums[key] = numbers[key]?.reduce(Int128(0)) { $0 + Int128($1) }
        }
        for index in 0..<Self.events {
            for key in 0..<2 as Range<Int64> {
                let sample = Sample(key: key, number: numbers[key]?[index] ?? 0)
                let partition = Int.random(in: 0..<2, using: &random)
                partitions[partition].append(
                    .event(Int64(index) * 10 + Int64.random(in: 1...9, using: &random), sample))
            }
        }
        return (partitions, sums)
    }

    private func run(
        _ window: KeyedWindow, _ aggregate: Aggregate, _ partitions: [[Step]], batch: Int, parallelism: Int,
        skips: Bool = false
    ) async throws -> [Row] {
        let rows = Collector(Row.self)
        let source = ScriptedSource(partitions: partitions, disorder: Disorder(boundNanoseconds: 20))
        var stage = StageDescription.aggregate(window, aggregate).named("sum")
        if skips { stage = stage.onError(.skip) }
        try await PenstockEngineTests.run(
            [
                FlowDescription(
                    name: "f", stages: [.from(source), .keyBy { (s: Sample) in s.key }, stage, .to(rows)])
            ], batch: batch, parallelism: parallelism)
        return rows.values
    }

    @Test("whatever order its numbers have, a sum that fits is a row", arguments: windows.indices)
    func fits(index: Int) async throws {
        let (name, window, aggregate) = Self.windows[index]
        for seed in 0..<6 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let (partitions, sums) = partitions(&random, fits: true)
            for (batch, parallelism, skips) in [(1, 2, false), (7, 1, true), (4096, 4, false)] {
                let rows = try await run(
                    window, aggregate, partitions, batch: batch, parallelism: parallelism, skips: skips)
                #expect(Set(rows.map(\.key)) == ["0", "1"])
                for row in rows {
                    let sum = sums[try #require(Int64(row.key))]
                    #expect(Int128(row.integer) == sum, "\(name), seed \(seed), batch \(batch)")
                }
            }
        }
    }

    @Test("whatever order its numbers have, a sum that does not fit is no row", arguments: windows.indices)
    func leavesOut(index: Int) async throws {
        let (name, window, aggregate) = Self.windows[index]
        for seed in 0..<3 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let (partitions, _) = partitions(&random, fits: false)
            let rows = try await run(window, aggregate, partitions, batch: 7, parallelism: 2, skips: true)
            #expect(rows.isEmpty, "\(name), seed \(seed)")
        }
    }

    @Test("a sum that has left 64 bits and comes back does so over a checkpoint", arguments: windows.indices)
    func restored(index: Int) async throws {
        let (name, window, aggregate) = Self.windows[index]
        var random = SeededGenerator(seed: 3)
        let (partitions, sums) = partitions(&random, fits: true)
        var harness = KeyedHarness(
            window, disorder: Disorder(boundNanoseconds: 20), aggregate, batch: 3, parallelism: 2, spacing: 2, seed: 5)
        harness.restarts = KeyedHarness.Restarts(onceIn: 3, parallelisms: [1, 2, 4], seed: 7)
        let rows = try harness.run(partitions).rows
        #expect((harness.restarts?.count ?? 0) > 0)
        #expect(!rows.isEmpty)
        for row in rows { #expect(Int128(row.integer) == sums[try #require(Int64(row.key))], "\(name)") }
    }
}

extension Taken {
    /// A gap that is the same for all events.
    fileprivate static var gap: NumberKernel {
        NumberKernel(integers: { rows, _, numbers in
            for k in 0..<rows.count { numbers[rows[k]] = 500 }
            return KernelOutcome(processed: rows.count)
        })
    }
}
