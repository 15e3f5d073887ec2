import Foundation
import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Planner")
struct PlannerTests {
    private let source = StageDescription.from(ScriptedSource(partitions: [[]]))
    private let readings = StageDescription.map { (s: Sample) in Reading(s.key, s.float) }
    private let key = StageDescription.keyBy { (s: Sample) in s.key }
    private let sum = StageDescription.aggregate(.time(TimeWindows(size: 10, every: 10)), Aggregate(.sum, .float))
    private let running = StageDescription.operation(AnyOperator(Running()))
    private let heavy = StageDescription.operation(AnyOperator(Running(), isHeavy: true))
    private func sink(_ name: String = "To") -> StageDescription { .to(Collector(Sample.self)).named(name) }

    private func edges(_ plan: PhysicalPlan) -> [String] {
        plan.edges.map { "\($0.from)->\($0.to)\($0.routing == .keyGroups ? " by key" : "")" }
    }

    private func operators(_ plan: PhysicalPlan) -> [[String]] { plan.stages.map { $0.operators.map(\.name.stage) } }

    @Test("operator fusion: stages follow each other in one actor without a cut")
    func fused() throws {
        let plan = try PhysicalPlan([FlowDescription(name: "f", stages: [source, key, sum, running, key, sum, sink()])])
        #expect(operators(plan) == [["KeyBy", "Aggregate", "Operation", "KeyBy#2", "Aggregate#2"]])
        #expect(plan.edges.isEmpty && !plan.usesTopics && plan.stages[0].instances == 1)
    }

    @Test("keyed stages get instances, and their rows are put in order where keys or order matter")
    func parallel() throws {
        let flow = FlowDescription(
            name: "f", stages: [source, key, sum, readings, running, key, sum.parallelism(2), sink()])
        let plan = try PhysicalPlan([flow], parallelism: 3)
        #expect(operators(plan) == [["KeyBy"], ["Aggregate", "Map"], ["Operation", "KeyBy#2"], ["Aggregate#2"], []])
        #expect(plan.stages.map(\.instances) == [1, 3, 1, 2, 1])
        #expect(plan.stages.map(\.mergesInOrder) == [false, false, true, false, true])
        #expect(edges(plan) == ["0->1 by key", "1->2", "2->3 by key", "3->4"])
    }

    @Test("rows get a new key where they are, and are put in order where they are folded in their sequence")
    func keyAfterParallel() throws {
        let plan = try PhysicalPlan(
            [FlowDescription(name: "f", stages: [source, key, sum, key, sum, sink()])], parallelism: 2)
        #expect(operators(plan) == [["KeyBy"], ["Aggregate", "KeyBy#2"], [], ["Aggregate#2"], []])
        #expect(plan.stages.map(\.order) == [nil, nil, .keyedStages, nil, .all])
        let count = StageDescription.aggregate(.time(TimeWindows(size: 10, every: 10)), Aggregate(.count, .nothing))
        let free = try PhysicalPlan(
            [FlowDescription(name: "f", stages: [source, key, sum, key, count, sink()])], parallelism: 2)
        #expect(operators(free) == [["KeyBy"], ["Aggregate", "KeyBy#2"], ["Aggregate#2"], []])
        #expect(free.stages.map(\.order) == [nil, nil, nil, .all])
        #expect(edges(free) == ["0->1 by key", "1->2 by key", "2->3"])
    }

    @Test("the flows that go on from one in several instances go on in as many")
    func branches() throws {
        let several = StageDescription.from(ScriptedSource(partitions: [[], []]))
        let shared = FlowDescription(name: "shared", stages: [several, readings, key])
        let plan = try PhysicalPlan(
            [
                shared, FlowDescription(name: "a", stages: [.flow(shared), sum, sink()]),
                FlowDescription(name: "b", stages: [.flow(shared), key, sum, sink()]),
                FlowDescription(name: "c", stages: [.flow(shared), sink()]),
            ], parallelism: 2)
        #expect(operators(plan) == [["Map", "KeyBy"], ["Aggregate"], [], ["KeyBy"], ["Aggregate"], [], []])
        #expect(plan.stages.map(\.instances) == [2, 2, 1, 2, 2, 1, 1])
        #expect(plan.edges.map(\.routing) == [.keyGroups, .single, .sameInstance, .keyGroups, .single, .single])
    }

    @Test("several partitions are put in order before what depends on order, not before windows")
    func partitions() throws {
        let several = StageDescription.from(ScriptedSource(partitions: [[], []]))
        let plan = try PhysicalPlan([
            FlowDescription(name: "a", stages: [several, readings, sink()]),
            FlowDescription(name: "b", stages: [several, key, sum, sink()]),
            FlowDescription(name: "c", stages: [several, heavy, sink()]),
        ])
        #expect(plan.stages.map(\.mergesInOrder) == [false, true, false, false, true])
        #expect(edges(plan) == ["0->1", "3->4"])
    }

    @Test("a source runs in as many instances as it has partitions, at most the parallelism")
    func sourceInstances() throws {
        let several = StageDescription.from(ScriptedSource(partitions: [[], [], []]))
        for (parallelism, instances) in [(1, 1), (2, 2), (3, 3), (8, 3)] {
            let plan = try PhysicalPlan(
                [
                    FlowDescription(name: "a", stages: [several, readings, sink()]),
                    FlowDescription(name: "b", stages: [several, key, sum.parallelism(2), sink()]),
                ], parallelism: parallelism)
            #expect(plan.stages.map(\.instances) == [instances, 1, instances, 2, 1])
            #expect(plan.stages.map(\.mergesInOrder) == [false, true, false, false, true])
        }
    }

