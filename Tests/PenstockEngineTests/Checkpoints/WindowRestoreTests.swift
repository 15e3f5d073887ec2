import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Windows over restored runs")
struct WindowRestoreTests {
    /// Compares runs that are broken off, at several places, with one that is not.
    private func check<Value: Sendable & Equatable>(
        _ type: Value.Type, seeds: Range<UInt64> = 0..<3, _ flows: (DurableCollector<Value>) -> [FlowDescription]
    ) async throws {
        let whole = DurableCollector(Value.self)
        var unbroken = try BrokenRuns()
        let expected = try await unbroken.run(whole, [.init(batch: 64)], flows)
        try #require(whole.values.count > 10, "\(whole.values.count) rows")
        var restored: [UInt64] = []
        for seed in seeds {
            let collector = DurableCollector(Value.self)
            var runs = try BrokenRuns()
            let attempts = BrokenRuns.attempts(whole.values.count, seed: seed)
            let last = try await runs.run(collector, attempts, flows)
            #expect(collector.values == whole.values, "seed \(seed): \(attempts)")
            #expect(collector.times == whole.times, "seed \(seed): \(attempts)")
            #expect(last.progress.operators == expected.progress.operators, "seed \(seed): \(attempts)")
            restored += runs.restored.compactMap { $0 }
        }
        #expect(restored.contains { $0 > 1 }, "no run went on from the middle: \(restored)")
    }

    private func keyed(_ window: KeyedWindow, _ aggregate: Aggregate) -> [StageDescription] {
        [BrokenRuns.source(8), .keyBy { (s: Sample) in s.key }, .aggregate(window, aggregate)]
    }

    @Test("tumbling and sliding windows of numbers", arguments: [(20, 20), (50, 20), (10, 25)])
    func numbers(size: Int64, every: Int64) async throws {
        for aggregate in [Aggregate(.sum, .float), Aggregate(.count, .nothing), Aggregate(.variance, .float)] {
            try await check(Row.self, seeds: 0..<2) { collector in
                [
                    FlowDescription(
                        name: "f",
                        stages: keyed(.time(TimeWindows(size: size, every: every)), aggregate) + [.to(collector)])
                ]
            }
        }
    }

    @Test("windows of states, with late rows and without keys", arguments: [0, 15], [true, false])
    func states(lateness: Int64, isKeyed: Bool) async throws {
        try await check(TreeRow.self) { collector in
            let aggregate = StageDescription.aggregate(
                .time(TimeWindows(size: 40, every: 20)),
                .treeText(isKeyed: isKeyed, Emission(allowedLateness: lateness)))
            let key: [StageDescription] = isKeyed ? [.keyBy { (s: Sample) in s.key }] : []
            return [FlowDescription(name: "f", stages: [BrokenRuns.source(8)] + key + [aggregate, .to(collector)])]
        }
    }

    @Test("count windows")
    func counts() async throws {
        try await check(Row.self) { collector in
            let window = KeyedWindow.count(CountWindows(size: 5, every: 3))
            return [FlowDescription(name: "f", stages: keyed(window, Aggregate(.sum, .float)) + [.to(collector)])]
        }
    }

    @Test("sessions, also where the order of their events matters")
    func sessions() async throws {
        for aggregate in [Aggregate(.sum, .integer), Aggregate(.sum, .float)] {
            try await check(Row.self) { collector in
                let window = KeyedWindow.session(SessionWindows(gap: .fixed(25)))
                return [FlowDescription(name: "f", stages: keyed(window, aggregate) + [.to(collector)])]
            }
        }
    }

    @Test(
        "windows by position",
        arguments: [PositionWindows.Rule.whole, .sliding(size: 40, every: 10), .latest(count: 9, every: 4)])
    func positions(rule: PositionWindows.Rule) async throws {
        let scans = (0..<12).flatMap { scan -> [Step] in
            let start = Step.control(.scanStart(ScanStart(scan: ScanID(UInt64(scan)))))
            let events = (0..<20).map { Step.event(Int64($0 + scan * 100), Sample(number: Int64($0 * 4))) }
            return [start] + events + [.control(.scanEnd(ScanEnd(scan: ScanID(UInt64(scan)), eventCount: 20)))]
        }
        try await check(WindowSum.self) { collector in
            [
                FlowDescription(
                    name: "f",
                    stages: [
                        .from(ScriptedSource(partitions: [scans])),
                        .operation(
                            AnyOperator(Summing(parts: 2), windows: PositionWindows(rule)) { sample, _ in sample.number
                            }),
                        .to(collector),
                    ])
            ]
        }
    }

