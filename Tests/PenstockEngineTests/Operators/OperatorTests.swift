import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Operators")
struct OperatorTests {
    @Test("state is carried over batches, controls are seen in their place, the end last")
    func state() async throws {
        let steps: [Step] = [.e(1), .e(2), .control(.scanEnd(ScanEnd(scan: ScanID(1), eventCount: 2))), .e(3), .e(4)]
        for batch in [1, 3, 4096] {
            let collector = Collector(Int64.self)
            let flow = FlowDescription(
                name: "f",
                stages: [
                    .from(ScriptedSource(partitions: [steps])), .filter { (s: Sample) in s.number != 3 },
                    .operation(AnyOperator(Running())), .to(collector),
                ])
            try await run([flow], batch: batch)
            #expect(collector.values == [1, 3, -1, 7, 3], "batch \(batch)")
            #expect(collector.controls.count == 1)
        }
    }

    @Test("several partitions reach an operator and a sink in one order, however they are read")
    func partitions() async throws {
        let partitions = [[1, 4, 4, 9], [2, 4, 7], [], [0, 12]].enumerated().map { partition, times in
            times.map {
                Step.event(Int64($0), Sample(key: Int64(partition), number: Int64($0) * 10 + Int64(partition)))
            }
        }
        let expected: [Int64] = [3, 10, 21, 40, 40, 41, 71, 90, 123]
        for (batch, parallelism) in [(1, 1), (2, 2), (4096, 1)] {
            let (sums, samples) = (Collector(Int64.self), Collector(Sample.self))
            let source = FlowDescription(name: "source", stages: [.from(ScriptedSource(partitions: partitions))])
            try await run(
                [
                    source,
                    FlowDescription(name: "a", stages: [.flow(source), .operation(AnyOperator(Running())), .to(sums)]),
                    FlowDescription(name: "b", stages: [.flow(source), .to(samples)]),
                ], batch: batch, parallelism: parallelism)
            #expect(samples.values.map(\.number) == expected, "batch \(batch)")
            #expect(samples.times == [0, 1, 2, 4, 4, 4, 7, 9, 12])
            var total: Int64 = 0
            #expect(
                sums.values == expected.map { number in
                    total += number
                    return total
                } + [9], "batch \(batch)")
        }
    }

    @Test("a state that is written down in mid-stream and brought back goes on to the same output")
    func snapshot() throws {
        let context = OperatorContext(stage: testStage, parallelism: 1, report: { _ in })
        let numbers = (Int64(0)..<40).map { $0 * $0 % 17 }
        func output(_ range: Range<Int>, _ state: inout RunningSum) throws -> [Int64] {
            var output = Output<Int64>(capacity: 1)
            let batch = Batch(range.map { (Int64($0), Sample(number: numbers[$0])) })
            try Running().process(Events(batch), state: &state, into: &output, context: context)
            let (values, times, count) = output.builder.take(capacity: 1)
            return Batch(
                origin: Origin(stage: 0, partition: 0), baseSequence: 0, rowCount: count, times: times, values: values,
                watermark: .distantPast
            ).values(Int64.self)
        }
        var whole = Running().makeState()
        let expected = try output(0..<40, &whole)
        for cut in 1..<40 {
            var state = Running().makeState()
            let before = try output(0..<cut, &state)
            var records = RecordWriter()
            state.snapshot(into: &records)
            var restored = try records.attributes.withUnsafeBytes {
                try RunningSum(restoring: [RecordReader(attributes: $0, payload: records.payloads[0])])
            }
            #expect(try before + output(cut..<40, &restored) == expected, "cut at \(cut)")
            #expect(restored == whole, "cut at \(cut)")
        }
        #expect(throws: RecordError.self) { _ = try RunningSum(restoring: []) }
    }

    @Test("aggregates of aggregates have the same bits for every batch size and parallelism")
    func nestedAggregates() async throws {
        var random = SeededGenerator(seed: 11)
        let partitions = (0..<3).map { _ in
            (0..<400).map { time in
                Step.event(
                    Int64(time),
                    Sample(key: .random(in: 0..<40, using: &random), float: .random(in: -1...1, using: &random)))
            }
        }
        let sumOfRows = NumberKernel(floats: { rows, input, numbers in
            for k in 0..<rows.count { numbers[rows[k]] = input.assumingMemoryBound(to: Row.self)[rows[k]].float }
            return KernelOutcome(processed: rows.count)
        })
        let outer = Aggregate(.sum, of: sumOfRows, row: ValueType(Row.self)) { rows, target in
            for k in 0..<rows.count {
                (target.assumingMemoryBound(to: Row.self) + k).initialize(to: Row(rows, k, keyedByText: false))
            }
        }
        var first: [Row]?
        for (batch, parallelism) in [(1, 1), (7, 2), (7, 4), (4096, 4), (64, 3)] {
            let collector = Collector(Row.self)
            let flow = FlowDescription(
                name: "f",
                stages: [
                    .from(ScriptedSource(partitions: partitions)), .keyBy { (s: Sample) in s.key },
                    .aggregate(.time(TimeWindows(size: 20, every: 10)), Aggregate(.sum, .float)),
                    .keyBy { (r: Row) in (Int64(r.key) ?? 0) % 3 },
                    .aggregate(.time(TimeWindows(size: 50, every: 50)), outer),
                    .to(collector),
                ])
            try await run([flow], batch: batch, parallelism: parallelism)
            #expect(collector.values.count == 9 * 3)
            if let first { #expect(collector.values == first, "batch \(batch), parallelism \(parallelism)") }
            first = first ?? collector.values
        }
    }

    @Test("the rests of count windows are late for windows behind them, and counted")
    func restsBehindWindows() async throws {
        let steps = (Int64(0)..<10).map { Step.e($0, key: $0 % 2) } + [.e(1000, key: 0), .e(1001, key: 0)]
        for (batch, parallelism) in [(1, 1), (4096, 1), (7, 4), (1, 2)] {
            let collector = Collector(Row.self)
            let flow = FlowDescription(
                name: "f",
                stages: [
                    .from(ScriptedSource(partitions: [steps])), .keyBy { (s: Sample) in s.key },
                    .aggregate(.count(CountWindows(size: 2, every: 2)), Aggregate(.count, .nothing)),
                    .keyBy { (_: Row) in Int64(0) },
                    .aggregate(
                        .time(TimeWindows(size: 100, every: 100)),
                        Aggregate(.count, of: nil, row: ValueType(Row.self)) { rows, target in
                            for k in 0..<rows.count {
                                (target.assumingMemoryBound(to: Row.self) + k).initialize(
                                    to: Row(rows, k, keyedByText: false))
                            }
                        }),
                    .to(collector),
                ])
            let statistics = try await run([flow], batch: batch, parallelism: parallelism).statistics
            // Key 0 fills windows at 2, 6, 1000 and leaves one event; key 1 at 3, 7 and leaves one.
            #expect(collector.values.map(\.count) == [4, 1], "batch \(batch), parallelism \(parallelism)")
            #expect(statistics.lateEvents == 2, "batch \(batch), parallelism \(parallelism)")
        }
    }
}
