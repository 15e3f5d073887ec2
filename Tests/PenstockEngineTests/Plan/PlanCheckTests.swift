import Foundation
import PenstockEvents
import Testing

@testable import PenstockEngine

/// A fixed event whose layout has padding.
private struct Padded: FixedEvent {
    var small: UInt8
    var large: UInt64

    static let schema = Schema("Padded", fields: [.init("small", .u8), .init("large", .u64)])
}

@Suite("Plan checks")
struct PlanCheckTests {
    private let source = StageDescription.from(ScriptedSource(partitions: [[]]))
    private let sink = StageDescription.to(Collector(Sample.self))
    private let key = StageDescription.keyBy { (s: Sample) in s.key }

    private func expectRefused(
        _ flows: [FlowDescription], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: EngineError.self, sourceLocation: sourceLocation) { _ = try PhysicalPlan(flows) }
        guard case .plan(let problem, _)? = error else {
            Issue.record("not refused as a plan: \(String(describing: error))", sourceLocation: sourceLocation)
            return
        }
        for word in words { #expect(problem.contains(word), sourceLocation: sourceLocation) }
        #expect(error?.category == .usage, sourceLocation: sourceLocation)
    }

    @Test("a pipeline without flows is refused")
    func noFlows() { expectRefused([], "no flows") }

    @Test("flows need names of their own, without a slash")
    func names() {
        expectRefused([FlowDescription(name: "", stages: [source, sink])], "empty name")
        expectRefused([FlowDescription(name: "a/b", stages: [source, sink])], "a/b", "slash")
        let flow = FlowDescription(name: "twice", stages: [source, sink])
        expectRefused([flow, flow], "two flows", "twice")
        expectRefused(
            [FlowDescription(name: "f", stages: [source, key.named("same"), key.named("same"), sink])], "two stages",
            "same")
    }

    @Test("a flow that nobody uses is refused")
    func unused() {
        expectRefused(
            [FlowDescription(name: "used", stages: [source, sink]), FlowDescription(name: "idle", stages: [source])],
            "nobody uses", "idle")
    }

    @Test("windows and bounds that cannot be are refused and name their stage")
    func windows() {
        let count = Aggregate(.count, .nothing)
        let bad: [KeyedWindow] = [
            .time(TimeWindows(size: 0, every: 1)), .time(TimeWindows(size: 5, every: -1)),
            .time(TimeWindows(size: 5, every: 5, offset: 5)), .count(CountWindows(size: 0, every: 1)),
            .count(CountWindows(size: 1, every: 0)), .count(CountWindows(size: CountWindows.largest + 1, every: 1)),
        ]
        for window in bad {
            expectRefused(
                [FlowDescription(name: "f", stages: [source, key, .aggregate(window, count), sink])], "Aggregate",
                "\"f\"")
        }
        for bound in [Duration.seconds(-1), .seconds(Int64(1) << 40)] {
            let source = ScriptedSource(partitions: [[]], disorder: .bounded(by: bound))
            expectRefused([FlowDescription(name: "f", stages: [.from(source), sink])], "From", "disorder")
        }
        for rule in [PositionWindows.Rule.sliding(size: 0, every: 1), .latest(count: 1, every: 0)] {
            let operation = AnyOperator(Summing(), windows: PositionWindows(rule)) { sample, _ in sample.number }
            expectRefused([FlowDescription(name: "f", stages: [source, .operation(operation), sink])], "Operation")
        }
    }

    @Test("lateness and early rows that cannot be are refused")
    func emissions() {
        let tumbling = KeyedWindow.time(TimeWindows(size: 10, every: 10))
        for emission in [Emission(allowedLateness: -1), Emission(allowedLateness: .max), Emission(earlyEvery: 0)] {
            let stage = StageDescription.aggregate(tumbling, .treeText(isKeyed: true, emission))
            expectRefused([FlowDescription(name: "f", stages: [source, key, stage, sink])], "Aggregate")
        }
        for window in [
            KeyedWindow.count(CountWindows(size: 2, every: 2)), .global(GlobalWindows(.count(2), isPurging: true)),
        ] {
            let late = StageDescription.aggregate(window, .treeText(isKeyed: true, Emission(allowedLateness: 1)))
            expectRefused([FlowDescription(name: "f", stages: [source, key, late, sink])], "no late events")
            let early = StageDescription.aggregate(window, .treeText(isKeyed: true, Emission(earlyEvery: 1)))
            expectRefused([FlowDescription(name: "f", stages: [source, key, early, sink])], "no early rows")
        }
    }

