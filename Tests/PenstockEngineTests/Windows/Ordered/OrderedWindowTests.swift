import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Count windows and global windows of any aggregate")
struct OrderedWindowTests {
    enum Rule: CaseIterable, Sendable {
        case tumbling, sliding, sparse, keep, purge, keepInterval, purgeInterval, marker

        var window: KeyedWindow {
            switch self {
            case .tumbling: .count(CountWindows(size: 4, every: 4))
            case .sliding: .count(CountWindows(size: 5, every: 2))
            case .sparse: .count(CountWindows(size: 2, every: 5))
            case .keep: .global(GlobalWindows(.count(3), isPurging: false))
            case .purge: .global(GlobalWindows(.count(3), isPurging: true))
            case .keepInterval: .global(GlobalWindows(.interval(10), isPurging: false))
            case .purgeInterval: .global(GlobalWindows(.interval(10), isPurging: true))
            case .marker:
                .global(GlobalWindows(.marker(filterKernel { (s: Sample) in s.number % 4 == 0 }), isPurging: false))
            }
        }
    }

    /// States that can be written into a checkpoint, or events where they cannot.
    enum Kept: CaseIterable, Sendable { case states, events }

    private static func aggregate(_ kept: Kept, isKeyed: Bool) -> Aggregate {
        kept == .states ? .treeText(isKeyed: isKeyed) : .listing(isKeyed: isKeyed)
    }

    private static func flow(
        _ input: DisorderedInput, _ rule: Rule, _ kept: Kept, isKeyed: Bool, _ sink: StageDescription
    ) -> FlowDescription {
        var stages = [input.source]
        if isKeyed { stages.append(.keyBy { (s: Sample) in s.key }) }
        stages += [.aggregate(rule.window, aggregate(kept, isKeyed: isKeyed)), sink]
        return FlowDescription(name: "f", stages: stages)
    }

    @Test("rows are those of the definition, however events are read", arguments: Rule.allCases, Kept.allCases)
    func rows(rule: Rule, kept: Kept) async throws {
        for seed in UInt64(0)..<12 {
            let input = DisorderedInput(seed: seed)
            for isKeyed in [true, false] {
                let expected = OrderedWindowReference(input, rule, isKeyed: isKeyed).rows
                for (batch, parallelism) in [(1, 2), (7, 4), (4096, 1)] {
                    let collector = Collector(TreeRow.self)
                    let flow = Self.flow(input, rule, kept, isKeyed: isKeyed, .to(collector))
                    try await run([flow], batch: batch, parallelism: parallelism)
                    #expect(
                        collector.values == expected,
                        "seed \(seed), keyed \(isKeyed), batch \(batch), parallelism \(parallelism)")
                    if collector.values != expected { return }
                }
            }
        }
    }

    @Test("a run that fails goes on as if it had not", arguments: Rule.allCases, Kept.allCases)
    func restored(rule: Rule, kept: Kept) async throws {
        var restores = 0
        for seed in UInt64(3)..<6 {
            let input = DisorderedInput(seed: seed, events: 120)
            let isKeyed = seed != 4
            let expected = OrderedWindowReference(input, rule, isKeyed: isKeyed).rows
            guard expected.count > 6 else { continue }
            let collector = DurableCollector(TreeRow.self)
            let epochs = try await runCrashing(
                collector, at: [expected.count / 2, expected.count - 2], batch: 3, parallelism: [2, 1, 4],
                [Self.flow(input, rule, kept, isKeyed: isKeyed, .to(collector))])
            #expect(collector.values == expected, "seed \(seed)")
            restores += epochs.compactMap(\.self).count
        }
        #expect(restores > 0)
    }

    @Test("numbers go through global windows, too")
    func numbers() async throws {
        let steps = [Step.e(1), .e(2, key: 1), .e(4), .e(25), .e(31)]
        let collector = Collector(Row.self)
        try await run([
            FlowDescription(
                name: "f",
                stages: [
                    .from(ScriptedSource(partitions: [steps])), .keyBy { (s: Sample) in s.key },
                    .aggregate(
                        .global(GlobalWindows(.interval(10), isPurging: false)), Aggregate(.sum, .integer)),
                    .to(collector),
                ])
        ])
        #expect(
            collector.values == [
                Row(key: "0", start: 1, end: 5, integer: 5), Row(key: "1", start: 2, end: 3, integer: 2),
                Row(key: "0", start: 1, end: 26, integer: 30),
                Row(key: "0", start: 1, end: 32, integer: 61, isComplete: false),
            ])
        #expect(collector.times == [10, 10, 30, 31])
    }

    @Test("what is left can be dropped, and is counted", arguments: Kept.allCases)
    func dropRest(kept: Kept) async throws {
        let steps = (0..<11).map { Step.e(Int64($0), key: Int64($0 % 2)) }
        let window = KeyedWindow.count(CountWindows(size: 4, every: 4, dropsRest: true))
        let collector = Collector(TreeRow.self)
        let statistics = try await run([
            FlowDescription(
                name: "f",
                stages: [
                    .from(ScriptedSource(partitions: [steps])), .keyBy { (s: Sample) in s.key },
                    .aggregate(window, Self.aggregate(kept, isKeyed: true)), .to(collector),
                ])
        ]).statistics
        #expect(collector.values.map(\.text) == ["0:0,0:2,0:4,0:6", "0:1,0:3,0:5,0:7"])
        #expect(statistics == OperatorStatistics(outsideEvents: 3))
        let numbers = Collector(Row.self)
        let counted = try await run([
            FlowDescription(
                name: "f",
                stages: [
                    .from(ScriptedSource(partitions: [steps])), .keyBy { (s: Sample) in s.key },
                    .aggregate(window, Aggregate(.count, .nothing)), .to(numbers),
                ])
        ]).statistics
        #expect(numbers.values.map(\.count) == [4, 4] && counted == OperatorStatistics(outsideEvents: 3))
    }

    @Test("a key without an open window is forgotten")
    func forgotten() throws {
        var windows = OrderedWindows(
            .count(CountWindows(size: 2, every: 2)),
            WindowStageOptions(
                stage: testStage, aggregate: Self.aggregate(.states, isKeyed: true),
                origin: Origin(stage: 1, partition: 0), batchEvents: 64, input: ValueType(Sample.self)))
        var key: any Processor = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        for time in Int64(0)..<1_000 {
            let batch = Batch([(time, Sample(key: time / 2, number: time))], sequence: UInt64(time), watermark: time)
            for element in try key.outputs(.batch(batch)) { _ = try windows.outputs(element) }
        }
        #expect(windows.keys.slotCount < 4)
        #expect(windows.store.count == 0)
    }

    @Test("numbers that cannot be are refused")
    func defects() {
        #expect(
            GlobalWindows(.count(0), isPurging: true).defect == "a trigger needs a positive number of events, not 0")
        #expect(GlobalWindows(.interval(0), isPurging: true).defect?.contains("between 1 ns and 2^60 ns") == true)
        #expect(GlobalWindows(.interval(1), isPurging: true).defect == nil)
    }
}

