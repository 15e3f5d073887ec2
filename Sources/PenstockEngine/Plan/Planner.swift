internal import PenstockEvents

extension PhysicalPlan {
    /// Plans the flows of a pipeline.
    ///
    /// Stages are cut where a flow is used more than once, at a topic, before a heavy operator, and where the number of instances changes.
    /// - Parameters:
    ///   - flows: All flows of the pipeline, in the order in which they were made.
    ///   - parallelism: The number of instances of keyed stages, and of threads of heavy operators, that do not say one.
    ///   - isReplay: Whether persisted topics are read as they are, so that nothing before them runs.
    /// - Throws: `EngineError.plan`.
    public init(_ flows: [FlowDescription], parallelism: Int = 1, isReplay: Bool = false) throws(EngineError) {
        try PlanCheck(flows).run()
        guard (1...Self.largestParallelism).contains(parallelism) else {
            throw .option(
                problem: "a parallelism of \(parallelism) is not possible",
                hint: "it must lie between 1 and \(Self.largestParallelism)")
        }
        var planner = Planner(flows, parallelism: parallelism, isReplay: isReplay)
        for flow in flows where flow.hasSink { planner.plan(sinkFlow: flow) }
        self = planner.plan
    }
}

/// Turns flows into physical stages, following each flow that has a sink back to its sources.
private struct Planner {
    var plan = PhysicalPlan()
    private let parallelism: Int
    private let isReplay: Bool
    private let useCounts: [String: Int]
    /// The stage in which a flow that several others use ends.
    private var sharedEnds: [String: Int] = [:]
    /// The stages whose events come from several partitions of a source and are not in canonical order.
    private var severalOrigins: Set<Int> = []

    init(_ flows: [FlowDescription], parallelism: Int, isReplay: Bool) {
        self.parallelism = parallelism
        self.isReplay = isReplay
        var counts: [String: Int] = [:]
        for flow in flows {
            if case .flow(let input) = flow.stages.first?.kind { counts[input.name, default: 0] += 1 }
        }
        useCounts = counts
    }

    mutating func plan(sinkFlow flow: FlowDescription) { _ = end(of: flow) }

    /// The stage in which `flow` ends; the caller may go on in it unless the flow is shared.
    private mutating func end(of flow: FlowDescription) -> Int {
        if let shared = sharedEnds[flow.name] { return shared }
        var current: Int?
        let stages = flow.namedStages
        // What comes before the last persisted topic does not run in a replay.
        let start = isReplay ? stages.lastIndex { $0.stage.isPersist } ?? 0 : 0
        for (name, stage) in stages[start...] {
            current = append(stage, StageName(flow: flow.name, stage: name), in: flow, to: current)
        }
        guard let current else { preconditionFailure("the flow \(flow.name) has no stages") }
        if useCounts[flow.name, default: 0] > 1 { sharedEnds[flow.name] = current }
        return current
    }

    private mutating func append(
        _ stage: StageDescription, _ name: StageName, in flow: FlowDescription, to current: Int?
    ) -> Int {
        switch stage.kind {
        case .source(let source):
            return open(.source(name, source), instances: 1)
        case .topicSource(let topic, let codec, let disorder):
            return open(.topic(name, topic: topic, codec: codec, disorder: disorder, isPersisted: false), instances: 1)
        case .flow(let input):
            let end = end(of: input)
            return sharedEnds[input.name] == nil ? end : next(after: end, routing: .single, instances: 1)
        case .map, .filter:
            return add(stage, name, to: current)
        case .keyBy:
            // The order of a keyed stage's rows is that of their keys, which are lost here.
            return add(stage, name, to: instanceCount(current) > 1 ? inOrder(current) : current)
        case .aggregate(_, let aggregate) where !aggregate.isKeyed:
            // One instance sees all events; the order of a keyed stage's rows is that of their keys.
            return add(stage, name, to: instanceCount(current) > 1 ? inOrder(current) : current)
        case .aggregate:
            let instances = stage.parallelism ?? parallelism
            guard instances > 1 || instanceCount(current) > 1 else { return add(stage, name, to: current) }
            return add(stage, name, to: next(after: current, routing: .keyGroups, instances: instances))
        case .operation(let operation):
            let ordered = inOrder(current)
            let cut = operation.isHeavy && ordered == current
            return add(stage, name, to: cut ? next(after: current, routing: .single, instances: 1) : ordered)
        case .persist(let topic, let codec):
            return persist(topic, codec, name, flow.sourceDisorder, after: current)
        case .sink(let sink):
            return finish(.sink(name, sink), after: sink.takesAnyOrder ? gathered(current) : inOrder(current))
        case .topicSink(let topic, let codec):
            let output: PhysicalStage.Output =
                isReplay ? .leftOut(name, topic: topic) : .topic(name, topic: topic, codec: codec, readBy: nil)
            return finish(output, after: inOrder(current))
        }
    }

