import PenstockEvents
import Testing

@testable import PenstockEngine

/// What comes out must not show how the work was shared out: each flow is run with several parallelisms and batches.
@Suite("Canonical order at any parallelism")
struct CanonicalOrderTests {
    private static let settings = [(1, 7), (1, 4096), (2, 1), (2, 7), (2, 4096), (4, 64)]

    /// Partitions with disorder, ties in time, and numbers whose sum depends on the order.
    private func source(_ seed: UInt64, partitions: Int = 2, events: Int = 300, bound: Int64 = 12) -> StageDescription {
        var random = SeededGenerator(seed: seed)
        let steps = (0..<partitions).map { _ in
            (0..<events).map { index in
                Step.event(
                    Int64(index) / 2 + .random(in: -6...6, using: &random),
                    Sample(
                        key: .random(in: 0...20, using: &random), number: .random(in: 0...9, using: &random),
                        float: .random(in: -1...1, using: &random) * [1, 1e8, 1e-8].randomElement(using: &random)!))
            }
        }
        return .from(ScriptedSource(partitions: steps, disorder: Disorder(boundNanoseconds: bound)))
    }

    private func tumbling(_ size: Int64, _ aggregate: Aggregate) -> StageDescription {
        .aggregate(.time(TimeWindows(size: size, every: size)), aggregate)
    }

    private let key = StageDescription.keyBy { (s: Sample) in s.key }
    private let textKey = StageDescription.keyBy { (s: Sample) in s.name }
    private let thirdOfKey = StageDescription.keyBy { (s: Sample) in s.key / 3 }
    /// The rows of a sum, as samples again.
    private let samples = StageDescription.map { (row: Row) in
        Sample(key: Int64(row.key.utf8.reduce(0) { $0 &* 31 &+ Int64($1) }) % 100, number: row.end, float: row.float)
    }

    /// All events of a window as a row.
    private func list(isKeyed: Bool) -> Aggregate {
        let all = WindowEvents<Sample, [Sample]> { _, events in events }
        return Aggregate(AggregateKernel(all, name: "list"), row: ValueType([Sample].self), isKeyed: isKeyed) {
            rows, target in
            for k in 0..<rows.count {
                (target.assumingMemoryBound(to: [Sample].self) + k).initialize(to: rows.value(k, as: [Sample].self))
            }
        }
    }

    private func check<R: Sendable & Equatable>(
        _ type: R.Type, _ name: String, _ flows: (Collector<R>) -> [FlowDescription]
    ) async throws {
        let expected = Collector(R.self)
        let statistics = try await run(flows(expected), batch: 64).statistics
        #expect(expected.values.count > 10, "\(name): too few rows to see anything")
        for (parallelism, batch) in Self.settings {
            let found = Collector(R.self)
            let counted = try await run(flows(found), batch: batch, parallelism: parallelism).statistics
            #expect(found.values == expected.values, "\(name): parallelism \(parallelism), batch \(batch)")
            #expect(found.times == expected.times && counted == statistics, "\(name): parallelism \(parallelism)")
        }
    }

    /// Sums of two sources, put together under a new key.
    private func merged(_ first: StageDescription, _ last: [StageDescription]) -> [FlowDescription] {
        let parts = (0..<2).map { side in
            FlowDescription(
                name: "part \(side)",
                stages: [source(UInt64(side)), first, tumbling(3, textOrNot(first)), samples])
        }
        return [FlowDescription(name: "f", stages: [StageDescription(.inputs(parts), label: "Merge")] + last)]
    }

    private func textOrNot(_ key: StageDescription) -> Aggregate {
        guard case .keyBy(let kernel, _) = key.kind else { return Aggregate(.sum, .float) }
        return Aggregate(.sum, .float, keyedByText: kernel.isLong)
    }

    @Test("sums of floats over merged sums of floats with a new key have the same bits")
    func mergedSums() async throws {
        for first in [key, textKey] {
            try await check(Row.self, "sums") { rows in
                merged(first, [thirdOfKey, tumbling(12, Aggregate(.sum, .float)), .to(rows)])
            }
        }
    }

    @Test("sums of floats over a stream and over sums have the same bits, each origin folded in its sequence")
    func mixedSums() async throws {
        try await check(Row.self, "mixed") { rows in
            let parts = [
                FlowDescription(name: "raw", stages: [source(1)]),
                FlowDescription(name: "sums", stages: [source(2), key, tumbling(3, Aggregate(.sum, .float)), samples]),
            ]
            return [
                FlowDescription(
                    name: "f",
                    stages: [
                        StageDescription(.inputs(parts), label: "Merge"), thirdOfKey,
                        tumbling(12, Aggregate(.sum, .float)), .to(rows),
                    ])
            ]
        }
    }

