import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Snapshots of windows")
struct SnapshotPropertyTests {
    /// Breaks off once in one to four turns.
    private static func restarts(_ seed: UInt64, _ parallelisms: [Int] = [1, 2, 4]) -> KeyedHarness.Restarts {
        KeyedHarness.Restarts(onceIn: Int(seed % 4) + 1, parallelisms: parallelisms, seed: seed &+ 77)
    }

    private static func batch(_ seed: UInt64) -> Int { [1, 7, 4096][Int(seed % 3)] }

    @Test("time windows go on from snapshots as if nothing had happened", arguments: 0..<4)
    func timeWindows(part: UInt64) throws {
        var count = 0
        for seed in part * 100..<(part + 1) * 100 {
            let input = WindowInput(seed: seed)
            let reference = WindowReference(
                input.windows, bound: input.bound, partitions: input.partitions, input.function, input.taken)
            var harness = KeyedHarness(
                .time(input.windows), disorder: Disorder(boundNanoseconds: input.bound),
                Aggregate(input.function, input.taken), batch: Self.batch(seed), parallelism: 2, spacing: 1, seed: seed)
            harness.restarts = Self.restarts(seed)
            let (rows, statistics) = try harness.run(input.partitions)
            count += harness.restarts?.count ?? 0
            #expect(rows == reference.rows, "seed \(seed)")
            #expect(statistics == reference.statistics, "seed \(seed)")
        }
        #expect(count > 250)
    }

    @Test("text keys go on from snapshots, in every kind of window", arguments: 0..<3)
    func textKeys(part: UInt64) throws {
        for seed in part * 40..<(part + 1) * 40 {
            let input = WindowInput(seed: seed)
            let reference = WindowReference(
                input.windows, bound: input.bound, partitions: input.partitions, input.function, input.taken)
            let expected = reference.rows.map { row in
                var row = row
                row.key = "sensor-number-\(row.key)"
                return row
            }.sorted { a, b in a.end != b.end ? a.end < b.end : a.key.utf8.lexicographicallyPrecedes(b.key.utf8) }
            let numbers = Aggregate(input.function, input.taken, keyedByText: true)
            for aggregate in [numbers, numbers.throughStates] {
                var harness = KeyedHarness(
                    .time(input.windows), disorder: Disorder(boundNanoseconds: input.bound), aggregate,
                    keyedByText: true, batch: Self.batch(seed), parallelism: 4, spacing: 2, seed: seed)
                harness.restarts = Self.restarts(seed)
                let (rows, statistics) = try harness.run(input.partitions)
                #expect(rows == expected, "seed \(seed)")
                #expect(statistics == reference.statistics, "seed \(seed)")
            }
            for window in [
                KeyedWindow.count(CountWindows(size: 3, every: 2)), .session(SessionWindows(gap: .fixed(4))),
            ] {
                try compareWithWhole(window, numbers, input, seed: seed, keyedByText: true)
            }
        }
    }

    /// Compares with a run that is not broken off.
    private func compareWithWhole(
        _ window: KeyedWindow, _ aggregate: Aggregate, _ input: WindowInput, seed: UInt64, keyedByText: Bool = false
    ) throws {
        func harness() -> KeyedHarness {
            KeyedHarness(
                window, disorder: Disorder(boundNanoseconds: input.bound), aggregate, keyedByText: keyedByText,
                batch: Self.batch(seed), parallelism: 1, spacing: 1, seed: seed)
        }
        var (whole, broken) = (harness(), harness())
        broken.restarts = Self.restarts(seed)
        let (expected, statistics) = try whole.run(input.partitions)
        let result = try broken.run(input.partitions)
        #expect(result.rows == expected, "seed \(seed), \(window.summary)")
        #expect(result.statistics == statistics, "seed \(seed), \(window.summary)")
    }

    @Test("states go on from snapshots with late rows and without keys, folded in the same tree", arguments: 0..<4)
    func states(part: UInt64) throws {
        for seed in part * 80..<(part + 1) * 80 {
            let input = WindowInput(seed: seed)
            let (lateness, isKeyed) = (Int64(seed % 5) * 4, seed % 3 != 0)
            let reference = TreeReference(input, lateness: lateness, isKeyed: isKeyed)
            var harness = KeyedHarness(
                .time(input.windows), disorder: Disorder(boundNanoseconds: input.bound),
                .treeText(isKeyed: isKeyed, Emission(allowedLateness: lateness)), batch: Self.batch(seed),
                parallelism: 1, spacing: 1, seed: seed)
            harness.restarts = Self.restarts(seed, isKeyed ? [1, 2, 4] : [1])
            let (rows, statistics) = try harness.runTree(input.partitions)
            #expect(rows == reference.rows, "seed \(seed)")
            #expect(statistics == reference.statistics, "seed \(seed)")
        }
    }

    @Test("early rows and a row for each late event go on with their numbers")
    func repeatedRows() throws {
        for seed in UInt64(0)..<200 {
            let input = WindowInput(seed: seed)
            let emission = Emission(
                allowedLateness: Int64(seed % 9), lateRows: seed % 2 == 0 ? .eachEvent : .onExpiry,
                earlyEvery: seed % 3 == 0 ? Int(seed % 4) + 1 : nil)
            func harness() -> KeyedHarness {
                KeyedHarness(
                    .time(input.windows), disorder: Disorder(boundNanoseconds: input.bound),
                    .treeText(isKeyed: true, emission), batch: Self.batch(seed), parallelism: 1, spacing: 2, seed: seed)
            }
            var (whole, broken) = (harness(), harness())
            broken.restarts = Self.restarts(seed, [1])
            let expected = try whole.runTree(input.partitions)
            let result = try broken.runTree(input.partitions)
            #expect(result.rows == expected.rows, "seed \(seed)")
            #expect(result.statistics == expected.statistics, "seed \(seed)")
        }
    }

    @Test("count windows go on from snapshots")
    func countWindows() throws {
        for seed in UInt64(0)..<200 {
            let input = WindowInput(seed: seed)
            let windows = CountWindows(size: Int(seed % 5) + 1, every: Int(seed / 5 % 5) + 1)
            let aggregate = seed % 2 == 0 ? Aggregate(.sum, .float) : Aggregate(.count, .nothing)
            try compareWithWhole(.count(windows), aggregate, input, seed: seed)
        }
    }

    @Test("sessions go on from snapshots, also where the order of their events matters", arguments: 0..<4)
    func sessions(part: UInt64) throws {
        for seed in part * 120..<(part + 1) * 120 {
            let input = SessionInput(seed: seed)
            let reference = SessionReference(input)
            var harness = KeyedHarness(
                .session(input.windows), disorder: Disorder(boundNanoseconds: input.bound), input.aggregate(),
                batch: Self.batch(seed), parallelism: 1, spacing: 1, seed: seed)
            harness.restarts = Self.restarts(seed, input.isKeyed ? [1, 2, 4] : [1])
            let (rows, statistics) = try harness.run(input.partitions)
            #expect(rows == reference.rows, "seed \(seed)")
            #expect(statistics == OperatorStatistics(lateEvents: reference.lateEvents), "seed \(seed)")
        }
    }
}
