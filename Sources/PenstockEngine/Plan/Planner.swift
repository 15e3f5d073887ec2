internal import PenstockEvents

extension PhysicalPlan {
    /// Plans the flows of a pipeline.
    ///
    /// Stages are cut where a flow is used more than once, at a topic, before a heavy operator, and where the number of instances changes.
    /// - Parameters:
    ///   - flows: All flows of the pipeline, in the order in which they were made.
    ///   - parallelism: The number of instances of keyed stages, and of threads of heavy operators, that do not say one.
    ///   - topicPartitions: How many partitions the topics have that are read; those not named have one.
    ///   - isReplay: Whether persisted topics are read as they are, so that nothing before them runs.
    /// - Throws: `EngineError.plan`.
    public init(
        _ flows: [FlowDescription], parallelism: Int = 1, isReplay: Bool = false, topicPartitions: [String: Int] = [:]
    ) throws(EngineError) {
        try PlanCheck(flows).run()
        guard (1...Self.largestParallelism).contains(parallelism) else {
            throw .option(
                problem: "a parallelism of \(parallelism) is not possible",
                hint: "it must lie between 1 and \(Self.largestParallelism)")
        }
        var planner = Planner(flows, parallelism: parallelism, isReplay: isReplay, topicPartitions)
        for flow in flows where flow.hasSink { _ = try planner.end(of: flow) }
        for flow in flows { planner.plan.noteFormerNames(of: flow) }
        try planner.closeLoops()
        planner.plan.numberOrigins()
        try planner.plan.noteRepeatability()
        self = planner.plan
    }
}

/// Turns flows into physical stages, following each flow that has a sink back to its sources.
struct Planner {
    var plan = PhysicalPlan()
    let parallelism: Int
    let isReplay: Bool
    let flows: [FlowDescription]
    let topicPartitions: [String: Int]
    let useCounts: [String: Int]
    /// The stage in which each flow ends that has been planned; nil while it is being planned.
    var ends: [String: Int?] = [:]
    /// Where each side output leaves its stage.
    var sides: [SideOutputName: (stage: Int, port: PhysicalPlan.Port)] = [:]
    /// The stages that read feedbacks, by topic.
    var feedbacks: [String: Int] = [:]
    /// How the events of each stage come out of it.
    var arrivals: [Int: Arrival] = [:]

    /// In which order events come.
    struct Arrival {
        /// Whether they have several origins.
        var isMixed = false
        /// Whether rows of a keyed stage come from several of its instances, so that only those of one key are in their sequence.
        var isSpread = false
        /// Whether such rows have keys of more than 64 bits, so that their places are known only once they are in order.
        var hasLongPlaces = false
        /// Whether they left at the side of a keyed stage, whose instances took them out of their sequence.
        var isAside = false
        /// Whether their keys, if they have any, have more than 64 bits.
        var hasLongKeys = false
    }

    init(_ flows: [FlowDescription], parallelism: Int, isReplay: Bool, _ topicPartitions: [String: Int]) {
        self.topicPartitions = topicPartitions
        self.parallelism = parallelism
        self.isReplay = isReplay
        self.flows = flows
        var counts: [String: Int] = [:]
        for flow in flows {
            for input in flow.inputFlows { counts[input.name, default: 0] += 1 }
        }
        useCounts = counts
    }

    /// The stage in which `flow` ends; the caller may go on in it unless the flow is shared.
    mutating func end(of flow: FlowDescription) throws(EngineError) -> Int {
        if let known = ends[flow.name] {
            guard let known else {
                throw .plan(
                    problem: "the flow \"\(flow.name)\" goes on from itself",
                    hint: "a loop goes through a topic")
            }
            return known
        }
        ends[flow.name] = .some(nil)
        let end = try end(ofStages: flow.namedStages, of: flow.name, flow.sourceDisorder)
        ends[flow.name] = end
        return end
    }

    mutating func end(
        ofStages stages: [(name: String, stage: StageDescription)], of flow: String, _ disorder: Disorder
    ) throws(EngineError) -> Int {
        var current: Int?
        var disorder = disorder
        // What comes before the last persisted topic does not run in a replay.
        let start = isReplay ? stages.lastIndex { $0.stage.isPersist } ?? 0 : 0
        for (name, stage) in stages[start...] {
            disorder = stage.disorder ?? disorder
            current = try append(stage, StageName(flow: flow, stage: name), disorder, to: current)
        }
        guard let current else { preconditionFailure("the flow \(flow) has no stages") }
        return current
    }

