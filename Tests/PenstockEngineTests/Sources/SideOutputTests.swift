import PenstockEvents
import Testing

@testable import PenstockEngine

/// What windows do not take, as streams: the scripted cases of stream-semantics.md, section 15, that have such events, and a property.
@Suite("Side outputs")
struct SideOutputTests {
    private let late = SideOutputName("late", of: Sample.self)
    private let outside = SideOutputName("outside", of: Sample.self)

    private struct Outputs {
        let late = Collector(Sample.self)
        let outside = Collector(Sample.self)
        let rows = Collector(Row.self)
        let trees = Collector(TreeRow.self)
    }

    private func flows(
        _ partitions: [[Step]], _ window: KeyedWindow, _ aggregate: Aggregate, _ disorder: Disorder, _ outputs: Outputs
    ) -> [FlowDescription] {
        var windows = StageDescription.aggregate(window, aggregate)
        windows.sides = [.late: late]
        if case .time = window { windows.sides[.outside] = outside }
        let isTree = aggregate.row.name == ValueType(TreeRow.self).name
        let main = FlowDescription(
            name: "main",
            stages: [
                .from(ScriptedSource(partitions: partitions, disorder: disorder)), .keyBy { (s: Sample) in s.key },
                windows, isTree ? .to(outputs.trees) : .to(outputs.rows),
            ])
        let side = { (name: SideOutputName, sink: Collector<Sample>) in
            FlowDescription(
                name: name.name, stages: [StageDescription(.side(name), label: "From"), .to(sink)])
        }
        let sides = windows.sides[.outside] == nil ? [] : [side(outside, outputs.outside)]
        return [side(late, outputs.late), main] + sides
    }

    /// Checks which events leave at the sides, for windows over accumulators and over states alike.
    private func check(
        _ partitions: [[Step]], _ window: KeyedWindow, lateness: Int64 = 0, _ disorder: Disorder = .marks,
        late: [Int64] = [], outside: [Int64] = []
    ) async throws {
        let emission = Emission(allowedLateness: lateness)
        var aggregates = [Aggregate(.mean, .integer, emission: emission)]
        if case .time = window { aggregates.append(.treeText(isKeyed: true, emission)) }
        for aggregate in aggregates {
            for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
                let outputs = Outputs()
                let run = try await run(
                    flows(partitions, window, aggregate, disorder, outputs), batch: batch, parallelism: parallelism)
                #expect(outputs.late.values.map(\.number) == late, "batch \(batch), parallelism \(parallelism)")
                #expect(outputs.late.times == late)
                #expect(outputs.outside.values.map(\.number) == outside)
                #expect(outputs.outside.times == outside)
                #expect(run.statistics.lateEvents == late.count && run.statistics.outsideEvents == outside.count)
            }
        }
    }

    private func tumbling(_ size: Int64) -> KeyedWindow { .time(TimeWindows(size: size, every: size)) }
    private func sliding(_ size: Int64, _ every: Int64) -> KeyedWindow { .time(TimeWindows(size: size, every: every)) }
    private let session = KeyedWindow.session(SessionWindows(gap: .fixed(10)))

    @Test("case 1: the late event is 7")
    func case1() async throws {
        try await check([[.e(3), .w(8), .e(5), .w(9), .e(7)]], tumbling(10), late: [7])
    }

    @Test("case 4: an event that misses some of its windows is not late")
    func case4() async throws { try await check([[.e(8), .w(13), .e(9)]], sliding(10, 2)) }

    @Test("case 5: the late event is 9")
    func case5() async throws { try await check([[.w(19), .e(9)]], sliding(10, 2), late: [9]) }

    @Test("case 6: the event outside is 2")
    func case6() async throws {
        try await check([[.e(0), .e(1), .e(2), .e(6)]], sliding(2, 5), outside: [2])
    }

    @Test("an event in a gap is outside also where it is behind")
    func outsideAndBehind() async throws {
        try await check(
            [[.e(0), .w(13), .e(9), .e(3), .e(1), .e(5), .e(16)]], sliding(2, 5), late: [1, 5], outside: [9, 3])
    }

    @Test("case 7: with allowed lateness the late event is 6")
    func case7() async throws {
        try await check([[.e(3), .w(9), .e(4), .w(13), .e(5), .w(14), .e(6)]], tumbling(10), lateness: 5, late: [6])
    }

    @Test("case 9: the late event is 8, however partitions are read")
    func case9() async throws {
        for partitions in [[[Step.e(20), .e(8), .e(14)], [.e(3)]], [[.e(3)], [.e(20), .e(8), .e(14)]]] {
            try await check(partitions, tumbling(10), Disorder(boundNanoseconds: 5), late: [8])
        }
    }

    @Test("case 12: the late event is 10")
    func case12() async throws { try await check([[.e(0), .w(10), .e(10)]], session, late: [10]) }

    @Test("case 15: the late event is -3")
    func case15() async throws { try await check([[.e(0), .e(8), .w(10), .e(-3)]], session, late: [-3]) }

    @Test("case 17: the late event is 15")
    func case17() async throws { try await check([[.e(0), .e(10), .w(20), .e(15)]], session, late: [15]) }

    @Test("late events and those outside come in canonical order, however they are read", arguments: 0..<80)
    func canonicalOrder(seed: UInt64) async throws {
        let input = WindowInput(seed: seed)
        let expected = MissedEvents(input)
        for (batch, parallelism) in [(1, 4), (7, 2), (4096, 1)] {
            let outputs = Outputs()
            let aggregate = seed % 2 == 0 ? Aggregate(.mean, .integer) : .treeText(isKeyed: true)
            let flows = flows(
                input.partitions, .time(input.windows), aggregate, Disorder(boundNanoseconds: input.bound), outputs)
            try await run(flows, batch: batch, parallelism: parallelism)
            #expect(outputs.late.values == expected.late.map(\.sample), "seed \(seed), batch \(batch)")
            #expect(outputs.late.times == expected.late.map(\.time), "seed \(seed), batch \(batch)")
            #expect(outputs.outside.values == expected.outside.map(\.sample), "seed \(seed), batch \(batch)")
            #expect(outputs.outside.times == expected.outside.map(\.time), "seed \(seed), batch \(batch)")
        }
    }

    @Test("a stage behind a side output sees keys, times and marks: its windows call the same events late")
    func marksStay() async throws {
        let outputs = Outputs()
        var flows = flows(
            [[.e(3), .w(19), .e(7), .e(4), .w(29), .e(25), .e(35)]], tumbling(10), Aggregate(.mean, .integer), .marks,
            outputs)
        let again = SideOutputName("again", of: Sample.self)
        var windows = StageDescription.aggregate(tumbling(20), Aggregate(.mean, .integer))
        windows.sides = [.late: again]
        let (second, rows) = (Collector(Sample.self), Collector(Row.self))
        flows[0] = FlowDescription(
            name: "late",
            stages: [StageDescription(.side(late), label: "From"), .keyBy { (s: Sample) in s.key }, windows, .to(rows)])
        flows.append(
            FlowDescription(name: "again", stages: [StageDescription(.side(again), label: "From"), .to(second)]))
        for parallelism in [1, 3] {
            try await run(flows, parallelism: parallelism)
            #expect(second.values.map(\.number).suffix(2) == [7, 4], "25 is late in [20, 30), not in [20, 40)")
            #expect(rows.values.last?.integer == 25)
        }
    }

    @Test("a side output has one stage that fills it, which has such events")
    func mistakes() {
        func problem(_ window: KeyedWindow, _ sides: [SidePort: SideOutputName], times: Int = 1) -> String? {
            var windows = StageDescription.aggregate(window, Aggregate(.mean, .integer))
            windows.sides = sides
            let flows = (0..<times).map { n in
                FlowDescription(
                    name: "f\(n)",
                    stages: [
                        .from(ScriptedSource(partitions: [[]])), .keyBy { (s: Sample) in s.key }, windows,
                        .to(Collector(Row.self)),
                    ])
            }
            return #expect(throws: EngineError.self) { try PhysicalPlan(flows) }?.summary
        }
        let count = KeyedWindow.count(CountWindows(size: 2, every: 2))
        #expect(problem(count, [.late: late])?.contains("its windows have no late events") == true)
        #expect(problem(session, [.outside: outside])?.contains("its windows have no outside events") == true)
        #expect(problem(tumbling(10), [.late: late], times: 2)?.contains("two stages put events out") == true)
    }
}