    @Test("all rows of a window stand in canonical order, with and without a new key, with short and long keys")
    func lists() async throws {
        for first in [key, textKey] {
            try await check([Sample].self, "keyed anew") { rows in
                merged(first, [thirdOfKey, tumbling(12, list(isKeyed: true)), .to(rows)])
            }
            try await check([Sample].self, "without a key") { rows in
                merged(first, [tumbling(12, list(isKeyed: false)), .to(rows)])
            }
        }
    }

    @Test("lists of late events of a keyed stage stand in canonical order")
    func lateLists() async throws {
        try await check([Sample].self, "late") { rows in
            let late = SideOutputName("late", of: Sample.self)
            var windows = tumbling(3, Aggregate(.count, .nothing))
            windows.sides[.late] = late
            return [
                FlowDescription(
                    name: "windows", stages: [source(3, bound: 2), key, windows, .to(Collector(Row.self))]),
                FlowDescription(
                    name: "late",
                    stages: [
                        StageDescription(.side(late), label: "Late"), tumbling(5, list(isKeyed: false)), .to(rows),
                    ]),
            ]
        }
    }

    /// Puts out what comes in.
    private struct Copying: Operator {
        func makeState() -> RunningSum { RunningSum() }

        func process(
            _ events: Events<Sample>, state: inout RunningSum, into output: inout Output<Sample>,
            context: OperatorContext
        ) {
            for event in events { output.append(event.value, time: event.time) }
        }
    }

    @Test("what an operator makes of events that are behind is behind, and late as they are", arguments: [1, 2])
    func behindOperators(partitions: Int) async throws {
        for (parallelism, batch) in Self.settings {
            let copying = StageDescription.operation(AnyOperator(Copying()))
            let count = tumbling(5, Aggregate(.count, .nothing))
            let (expected, found) = (Collector(Row.self), Collector(Row.self))
            let direct = try await run(
                [
                    FlowDescription(
                        name: "f", stages: [source(4, partitions: partitions, bound: 3), key, count, .to(expected)])
                ])
            let copied = try await run(
                [
                    FlowDescription(
                        name: "f",
                        stages: [source(4, partitions: partitions, bound: 3), copying, key, count, .to(found)])
                ], batch: batch, parallelism: parallelism)
            #expect(direct.statistics.lateEvents > 0)
            #expect(copied.statistics.lateEvents == direct.statistics.lateEvents)
            #expect(found.values == expected.values, "parallelism \(parallelism), batch \(batch)")
        }
    }

    @Test("combining events before they are shared out changes no row")
    func combining() async throws {
        let count = Aggregate(.count, .nothing)
        for window in [
            KeyedWindow.time(TimeWindows(size: 10, every: 4)), .time(TimeWindows(size: 9, every: 9)),
            .session(SessionWindows(gap: .fixed(2))),
        ] {
            for aggregate in [count, Aggregate(.minimum, .float), Aggregate(.maximum, .integer)] {
                try await check(Row.self, "\(window.summary), \(aggregate.summary)") { rows in
                    [
                        FlowDescription(
                            name: "f",
                            stages: [
                                source(5, events: 1500), key, .aggregate(window, aggregate), .to(rows),
                            ])
                    ]
                }
            }
        }
    }

    @Test("batches are combined to what their keys need, unless most events have a key of their own")
    func gain() throws {
        let count = tumbling(100, Aggregate(.count, .nothing))
        let combiner = try #require(count.makeCombiner(testStage))
        func batch(keys: Int64) throws -> Batch {
            var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
            let batch = Batch((0..<200).map { (Int64($0) % 150, Sample(key: Int64($0) % keys)) })
            return try #require(try key.outputs(.batch(batch)).first?.batch)
        }
        let combined = try #require(combiner.combine(try batch(keys: 3)))
        #expect(combined.count == 6, "three keys in two slices")
        #expect(combiner.combine(try batch(keys: 200))?.count == 200)
        #expect(combiner.combine(try batch(keys: 3)) == nil, "it pauses")
        #expect(tumbling(100, Aggregate(.sum, .float)).makeCombiner(testStage) == nil, "order matters")
    }
}