    @Test("windows over the rows of windows, shared out by another key")
    func chained() async throws {
        try await check(Row.self) { collector in
            let sums = Aggregate(.sum, .float)
            let rows = Aggregate(
                .sum,
                of: NumberKernel(floats: { rows, input, numbers in
                    for k in 0..<rows.count {
                        numbers[rows[k]] = input.assumingMemoryBound(to: Row.self)[rows[k]].float
                    }
                    return KernelOutcome(processed: rows.count)
                }), row: ValueType(Row.self)
            ) { rows, target in
                for k in 0..<rows.count {
                    (target.assumingMemoryBound(to: Row.self) + k).initialize(to: Row(rows, k, keyedByText: false))
                }
            }
            return [
                FlowDescription(
                    name: "f",
                    stages: keyed(.time(TimeWindows(size: 20, every: 20)), sums) + [
                        .keyBy { (row: Row) in (Int64(row.key) ?? 0) % 3 },
                        .aggregate(.session(SessionWindows(gap: .fixed(19))), rows).named("sessions"), .to(collector),
                    ])
            ]
        }
    }

    /// Hands on what comes, and puts out the number of events at the end.
    private struct Counting: Operator {
        let end: Int64

        func makeState() -> RunningSum { RunningSum() }

        func process(
            _ events: Events<Sample>, state: inout RunningSum, into output: inout Output<Sample>,
            context: OperatorContext
        ) {
            for event in events { output.append(event.value, time: event.time) }
            state.count += Int64(events.count)
        }

        func finish(state: inout RunningSum, into output: inout Output<Sample>, context: OperatorContext) {
            output.append(Sample(number: state.count), time: Timestamp(nanoseconds: end))
        }
    }

    @Test("a merge of two sources, one of which ends long before the other")
    func merged() async throws {
        try await check(Int64.self, seeds: 0..<6) { collector in
            let parts = [(3, 30), (4, 200)].map { seed, count in
                FlowDescription(
                    name: "part \(seed)",
                    stages: [
                        BrokenRuns.source(UInt64(seed), count: count, bound: 30),
                        .operation(AnyOperator(Counting(end: Int64(count) * 5))),
                    ])
            }
            return [
                FlowDescription(
                    name: "f",
                    stages: [
                        StageDescription(.inputs(parts), label: "Merge"), .operation(AnyOperator(Running())),
                        .to(collector),
                    ])
            ]
        }
    }

    @Test("one source with two branches and a sink on each")
    func fanOut() async throws {
        let whole = (DurableCollector(Row.self), DurableCollector(Int64.self))
        func flows(_ rows: DurableCollector<Row>, _ sums: DurableCollector<Int64>) -> [FlowDescription] {
            let samples = FlowDescription(name: "samples", stages: [BrokenRuns.source(8)])
            return [
                samples,
                FlowDescription(
                    name: "windows",
                    stages: [
                        .flow(samples), .keyBy { (s: Sample) in s.key },
                        .aggregate(.time(TimeWindows(size: 30, every: 30)), Aggregate(.mean, .float)), .to(rows),
                    ]),
                FlowDescription(
                    name: "sums", stages: [.flow(samples), .operation(AnyOperator(Running())), .to(sums)]),
            ]
        }
        var unbroken = try BrokenRuns()
        try await unbroken.run(.init(), flows(whole.0, whole.1))
        for seed in UInt64(0)..<4 {
            let (rows, sums) = (DurableCollector(Row.self), DurableCollector(Int64.self))
            var runs = try BrokenRuns()
            for (index, attempt) in BrokenRuns.attempts(500, seed: seed).enumerated() {
                if index % 2 == 0 { sums.fail(at: attempt.crash) } else { rows.fail(at: attempt.crash.map { $0 / 2 }) }
                try await runs.run(attempt, flows(rows, sums))
                sums.fail(at: nil)
                rows.fail(at: nil)
            }
            #expect(rows.values == whole.0.values && rows.times == whole.0.times, "seed \(seed)")
            #expect(sums.values == whole.1.values && sums.times == whole.1.times, "seed \(seed)")
        }
    }
}