/// The events that windows do not take, by the definition: from each partition's own watermark, in canonical order.
struct MissedEvents {
    typealias Missed = (effective: Int64, partition: Int, time: Int64, sample: Sample)

    private(set) var late: [Missed] = []
    private(set) var outside: [Missed] = []

    /// Those of windows, by default the input's own; with `delay` those of a stage that calls an event late whose time and `delay` the watermark has
    /// come to.
    init(_ input: WindowInput, windows: TimeWindows? = nil, delay: Int64? = nil) {
        let windows = windows ?? input.windows
        for (partition, steps) in input.partitions.enumerated() {
            var (newest, mark): (Int64?, Int64) = (nil, .min)
            for step in steps {
                guard case .event(let time, let sample) = step else {
                    if case .mark(let time) = step { mark = max(mark, time) }
                    continue
                }
                var watermark = mark
                if let bound = input.bound, let newest { watermark = max(mark, newest - bound - 1) }
                newest = max(newest ?? time, time)
                let effective = watermark == .min ? time : max(time, watermark + 1)
                if let delay {
                    if watermark > .min, time + delay <= watermark { late.append((effective, partition, time, sample)) }
                    continue
                }
                let starts = (time - windows.size + 1...time).filter {
                    floorMod($0 - windows.offset, windows.every) == 0
                }
                if starts.isEmpty {
                    outside.append((effective, partition, time, sample))
                } else if starts.allSatisfy({ $0 + windows.size - 1 <= watermark }) {
                    late.append((effective, partition, time, sample))
                }
            }
        }
        late = Self.inOrder(late)
        outside = Self.inOrder(outside)
    }

    private static func inOrder(_ events: [Missed]) -> [Missed] {
        // By effective time and partition, those of one instant in the order of their partition.
        events.enumerated().sorted { a, b in
            let (x, y) = (a.element, b.element)
            return (x.effective, x.partition, a.offset)
                < (y.effective, y.partition, b.offset)
        }.map(\.element)
    }
}
