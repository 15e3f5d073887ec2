import Foundation
import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Outside the replay guarantee")
struct GuaranteeTests {
    private let source = StageDescription.from(ScriptedSource(partitions: [[]]))
    private let several = StageDescription.from(ScriptedSource(partitions: [[], []]))
    private let readings = StageDescription.map { (s: Sample) in Reading(s.key, s.float) }
    private let key = StageDescription.keyBy { (s: Sample) in s.key }
    private let sink = StageDescription.to(Collector(Sample.self))

    private func sum(_ emission: Emission) -> StageDescription {
        var aggregate = Aggregate(.sum, .float)
        aggregate = Aggregate(
            .sum, of: NumberKernel(floats: { _, _, _ in KernelOutcome(processed: 0) }), row: aggregate.row,
            emission: emission, makeRows: aggregate.makeRows)
        return .aggregate(.time(TimeWindows(size: 10, every: 10)), aggregate)
    }

    /// The names of the steps that are outside, of all stages.
    private func outside(_ flows: [FlowDescription], isReplay: Bool = false) throws -> [String] {
        let plan = try PhysicalPlan(flows, isReplay: isReplay)
        let guarantee = Guarantee(plan)
        return plan.stages.flatMap { guarantee.outsideSteps(of: $0) }
    }

    @Test("what stands behind a lossy edge, and not what stands before it or beside it")
    func lossy() throws {
        let all = FlowDescription(name: "all", stages: [source, .map { (s: Sample) in s }])
        let flows = [
            all,
            FlowDescription(
                name: "preview",
                stages: [
                    .flow(all), .lossy(.latest(every: 500_000_000)), .filter { (_: Sample) in true },
                    sink.named("show"),
                ]),
            FlowDescription(name: "archive", stages: [.flow(all), sink.named("keep")]),
        ]
        #expect(try outside(flows) == ["Latest", "Filter", "show"])
        let plan = try PhysicalPlan(flows)
        #expect(plan.edges.map { $0.lossy != nil } == [true, false], "the edge of the branch is the lossy one")
        let note =
            "outside the replay guarantee: Latest, Filter, show, because of Latest in the flow \"preview\" (drops events)"
        #expect(plan.text.contains("    \(note)\n"))
        #expect(
            plan.text.contains(
                "-> stage 1, which never waits: the latest event, at most one every 0.5 s, at most 1024 control records\n"
            ))
        #expect(
            plan.dot.contains("style=dashed")
                && plan.dot.contains("label=\"the latest event, at most one every 0.5 s\""))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(plan.json.utf8)) as? [String: [[String: Any]]])
        #expect(
            object["stages"]?.map { ($0["outside_replay_guarantee"] as? [String])?.count } == [0, 1, 0],
            "\(plan.json)")
        #expect(
            object["edges"]?.first?["holds"] as? String
                == plan.edges[0].lossy.map { "which never waits: \($0.summary), at most 1024 control records" })
    }

    @Test("through side outputs and topics of the pipeline, but not through what was recorded")
    func through() throws {
        let late = SideOutputName("late", of: Sample.self)
        var windows = sum(Emission())
        windows.sides = [.late: late]
        var append = StageDescription.to("between", Reading.self)
        append.allowsLossy = true
        #expect(
            try outside([
                FlowDescription(
                    name: "a",
                    stages: [source, .lossy(.latest()), key, windows, .to(Collector(Row.self)).named("rows")]),
                FlowDescription(
                    name: "late", stages: [StageDescription(.side(late), label: "From"), sink.named("late")]),
            ]) == ["Latest", "KeyBy", "Aggregate", "rows", "late"])
        let reader = FlowDescription(
            name: "first", stages: [.from("between", Reading.self), .to(Collector(Reading.self)).named("end")])
        #expect(
            try outside([
                reader,
                FlowDescription(name: "second", stages: [source, .lossy(.dropOldest(capacity: 3)), readings, append]),
            ]) == ["From", "end", "Latest", "Map", "To"])
        // What is read again from a recorded topic is the same, however it came there.
        var idle = several
        idle.reading.idleAfter = 1
        let recorded = [
            FlowDescription(
                name: "recorded",
                stages: [idle, readings, .persist("topic", Reading.self), .to(Collector(Reading.self)).named("end")])
        ]
        #expect(try outside(recorded) == ["From", "Map", "Persist"])
        #expect(try outside(recorded, isReplay: true) == [])
    }

    @Test("other reasons: the clock, idle partitions, early rows, a row for each late event of several origins")
    func otherReasons() throws {
        func reasons(_ stages: [StageDescription]) throws -> [String] {
            let plan = try PhysicalPlan([FlowDescription(name: "f", stages: stages)])
            return Guarantee(plan).reasons(atEndOf: plan.stages.count - 1).map(\.text)
        }
        let rows = StageDescription.to(Collector(Row.self))
        var clocked = StageDescription.map { (s: Sample) in s }
        clocked.unrepeatable = "processing time"
        #expect(
            try reasons([source, clocked.named("stamp"), sink]) == ["Map (stamp) in the flow \"f\" (processing time)"])
        var idle = several
        idle.reading.idleAfter = 1
        #expect(
            try reasons([idle, key, sink]) == [
                "From in the flow \"f\" (partitions that are idle are left out by the clock)"
            ])
        var alone = source
        alone.reading.idleAfter = 1
        #expect(try reasons([alone, key, sink]) == [], "a single partition has nobody to be left out for")
        #expect(
            try reasons([source, key, sum(Emission(earlyEvery: 3)), rows]) == [
                "Aggregate in the flow \"f\" (early rows)"
            ])
        let late = Emission(allowedLateness: 5, lateRows: .eachEvent)
        #expect(try reasons([source, key, sum(late), rows]) == [])
        #expect(
            try reasons([several, key, sum(late), rows]) == [
                "Aggregate in the flow \"f\" (a row after each late event, and events of several origins)"
            ])
        #expect(try reasons([several, key, sum(Emission(allowedLateness: 5)), rows]) == [])
        #expect(
            try reasons([idle, key, .lossy(.latest()), sink]).map { $0.prefix(6) } == ["From i", "Latest"],
            "all reasons are named")
    }

    @Test("a sink that keeps rows exactly once is refused behind a lossy edge, unless that is meant")
    func refused() throws {
        func plan(_ stages: StageDescription...) throws {
            let flow = FlowDescription(name: "preview", stages: [source, .lossy(.latest())] + stages)
            _ = try PhysicalPlan([flow])
        }
        var topic = StageDescription.to("decimated", Reading.self)
        let error = #expect(throws: EngineError.self) { try plan(readings, topic) }
        #expect(
            error?.summary
                == "the pipeline cannot be planned: To in the flow \"preview\" keeps each row exactly once, but Latest in the flow \"preview\" drops events before it"
        )
        #expect(
            error?.hint == "write before the events are dropped, or say that it is meant: To(…, allowLossy: true)")
        topic.allowsLossy = true
        try plan(readings, topic)
        let file = StageDescription.to(ExactSink())
        #expect(throws: EngineError.self) { try plan(file) }
        try plan(sink)
        let recording = #expect(throws: EngineError.self) {
            try plan(readings, .persist("topic", Reading.self), .to(Collector(Reading.self)))
        }
        #expect(recording?.hint == "put Persist before Latest")
    }

    @Test("explain says of each sink what becomes of its rows over a restart")
    func delivery() throws {
        let all = FlowDescription(name: "all", stages: [source, readings])
        var lossy = StageDescription.to("decimated", Reading.self)
        lossy.allowsLossy = true
        let text = try PhysicalPlan([
            all, FlowDescription(name: "a", stages: [.flow(all), .to("everything", Reading.self)]),
            FlowDescription(name: "b", stages: [.flow(all), .lossy(.latest()), lossy]),
        ]).text
        #expect(text.contains("to topic everything, exactly once: what comes again is passed over\n"))
        #expect(
            text.contains(
                "to topic decimated, exactly once: in transactions, visible when their checkpoint is complete\n"))
    }

    @Test("a topic behind a lossy edge gets every row exactly once over runs that break off")
    func topicBehindLossyEdge() async throws {
        for seed in UInt64(0)..<4 {
            let shown = DurableCollector(Sample.self)
            var topic = StageDescription.to("decimated", Reading.self)
            topic.allowsLossy = true
            let flows = { (collector: DurableCollector<Sample>) in
                let latest = FlowDescription(
                    name: "latest", stages: [BrokenRuns.source(seed, bound: 30), .lossy(.dropOldest(capacity: 3))])
                return [
                    latest, FlowDescription(name: "shown", stages: [.flow(latest), .to(collector)]),
                    FlowDescription(
                        name: "topic",
                        stages: [.flow(latest), .map { (s: Sample) in Reading(s.number, s.float) }, topic]),
                ]
            }
            var runs = try BrokenRuns()
            try await runs.run(shown, BrokenRuns.attempts(60, seed: seed), flows)
            let log = try await EmbeddedLog(directory: runs.folder.path)
            let reader = try await log.reader(for: TopicPartition("decimated"), from: .earliest)
            var appended: [Int64] = []
            while let entry = try await reader.next() {
                guard case .records(let batch) = entry else { continue }
                for index in 0..<batch.count { appended.append(try batch.event(Reading.self, at: index).sensor) }
            }
            await reader.close()
            #expect(appended == shown.values.map(\.number), "seed \(seed)")
        }
    }
}

/// A sink that keeps each row exactly once.
private struct ExactSink: Sink {
    let summary = "exact"
    let delivery = SinkDelivery.exactlyOnce

    func check(_ context: SinkContext) {}

    func open(_ context: SinkContext) throws -> any SinkWriter<Sample> { throw Failure() }
}
