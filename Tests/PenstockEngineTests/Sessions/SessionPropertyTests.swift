import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Sessions")
struct SessionPropertyTests {
    private static let batches = [1, 7, 4096]
    private static let parallelisms = [1, 2, 4]

    @Test(
        "session windows, of fixed and dynamic gaps, give the rows of the definition, however they are read",
        arguments: 0..<8)
    func sessions(part: UInt64) throws {
        for seed in part * 500..<(part + 1) * 500 {
            let input = SessionInput(seed: seed)
            let reference = SessionReference(input)
            var random = SeededGenerator(seed: seed &+ 1_000_000)
            for _ in 0..<3 {
                let batch = Self.batches.randomElement(using: &random) ?? 1
                // A stream without keys has one instance.
                let parallelism = input.isKeyed ? Self.parallelisms.randomElement(using: &random) ?? 1 : 1
                var harness = KeyedHarness(
                    .session(input.windows), disorder: Disorder(boundNanoseconds: input.bound), input.aggregate(),
                    batch: batch, parallelism: parallelism,
                    spacing: [1, 2, 10_000].randomElement(using: &random) ?? 1, seed: random.next())
                let (rows, statistics) = try harness.run(input.partitions)
                #expect(rows == reference.rows, "seed \(seed), batch \(batch), parallelism \(parallelism)")
                #expect(
                    statistics == OperatorStatistics(lateEvents: reference.lateEvents),
                    "seed \(seed), batch \(batch), parallelism \(parallelism)")
            }
        }
    }

    @Test("text keys give the same rows as integers, in the order of their bytes")
    func textKeys() throws {
        for seed in UInt64(0)..<400 {
            let input = SessionInput(seed: seed)
            guard input.isKeyed else { continue }
            let expected = SessionReference(input).rows.map { row in
                var row = row
                row.key = "sensor-number-\(row.key)"
                return row
            }.sorted { a, b in a.end != b.end ? a.end < b.end : a.key.utf8.lexicographicallyPrecedes(b.key.utf8) }
            var random = SeededGenerator(seed: seed)
            let batch = Self.batches.randomElement(using: &random) ?? 1
            let parallelism = Self.parallelisms.randomElement(using: &random) ?? 1
            var harness = KeyedHarness(
                .session(input.windows), disorder: Disorder(boundNanoseconds: input.bound),
                input.aggregate(keyedByText: true), keyedByText: true, batch: batch, parallelism: parallelism,
                spacing: 1, seed: seed)
            let rows = try harness.run(input.partitions).rows
            #expect(rows == expected, "seed \(seed), batch \(batch), parallelism \(parallelism)")
        }
    }

    @Test("many keys come and go, and those without an open session are forgotten")
    func manyKeys() throws {
        let store = Aggregate(.count, .nothing).makeStore(of: ValueType(Sample.self))
        var table = SessionTable(store)
        var random = SeededGenerator(seed: 1)
        /// The open sessions of each key.
        var open: [UInt64: [(first: Int64, end: Int64)]] = [:]
        var ended: [EndedSession] = []
        for time in Int64(0)..<10_000 {
            // Neighbouring codes share their places in the table, so that gaps have to be closed behind those that leave.
            let code = UInt64.random(in: 0...1_000, using: &random) << UInt64.random(in: 0...3, using: &random)
            var slot: UInt32 = 0
            let bad = withUnsafePointer(to: code) { codes in
                withUnsafePointer(to: time) { times in
                    table.assign(
                        Rows(count: 1, indices: nil), times: times, codes: codes,
                        gaps: SessionGaps(fixed: 50, each: nil), to: &slot)
                }
            }
            #expect(bad == nil)
            var known = open[code] ?? []
            if let last = known.popLast() {
                if last.end >= time {
                    known.append((last.first, time + 50))
                } else {
                    known += [last, (time, time + 50)]
                }
            } else {
                known.append((time, time + 50))
            }
            open[code] = known
            var expected: [UInt64] = []
            for (code, sessions) in open where sessions[0].end <= time - 200 {
                expected.append(code)
                open[code] = sessions.count == 1 ? nil : Array(sessions.dropFirst())
            }
            ended.removeAll()
            table.takeEnded(by: time - 200, into: &ended)
            for session in ended { store.free(session.slot) }
            let isRight =
                ended.map(\.code).sorted() == expected.sorted() && table.keyCount == open.count
                && store.count == open.values.map(\.count).reduce(0, +)
            try #require(isRight, "time \(time)")
        }
        #expect(open.values.contains { $0.count > 1 })
        table.takeEnded(by: .max, into: &ended)
        #expect(table.keyCount == 0)
        #expect(table.codes.isEmpty)
    }

    @Test("one key with thousands of open sessions, joined at last by one event")
    func oneKey() throws {
        let sessions = Int64(5_000)
        var steps: [Step] = []
        var random = SeededGenerator(seed: 2)
        for start in (0..<sessions).shuffled(using: &random) { steps.append(.event(start * 10, Sample(number: 3))) }
        var harness = KeyedHarness(
            .session(SessionWindows(gap: .fixed(3))), disorder: .marks, Aggregate(.sum, .integer), batch: 7,
            parallelism: 1, spacing: 1, seed: 3)
        let apart = try harness.run([steps]).rows
        #expect(apart.map(\.start) == (0..<sessions).map { $0 * 10 })
        #expect(apart.allSatisfy { $0.integer == 3 && $0.end == $0.start + 3 })

        let whole = sessions * 10
        let gaps = SessionWindows(
            gap: .each(
                NumberKernel(integers: { rows, input, gaps in
                    for k in 0..<rows.count {
                        gaps[rows[k]] = input.assumingMemoryBound(to: Sample.self)[rows[k]].number
                    }
                    return KernelOutcome(processed: rows.count)
                })))
        for at in [0, 2_500, 5_000] {
            var joined = steps
            joined.insert(.event(0, Sample(number: whole)), at: at)
            var harness = KeyedHarness(
                .session(gaps), disorder: .marks, Aggregate(.sum, .integer), batch: 4096, parallelism: 1, spacing: 1,
                seed: 4)
            let rows = try harness.run([joined]).rows
            #expect(rows == [Row(key: "0", start: 0, end: whole, integer: whole + 3 * sessions)], "\(at)")
        }
    }
}
