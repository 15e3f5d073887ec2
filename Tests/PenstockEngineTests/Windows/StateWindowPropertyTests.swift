import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Windows with states in slots")
struct StateWindowPropertyTests {
    private static let batches = [1, 7, 4096]

    private func check(seed: UInt64, lateness: Int64, isKeyed: Bool) throws {
        let input = WindowInput(seed: seed)
        let reference = TreeReference(input, lateness: lateness, isKeyed: isKeyed)
        var random = SeededGenerator(seed: seed &+ 2_000_000)
        for batch in Self.batches {
            let parallelism = isKeyed ? [1, 2, 4].randomElement(using: &random) ?? 1 : 1
            var harness = KeyedHarness(
                .time(input.windows), disorder: Disorder(boundNanoseconds: input.bound),
                .treeText(isKeyed: isKeyed, Emission(allowedLateness: lateness)), batch: batch,
                parallelism: parallelism, spacing: [1, 2, 10_000].randomElement(using: &random) ?? 1,
                seed: random.next())
            let (rows, statistics) = try harness.runTree(input.partitions)
            #expect(rows == reference.rows, "seed \(seed), batch \(batch), parallelism \(parallelism)")
            #expect(statistics == reference.statistics, "seed \(seed), batch \(batch), parallelism \(parallelism)")
        }
    }

    @Test("states are folded and merged in the fixed tree, however the events are read", arguments: 0..<4)
    func tree(part: UInt64) throws {
        for seed in part * 200..<(part + 1) * 200 { try check(seed: seed, lateness: 0, isKeyed: true) }
    }

    @Test("windows without keys follow the same rules", arguments: 0..<2)
    func withoutKeys(part: UInt64) throws {
        for seed in part * 200..<(part + 1) * 200 { try check(seed: seed, lateness: 0, isKeyed: false) }
    }

    @Test("late rows come on expiry with all events of the window", arguments: 0..<4)
    func lateRows(part: UInt64) throws {
        for seed in part * 200..<(part + 1) * 200 {
            try check(seed: seed, lateness: Int64(seed % 23) + 1, isKeyed: seed % 3 != 0)
        }
    }

    @Test("numbers in slots give the bits that numbers in tables give")
    func numbers() throws {
        for seed in UInt64(0)..<400 {
            let input = WindowInput(seed: seed)
            let reference = WindowReference(
                input.windows, bound: input.bound, partitions: input.partitions, input.function, input.taken)
            var random = SeededGenerator(seed: seed)
            let batch = Self.batches.randomElement(using: &random) ?? 1
            var harness = KeyedHarness(
                .time(input.windows), disorder: Disorder(boundNanoseconds: input.bound),
                Aggregate(input.function, input.taken).throughStates, batch: batch, parallelism: 2, spacing: 1,
                seed: seed)
            let (rows, statistics) = try harness.run(input.partitions)
            #expect(rows == reference.rows, "seed \(seed), batch \(batch)")
            #expect(statistics == reference.statistics, "seed \(seed), batch \(batch)")
        }
    }

    @Test("early rows change nothing about the rows at closing")
    func earlyRows() throws {
        for seed in UInt64(0)..<300 {
            let input = WindowInput(seed: seed)
            let reference = TreeReference(input, lateness: 0, isKeyed: true)
            let every = Int(seed % 4) + 1
            var harness = KeyedHarness(
                .time(input.windows), disorder: Disorder(boundNanoseconds: input.bound),
                .treeText(isKeyed: true, Emission(earlyEvery: every)), batch: Self.batches[Int(seed % 3)],
                parallelism: 1, spacing: 1, seed: seed)
            let rows = try harness.runTree(input.partitions).rows
            let closing = rows.filter { $0.pane.timing == .onTime }
            #expect(closing.map(\.text) == reference.rows.map(\.text), "seed \(seed)")
            for row in closing {
                let early = rows.filter { $0.pane.timing == .early && $0.key == row.key && $0.window == row.window }
                let events = row.text.count { $0 == ":" }
                #expect(early.count == events / every, "seed \(seed), \(row)")
                #expect(early.map(\.pane.index) == Array(0..<early.count), "seed \(seed), \(row)")
                #expect(row.pane.index == early.count, "seed \(seed), \(row)")
            }
        }
    }
}

@Suite("Windows without keys in a run")
struct UnkeyedRunTests {
    @Test("rows of a keyed stage enter a window without keys in one order at every parallelism")
    func behindKeys() async throws {
        var random = SeededGenerator(seed: 11)
        let partitions: [[Step]] = (0..<3).map { _ in
            (0..<200).map { k in .e(Int64(k) / 2, key: .random(in: 0...20, using: &random)) }
        }
        let counts = Aggregate(.count, .nothing)
        let rowsInOrder = Aggregate(
            AggregateKernel(
                WindowEvents<Row, String> { _, rows in rows.map(\.description).joined(separator: ";") }, name: "rows"),
            row: ValueType(String.self), isKeyed: false
        ) { rows, target in
            for k in 0..<rows.count {
                (target.assumingMemoryBound(to: String.self) + k).initialize(to: rows.value(k, as: String.self))
            }
        }
        var results: Set<[String]> = []
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4), (4096, 1)] {
            let collector = Collector(String.self)
            let flow = FlowDescription(
                name: "f",
                stages: [
                    .from(ScriptedSource(partitions: partitions, disorder: Disorder(boundNanoseconds: 5))),
                    .keyBy { (s: Sample) in s.key },
                    .aggregate(.time(TimeWindows(size: 20, every: 10)), counts).named("counts"),
                    .aggregate(.time(TimeWindows(size: 10, every: 10)), rowsInOrder).named("rows"), .to(collector),
                ])
            try await run([flow], batch: batch, parallelism: parallelism)
            results.insert(collector.values)
            #expect(collector.values.count == 11)
        }
        #expect(results.count == 1)
    }
}