    mutating func append(
        _ stage: StageDescription, _ name: StageName, _ disorder: Disorder, to current: Int?
    ) throws(EngineError) -> Int {
        switch stage.kind {
        case .source(let source):
            return open(.source(name, source), stage, partitions: source.partitionCount)
        case .topicSource(let topic, let codec, _) where stage.feedback != nil:
            return try openFeedback(topic, codec, stage, name)
        case .topicSource(let topic, let codec, let disorder):
            let input = PhysicalStage.Input.topic(
                name, topic: topic, codec: codec, disorder: disorder, isPersisted: false)
            return open(input, stage, partitions: topicPartitions[topic] ?? 1)
        case .flow(let input):
            let end = try end(of: input)
            // Also behind a stage that does nothing yet: what one user puts into it is not for the others.
            return useCounts[input.name, default: 0] > 1 ? branch(from: end) : end
        case .inputs(let parts):
            return try merge(parts, name, takesFeedback: stage.label == "Merge")
        case .side(let side):
            return try open(side)
        case .watermark(let disorder):
            return try addClock(disorder, name, to: required(current))
        case .map, .filter:
            return add(stage, name, to: current)
        case .lossy(let policy):
            // What several go on from behind it comes to each by origin again.
            let isMixed = current.map { arrival($0).isMixed || isSpread($0) } ?? false
            let rest = addLossyEdge(policy, stage, name, to: inOrder(current, name))
            arrivals[rest, default: Arrival()].isMixed = isMixed
            return rest
        case .keyBy(let kernel, _):
            let keyed = add(stage, name, to: current)
            arrivals[keyed, default: Arrival()].hasLongKeys = kernel.isLong
            return keyed
        case .aggregate(let window, let aggregate):
            let ready = aggregate.foldsInSequence(window) ? inSequence(current, name) : placed(current, name)
            guard aggregate.isKeyed else { return add(stage, name, to: gathered(ready)) }
            return add(stage, name, to: sharedByKey(ready, instances: stage.parallelism ?? parallelism))
        case .operation(let operation) where operation.takesArrivalOrder:
            return add(stage, name, to: gathered(current))
        case .operation(let operation) where operation.isKeyed:
            return add(stage, name, to: sharedByKey(placed(current, name), instances: stage.parallelism ?? parallelism))
        case .operation(let operation) where operation.ordersEvents:
            return add(stage, name, to: gathered(placed(current, name)))
        case .operation(let operation):
            let ordered = inOrder(current, name)
            let cut = operation.isHeavy && ordered == current
            return add(stage, name, to: cut ? next(after: current, routing: .single, instances: 1) : ordered)
        case .persist(let topic, let codec):
            return persist(topic, codec, name, disorder, after: current)
        case .sink(let sink):
            let last = finish(.sink(name, sink), after: sink.takesAnyOrder ? gathered(current) : inOrder(current, name))
            plan.stages[last].allowsLossy = stage.allowsLossy
            return last
        case .topicSink(let topic, let codec):
            let output: PhysicalStage.Output =
                isReplay ? .leftOut(name, topic: topic) : .topic(name, topic: topic, codec: codec, readBy: nil)
            let last = finish(output, after: inOrder(current, name))
            plan.stages[last].allowsLossy = stage.allowsLossy
            plan.stages[last].delivery = stage.delivery
            return last
        }
    }

    /// A stage behind several inputs, each with its number. The stages of a part are named after its place, such as `Join.left`.
    mutating func merge(
        _ parts: [FlowDescription], _ name: StageName, takesFeedback: Bool
    ) throws(EngineError) -> Int {
        var ends: [Int] = []
        for part in parts {
            let stages = part.namedStages.map { ("\(name.stage).\(part.name).\($0.name)", $0.stage) }
            ends.append(try end(ofStages: stages, of: name.flow, part.sourceDisorder))
        }
        let merged = open(.channels, instances: 1)
        plan.stages[merged].mergedFeedback = try feedback(among: ends, name, takesFeedback: takesFeedback)
        for (input, end) in ends.enumerated() {
            plan.edges.append(PhysicalPlan.Edge(from: end, to: merged, routing: .single, input: input))
        }
        arrivals[merged] = Arrival(
            isMixed: true, isSpread: ends.contains { isSpread($0) },
            hasLongPlaces: ends.contains { arrival($0).hasLongPlaces },
            isAside: ends.contains { arrival($0).isAside }, hasLongKeys: ends.contains { arrival($0).hasLongKeys })
        return merged
    }

    mutating func add(_ stage: StageDescription, _ name: StageName, to current: Int?) -> Int {
        var index = required(current)
        if stage.isWaking, !plan.stages[index].readsChannels {
            index = cut(after: index, routing: .single, instances: 1)
        }
        var planned = stage
        let operatorIndex = plan.stages[index].operators.count
        for (port, side) in stage.sideOutputs {
            sides[side] = (index, PhysicalPlan.Port(operatorIndex: operatorIndex, side: port))
        }
        switch stage.kind {
        case .aggregate(_, let aggregate): noteRows(of: index, isKeyed: aggregate.isKeyed)
        case .operation(let operation):
            let hasLongKeys = operation.keepsKeys && arrival(index).hasLongKeys
            noteRows(of: index, isKeyed: operation.isKeyed)
            if hasLongKeys { arrivals[index]?.hasLongKeys = true }
            guard !operation.isKeyed, !operation.ordersEvents, !operation.takesArrivalOrder else { break }
            planned.parallelism = stage.parallelism ?? (operation.isHeavy ? parallelism : 1)
        default: break
        }
        plan.stages[index].operators.append(PhysicalStage.PlannedOperator(name: name, description: planned))
        return index
    }

    /// A stage makes rows of its own.
    mutating func noteRows(of stage: Int, isKeyed: Bool) {
        let isLong = arrival(stage).hasLongKeys
        let isSpread = isKeyed && plan.stages[stage].instances > 1
        arrivals[stage] = Arrival(isSpread: isSpread, hasLongPlaces: isSpread && isLong, hasLongKeys: isKeyed && isLong)
    }

    mutating func finish(_ output: PhysicalStage.Output, after last: Int) -> Int {
        plan.stages[last].output = output
        return last
    }

    func required(_ stage: Int?) -> Int {
        guard let stage else { preconditionFailure("a stage without an input passed the builder") }
        return stage
    }
}

extension StageDescription {
    fileprivate var isPersist: Bool {
        if case .persist = kind { true } else { false }
    }
}