    @Test("a sink that takes any order gets events of several origins together, not in order")
    func anyOrder() throws {
        let several = StageDescription.from(ScriptedSource(partitions: [[], []]))
        let unordered = StageDescription.to(EventCounter())
        let plan = try PhysicalPlan(
            [
                FlowDescription(name: "a", stages: [several, readings, unordered]),
                FlowDescription(name: "b", stages: [several, key, sum, unordered]),
            ], parallelism: 2)
        #expect(plan.stages.map(\.mergesInOrder) == [false, false, false, false, false])
        #expect(plan.stages.map(\.instances) == [2, 1, 2, 2, 1])
        #expect(edges(plan) == ["0->1", "2->3 by key", "3->4"])
    }

    @Test("a shared flow runs once, and each of its users is a stage of its own")
    func sharing() throws {
        let shared = FlowDescription(name: "shared", stages: [source, readings])
        let once = FlowDescription(name: "once", stages: [.flow(shared), running])
        let plan = try PhysicalPlan([
            shared, once, FlowDescription(name: "a", stages: [.flow(once), sink()]),
            FlowDescription(name: "b", stages: [.flow(shared), sink()]),
        ])
        #expect(operators(plan) == [["Map"], ["Operation"], []])
        #expect(edges(plan) == ["0->1", "0->2"])
        #expect(plan.stages[1].operators[0].name == StageName(flow: "once", stage: "Operation"))
    }

    @Test("a heavy operator gets a stage of its own, and the run's parallelism as threads")
    func heavyOperator() throws {
        let plan = try PhysicalPlan([FlowDescription(name: "f", stages: [source, heavy, sink()])], parallelism: 4)
        #expect(operators(plan) == [[], ["Operation"]])
        #expect(plan.stages[1].operators[0].description.parallelism == 4 && plan.stages[1].instances == 1)
    }

    private var recording: [FlowDescription] {
        let recorded = FlowDescription(
            name: "recorded", stages: [source, readings, .persist("topic", Reading.self), running])
        return [
            recorded, FlowDescription(name: "a", stages: [.flow(recorded), sink()]),
            FlowDescription(name: "b", stages: [.flow(recorded), sink()]),
        ]
    }

    @Test("Persist cuts: a writer, and a reader of what is acknowledged")
    func persist() throws {
        let plan = try PhysicalPlan(recording)
        #expect(plan.persistedTopics == ["topic"] && plan.usesTopics)
        guard case .topic(_, "topic", _, readBy: 1?) = plan.stages[0].output,
            case .topic(_, "topic", _, _, isPersisted: true) = plan.stages[1].input
        else {
            Issue.record("not cut at the topic: \(plan.text)")
            return
        }
        #expect(operators(plan) == [["Map"], ["Operation"], [], []])
        #expect(edges(plan) == ["1->2", "1->3"])
    }

    @Test("in a replay nothing before Persist runs")
    func replay() throws {
        let plan = try PhysicalPlan(recording, isReplay: true)
        #expect(operators(plan) == [["Operation"], [], []])
        guard case .topic(_, "topic", _, _, isPersisted: true) = plan.stages[0].input else {
            Issue.record("the topic is not read: \(plan.text)")
            return
        }
    }

    @Test("the plan as text names stages, sources, edges and topics")
    func text() throws {
        let text = try PhysicalPlan(recording).text
        for words in [
            "stage 0", "recorded/From: reads script as Sample", "recorded/Persist: appends Reading@1 to topic topic",
            "read by stage 1", "recorded/Operation: Running", "-> stage 2, at most 16 batches or 4 MiB waiting per sender",
            "a/To: writes collector \"of\" Sample", "in order of time",
        ] {
            #expect(text.contains(words))
        }
    }

    @Test("the plan as JSON parses and holds every stage and edge")
    func json() throws {
        let flow = FlowDescription(
            name: "quote \" back \\ slash \u{1}", stages: [source, key, sum, sink("new\nline")])
        let plan = try PhysicalPlan(recording + [flow], parallelism: 2)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(plan.json.utf8)) as? [String: [[String: Any]]])
        #expect(object["stages"]?.count == plan.stages.count)
        #expect(object["stages"]?.compactMap { $0["index"] as? Int } == plan.stages.map(\.index))
        #expect(object["stages"]?.compactMap { $0["instances"] as? Int } == plan.stages.map(\.instances))
        #expect(object["edges"]?.compactMap { $0["to"] as? Int } == plan.edges.map(\.to))
        let names = object["stages"]?.flatMap { $0["operators"] as? [[String: String]] ?? [] }.compactMap { $0["name"] }
        #expect(names?.contains("quote \" back \\ slash \u{1}/KeyBy") == true)
    }

    @Test("the plan in the language of Graphviz has a line for each stage, edge and topic")
    func dot() throws {
        let dot = try PhysicalPlan(recording).dot
        #expect(dot.hasPrefix("digraph plan {") && dot.hasSuffix("}\n"))
        for line in [
            "s0 -> s1 [label=\"topic topic\", style=dashed]", "s1 -> s2", "s1 -> s3", "collector \\\"of\\\" Sample",
        ] {
            #expect(dot.contains(line))
        }
    }
}