    private mutating func persist(
        _ topic: String, _ codec: EventCodec, _ name: StageName, _ disorder: Disorder, after current: Int?
    ) -> Int {
        let input = PhysicalStage.Input.topic(name, topic: topic, codec: codec, disorder: disorder, isPersisted: true)
        guard let current, !isReplay else { return open(input, instances: 1) }
        let reader = open(input, instances: 1)
        let writer = inOrder(current)
        plan.stages[writer].output = .topic(name, topic: topic, codec: codec, readBy: reader)
        return reader
    }

    private mutating func finish(_ output: PhysicalStage.Output, after last: Int) -> Int {
        plan.stages[last].output = output
        return last
    }

    /// The stage in which the events of `current` are together, in any order.
    private mutating func gathered(_ current: Int?) -> Int {
        let stage = required(current)
        guard plan.stages[stage].instances > 1 else { return stage }
        let together = next(after: stage, routing: .single, instances: 1)
        plan.stages[together].mergesInOrder = false
        return together
    }

    /// The stage from which the events of `current` come one by one in canonical order: a stage of its own behind several
    /// instances, or behind several partitions that are read in turn.
    private mutating func inOrder(_ current: Int?) -> Int {
        let stage = required(current)
        guard plan.stages[stage].instances > 1 || severalOrigins.contains(stage) else { return stage }
        let ordered = next(after: stage, routing: .single, instances: 1)
        plan.stages[ordered].mergesInOrder = true
        severalOrigins.remove(ordered)
        return ordered
    }

    private mutating func open(_ input: PhysicalStage.Input, instances: Int) -> Int {
        var stage = PhysicalStage(index: plan.stages.count, input: input)
        stage.instances = instances
        plan.stages.append(stage)
        if case .source(_, let source) = input, source.partitionCount > 1 { severalOrigins.insert(stage.index) }
        return stage.index
    }

    private mutating func next(after current: Int?, routing: PhysicalPlan.Routing, instances: Int) -> Int {
        let from = required(current)
        // A stage that has just been opened behind another and does nothing yet needs no further cut.
        if instances == plan.stages[from].instances, plan.stages[from].isIdle { return from }
        let to = open(.channels, instances: instances)
        plan.stages[to].mergesInOrder = plan.stages[from].instances > 1
        if severalOrigins.contains(from) { severalOrigins.insert(to) }
        plan.edges.append(PhysicalPlan.Edge(from: from, to: to, routing: instances > 1 ? routing : .single))
        return to
    }

    private mutating func add(_ stage: StageDescription, _ name: StageName, to current: Int?) -> Int {
        let index = required(current)
        var planned = stage
        if case .aggregate = stage.kind { severalOrigins.remove(index) }
        if case .operation(let operation) = stage.kind {
            planned.parallelism = stage.parallelism ?? (operation.isHeavy ? parallelism : 1)
        }
        plan.stages[index].operators.append(PhysicalStage.PlannedOperator(name: name, description: planned))
        return index
    }

    private func instanceCount(_ stage: Int?) -> Int { stage.map { plan.stages[$0].instances } ?? 1 }

    private func required(_ stage: Int?) -> Int {
        guard let stage else { preconditionFailure("a stage without an input passed the builder") }
        return stage
    }
}

extension PhysicalStage {
    /// Whether the stage takes events from channels and does nothing with them yet.
    fileprivate var isIdle: Bool {
        guard case .channels = input, case .channels = output else { return false }
        return operators.isEmpty && !mergesInOrder
    }
}

extension FlowDescription {
    /// The disorder of the source from which the flow's events come; a persisted topic has that of what was recorded.
    fileprivate var sourceDisorder: Disorder {
        switch stages.first?.kind {
        case .source(let source): source.disorder
        case .topicSource(_, _, let disorder): disorder
        case .flow(let input): input.sourceDisorder
        default: .ascending
        }
    }
}

extension StageDescription {
    fileprivate var isPersist: Bool {
        if case .persist = kind { true } else { false }
    }
}