    @Test("a window without keys cannot have several instances")
    func instancesWithoutKeys() {
        let window = KeyedWindow.time(TimeWindows(size: 10, every: 10))
        let stage = StageDescription.aggregate(window, .treeText(isKeyed: false)).parallelism(2)
        expectRefused([FlowDescription(name: "f", stages: [source, stage, sink])], "without keys", "one instance")
    }

    @Test("rows that come more than once are not aggregated again, also in another flow")
    func updates() {
        let window = KeyedWindow.time(TimeWindows(size: 10, every: 10))
        let first = StageDescription.aggregate(window, .treeText(isKeyed: true, Emission(allowedLateness: 1)))
        let second = StageDescription.aggregate(window, Aggregate(.count, .nothing))
        let rows = FlowDescription(name: "rows", stages: [source, key, first.named("late")])
        expectRefused([FlowDescription(name: "f", stages: [source, key, first, key, second, sink])], "more than once")
        expectRefused(
            [rows, FlowDescription(name: "g", stages: [.flow(rows), key, second, sink])], "\"g\"", "more than once")
        #expect(throws: Never.self) {
            try PhysicalPlan([FlowDescription(name: "f", stages: [source, key, first, sink])])
        }
    }

    @Test("rows that come more than once go into a topic only where it takes updates")
    func updatesKept() throws {
        let window = KeyedWindow.time(TimeWindows(size: 10, every: 10))
        for emission in [Emission(allowedLateness: 1), Emission(earlyEvery: 2), Emission(earlyInterval: 2)] {
            let first = StageDescription.aggregate(window, Aggregate(.count, .nothing, emission: emission))
            let stages = [source, key, first, .map { (row: Row) in Reading(row.count, 0) }]
            var topic = StageDescription.to("readings", Reading.self)
            expectRefused([FlowDescription(name: "f", stages: stages + [topic])], "keeps each row", "more than once")
            topic.takesUpdates = true
            #expect(throws: Never.self) { try PhysicalPlan([FlowDescription(name: "f", stages: stages + [topic])]) }
        }
        // A session waits for late events and answers once.
        let session = StageDescription.aggregate(
            .session(SessionWindows(gap: .fixed(5))),
            Aggregate(.count, .nothing, emission: Emission(allowedLateness: 1)))
        let stages = [
            source, key, session, .map { (row: Row) in Reading(row.count, 0) }, .to("readings", Reading.self),
        ]
        #expect(throws: Never.self) { try PhysicalPlan([FlowDescription(name: "f", stages: stages)]) }
    }

    @Test("a parallelism outside 1 ... 128 is refused", arguments: [-1, 0, 129])
    func parallelism(number: Int) {
        let stage = StageDescription.aggregate(.count(CountWindows(size: 1, every: 1)), Aggregate(.count, .nothing))
        let flow = FlowDescription(name: "f", stages: [source, key, stage.parallelism(number), sink])
        expectRefused([flow], "parallelism of \(number)")
        #expect(throws: EngineError.self) {
            _ = try PhysicalPlan([FlowDescription(name: "f", stages: [source, sink])], parallelism: number)
        }
    }

    @Test("a fixed event with padding is refused before it reaches a topic")
    func padding() {
        expectRefused([FlowDescription(name: "f", stages: [.from("t", Padded.self), sink])], "From", "Padded")
    }

    @Test("one topic has one schema and one writer")
    func topics() {
        expectRefused(
            [
                FlowDescription(name: "a", stages: [source, .to("t", Reading.self)]),
                FlowDescription(name: "b", stages: [.from("t", Note.self), sink]),
            ], "two schemas", "\"t\"", "Reading@1", "Note@1")
        expectRefused(
            [
                FlowDescription(name: "a", stages: [source, .to("t", Reading.self)]),
                FlowDescription(name: "b", stages: [source, .persist("t", Reading.self), sink]),
            ], "two stages write", "\"t\"")
    }
}