/// What stream-semantics.md, section 4, says of count and global windows: the events of a key one by one.
struct OrderedWindowReference {
    private(set) var rows: [TreeRow] = []

    private struct Window {
        var events: [DisorderedInput.Placed] = []
        var fresh = 0
        var given = 0
        var instant: Int64?
    }

    init(_ input: DisorderedInput, _ rule: OrderedWindowTests.Rule, isKeyed: Bool) {
        var timed: [(time: Int64, row: TreeRow)] = []
        var rest: [(time: Int64, row: TreeRow)] = []
        for key in isKeyed ? Set(input.placed.map(\.sample.key)) : [0] {
            var window = Window()
            func fire(_ time: Int64, isRest: Bool = false) {
                let purges = [.tumbling, .purge, .purgeInterval].contains(rule)
                let keeps = [.keep, .keepInterval, .marker].contains(rule)
                let size = rule == .sliding ? 5 : rule == .sparse ? 2 : window.events.count
                let events = window.events.suffix(size)
                guard let first = events.first, let last = events.last else { return }
                let row = TreeRow(
                    key, first.effectiveTime, last.effectiveTime + 1,
                    events.map { "\($0.partition):\($0.sample.number)" }.joined(separator: ","),
                    Pane(index: keeps ? window.given : 0, isFinal: isRest || !keeps, isComplete: !isRest))
                if isRest { rest.append((last.effectiveTime, row)) } else { timed.append((time, row)) }
                window.fresh = 0
                window.given += 1
                window.instant = nil
                if purges { window.events = [] }
            }
            for event in input.placed where !isKeyed || event.sample.key == key {
                if let instant = window.instant, instant < event.effectiveTime { fire(instant) }
                window.events.append(event)
                window.fresh += 1
                switch rule {
                case .tumbling where window.fresh == 4, .sliding where window.fresh == 2,
                    .sparse where window.fresh == 5,
                    .keep where window.fresh == 3, .purge where window.fresh == 3,
                    .marker where event.sample.number % 4 == 0:
                    fire(event.effectiveTime)
                case .keepInterval, .purgeInterval:
                    window.instant = window.instant ?? Int64((Double(event.effectiveTime) / 10).rounded(.up)) * 10
                default: break
                }
            }
            // Watermarks before the end may or may not reach what is due behind the last event; the largest one decides.
            if let instant = window.instant, instant <= input.last { fire(instant) }
            if window.fresh > 0 { fire(0, isRest: true) }
        }
        let order = { (a: (time: Int64, row: TreeRow), b: (time: Int64, row: TreeRow)) in
            (a.time, a.row.key) < (b.time, b.row.key)
        }
        rows =
            timed.enumerated().sorted {
                order($0.element, $1.element) || (!order($1.element, $0.element) && $0.offset < $1.offset)
            }.map(\.element.row) + rest.sorted(by: order).map(\.row)
    }
}

extension Aggregate {
    /// The events as `treeText` names them, of an aggregate whose states cannot be written into a checkpoint.
    static func listing(isKeyed: Bool) -> Aggregate {
        let events = WindowEvents<Sample, String> { _, _ in "" }
        let tree = treeText(isKeyed: isKeyed)
        return Aggregate(
            AggregateKernel(Listing(events: events), name: "list"), row: tree.row, isKeyed: isKeyed,
            makeRows: tree.makeRows)
    }
}

private struct Listing: Aggregator {
    let events: WindowEvents<Sample, String>

    func makeState() -> [PlacedEvent<Sample>] { [] }

    func add(_ value: Sample, at place: EventPlace, to state: inout [PlacedEvent<Sample>]) {
        events.add(value, at: place, to: &state)
    }

    func merge(_ later: [PlacedEvent<Sample>], into state: inout [PlacedEvent<Sample>]) { state += later }

    func result(of state: [PlacedEvent<Sample>], in window: WindowSpan) -> String {
        state.map { "\($0.place.origin.partition):\($0.value.number)" }.joined(separator: ",")
    }
}
