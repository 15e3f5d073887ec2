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
private struct Planner {
    var plan = PhysicalPlan()
    private let parallelism: Int
    private let isReplay: Bool
    private let flows: [FlowDescription]
    private let topicPartitions: [String: Int]
    private let useCounts: [String: Int]
    /// The stage in which each flow ends that has been planned; nil while it is being planned.
    private var ends: [String: Int?] = [:]
    /// Where each side output leaves its stage.
    private var sides: [SideOutputName: (stage: Int, port: PhysicalPlan.Port)] = [:]
    /// The stages that read feedbacks, by topic.
    private var feedbacks: [String: Int] = [:]
    /// How the events of each stage come out of it.
    private var arrivals: [Int: Arrival] = [:]

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

    private mutating func end(
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

    private mutating func append(
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
    private mutating func merge(
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

    // MARK: Feedback

    /// A stage that reads what the run itself puts into a topic.
    private mutating func openFeedback(
        _ topic: String, _ codec: EventCodec, _ description: StageDescription, _ name: StageName
    ) throws(EngineError) -> Int {
        guard feedbacks[topic] == nil else {
            throw .plan(
                problem: "two stages read the feedback \"\(topic)\"",
                hint: "give the flow that reads it a name, and go on from it in both places")
        }
        let input = PhysicalStage.Input.topic(name, topic: topic, codec: codec, disorder: .marks, isPersisted: true)
        let stage = open(input, instances: 1)
        plan.stages[stage].feedback = description.feedback
        feedbacks[topic] = stage
        return stage
    }

    /// The source of the feedback among the inputs of a stage, or nil.
    private func feedback(
        among ends: [Int], _ name: StageName, takesFeedback: Bool
    ) throws(EngineError) -> StageName? {
        let sources = ends.filter { plan.stages[$0].feedback != nil }
        guard let source = sources.first else { return nil }
        guard takesFeedback, sources.count == 1, ends.count > 1 else {
            throw .plan(
                problem: "\(name.stage) in the flow \"\(name.flow)\" cannot take a feedback",
                hint: "merge one feedback with other inputs: Merge(From(...), From(feedback))")
        }
        return plan.stages[source].input.sourceName
    }

    /// Leads each feedback from the stage that writes it to the one that reads it.
    mutating func closeLoops() throws(EngineError) {
        for (topic, reader) in feedbacks.sorted(by: { $0.key < $1.key }) {
            let outgoing = plan.edges.filter { $0.from == reader }
            let isPlain = plan.stages[reader].operators.allSatisfy { planned in
                switch planned.description.kind {
                case .map, .filter: true
                default: false
                }
            }
            guard isPlain, outgoing.count == 1, plan.stages[outgoing[0].to].mergedFeedback != nil else {
                throw .plan(
                    problem: "the feedback \"\(topic)\" is not read where it meets another input",
                    hint: "merge it: Merge(From(...), From(feedback)), with nothing but Map and Filter before")
            }
            let writer = plan.stages.firstIndex { stage in
                switch stage.output {
                // A replay compares what is put in with what was.
                case .topic(_, topic, _, _), .leftOut(_, topic): true
                default: false
                }
            }
            guard let writer, let name = plan.stages[writer].outputOwner?.stage ?? plan.stages[writer].leftOut,
                case .topic(_, _, let codec, _, _) = plan.stages[reader].input
            else {
                throw .plan(
                    problem: "nothing is put into the feedback \"\(topic)\"", hint: "end a flow with To(feedback)")
            }
            plan.stages[writer].output = .topic(name, topic: topic, codec: codec, readBy: reader)
        }
    }

    /// A stage behind a side output.
    private mutating func open(_ side: SideOutputName) throws(EngineError) -> Int {
        if sides[side] == nil, let producer = flows.first(where: { $0.putsOut(side) }) { _ = try end(of: producer) }
        guard let (stage, port) = sides[side] else {
            throw .plan(
                problem: "no stage puts out the side output \"\(side.name)\" of \(side.element)",
                hint: "name it in the flow whose events it takes, such as LateData(to: …) behind a window")
        }
        let opened = open(.channels, instances: 1)
        plan.edges.append(PhysicalPlan.Edge(from: stage, to: opened, routing: .single, port: port))
        // Events leave at the side as they come, so those of several origins or instances are mixed.
        arrivals[opened] = Arrival(isMixed: true, isAside: true)
        return opened
    }

    /// A stage whose instances share the events of `current` by key group.
    private mutating func sharedByKey(_ current: Int, instances: Int) -> Int {
        guard instances > 1 || plan.stages[current].instances > 1 else { return current }
        return next(after: current, routing: .keyGroups, instances: instances)
    }

    private mutating func persist(
        _ topic: String, _ codec: EventCodec, _ name: StageName, _ disorder: Disorder, after current: Int?
    ) -> Int {
        let input = PhysicalStage.Input.topic(name, topic: topic, codec: codec, disorder: disorder, isPersisted: true)
        guard let current, !isReplay else { return open(input, instances: 1) }
        let reader = open(input, instances: 1)
        let writer = inOrder(current, name)
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
        return plan.stages[stage].instances > 1 ? next(after: stage, routing: .single, instances: 1) : stage
    }

    /// The stage from which the events of `current` come one by one in canonical order: a stage of its own behind several
    /// instances, or behind several partitions that are read in turn.
    private mutating func inOrder(_ current: Int?, _ name: StageName) -> Int {
        let stage = required(current)
        guard plan.stages[stage].instances > 1 || arrival(stage).isMixed || isSpread(stage) else { return stage }
        return ordered(stage, .all, name)
    }

    /// The stage from which the events of each origin come in their sequence.
    private mutating func inSequence(_ current: Int?, _ name: StageName) -> Int {
        let stage = required(current)
        if arrival(stage).isAside { return ordered(stage, .eachOrigin, name) }
        return isSpread(stage) ? ordered(stage, .keyedStages, name) : stage
    }

    /// The stage from which events come with places that tell their order.
    private mutating func placed(_ current: Int?, _ name: StageName) -> Int {
        let stage = required(current)
        return isSpread(stage) && arrival(stage).hasLongPlaces ? inSequence(stage, name) : stage
    }

    private mutating func ordered(_ stage: Int, _ scope: OrderedMerge.Scope, _ name: StageName) -> Int {
        let ordered = next(after: stage, routing: .single, instances: 1)
        plan.stages[ordered].order = scope
        plan.stages[ordered].orderedFor = name
        let hasLongKeys = arrival(stage).hasLongKeys
        arrivals[ordered] = Arrival(isMixed: scope != .all && arrival(stage).isMixed, hasLongKeys: hasLongKeys)
        return ordered
    }

    private func arrival(_ stage: Int) -> Arrival { arrivals[stage] ?? Arrival() }

    private func isSpread(_ stage: Int) -> Bool { arrival(stage).isSpread }

    /// A stage that goes on from another one beside others: with the same instances, each behind the one with its number.
    private mutating func branch(from end: Int) -> Int {
        let instances = plan.stages[end].instances
        let branch = cut(after: end, routing: .sameInstance, instances: instances)
        plan.stages[branch].sharesPartitions = plan.stages[end].sharesPartitions
        return branch
    }

    private mutating func open(_ input: PhysicalStage.Input, instances: Int) -> Int {
        var stage = PhysicalStage(index: plan.stages.count, input: input)
        stage.instances = instances
        plan.stages.append(stage)
        return stage.index
    }

    /// A stage that reads the partitions of a source.
    private mutating func open(
        _ input: PhysicalStage.Input, _ description: StageDescription, partitions: Int
    ) -> Int {
        // Partitions that wait for each other are read by one instance, and so are those of a topic.
        let apart = !input.isTopic && description.reading.maxDrift == nil && description.reading.idleAfter == nil
        let stage = open(input, instances: apart ? min(partitions, parallelism) : 1)
        plan.stages[stage].partitions = partitions
        plan.stages[stage].reading = description.reading
        plan.stages[stage].unrepeatable = description.unrepeatable
        plan.stages[stage].onError = description.onError
        plan.stages[stage].sharesPartitions = plan.stages[stage].instances > 1
        arrivals[stage] = Arrival(isMixed: partitions > 1)
        for (port, side) in description.sideOutputs {
            sides[side] = (stage, PhysicalPlan.Port(operatorIndex: PhysicalPlan.Port.source, side: port))
        }
        return stage
    }

    /// Lets the clocks of a source run over what its stage has left of the events so far.
    private mutating func addClock(_ disorder: Disorder, _ name: StageName, to stage: Int) throws(EngineError) -> Int {
        func refusal(_ reason: String) -> EngineError {
            .plan(
                problem: "\(name.stage) in the flow \"\(name.flow)\" stands behind \(reason)",
                hint:
                    "a watermark belongs to one source: put it behind From(…), Map and Filter in the flow of the source"
            )
        }
        let planned = plan.stages[stage]
        guard planned.input.sourceName != nil else {
            throw refusal("several inputs, a side output, or a flow that others go on from, too")
        }
        if let earlier = planned.clocked { throw refusal("\(earlier.name.stage), which is one already") }
        var kernels: [(StageName, any BatchKernel)] = []
        for step in planned.operators {
            switch step.description.kind {
            case .map(let kernel): kernels.append((step.name, kernel))
            case .filter(let kernel): kernels.append((step.name, kernel))
            default: throw refusal(step.description.label)
            }
        }
        plan.stages[stage].clocked = PhysicalStage.Clocked(name: name, disorder: disorder, kernels: kernels)
        return stage
    }

    /// A stage behind an edge that drops events; where one that does nothing yet has just been opened, it is that one.
    private mutating func addLossyEdge(
        _ policy: LossyEdge, _ stage: StageDescription, _ name: StageName, to current: Int
    ) -> Int {
        let index = next(after: current, routing: .single, instances: 1)
        for edge in plan.edges.indices where plan.edges[edge].to == index {
            plan.edges[edge].lossy = policy
            plan.stages[plan.edges[edge].from].lossyStage = name
        }
        return add(stage, name, to: index)
    }

    private mutating func next(after current: Int?, routing: PhysicalPlan.Routing, instances: Int) -> Int {
        let from = required(current)
        // A stage that has just been opened behind others and does nothing yet needs no further cut.
        guard plan.stages[from].isIdle else { return cut(after: from, routing: routing, instances: instances) }
        plan.stages[from].instances = instances
        plan.stages[from].sharesPartitions = false
        for edge in plan.edges.indices where plan.edges[edge].to == from {
            plan.edges[edge].routing = instances > 1 ? routing : .single
        }
        return from
    }

    private mutating func cut(after from: Int, routing: PhysicalPlan.Routing, instances: Int) -> Int {
        let to = open(.channels, instances: instances)
        arrivals[to] = arrivals[from]
        plan.edges.append(PhysicalPlan.Edge(from: from, to: to, routing: instances > 1 ? routing : .single))
        return to
    }

    private mutating func add(_ stage: StageDescription, _ name: StageName, to current: Int?) -> Int {
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
    private mutating func noteRows(of stage: Int, isKeyed: Bool) {
        let isLong = arrival(stage).hasLongKeys
        let isSpread = isKeyed && plan.stages[stage].instances > 1
        arrivals[stage] = Arrival(isSpread: isSpread, hasLongPlaces: isSpread && isLong, hasLongKeys: isKeyed && isLong)
    }

    private func required(_ stage: Int?) -> Int {
        guard let stage else { preconditionFailure("a stage without an input passed the builder") }
        return stage
    }
}

extension PhysicalStage {
    /// The stage of a topic to which a replay appends nothing.
    fileprivate var leftOut: StageName? {
        if case .leftOut(let name, _) = output { name } else { nil }
    }

    fileprivate var readsChannels: Bool {
        if case .channels = input { true } else { false }
    }

    /// Whether the stage takes events from channels and does nothing with them yet.
    fileprivate var isIdle: Bool {
        guard case .channels = input, case .channels = output else { return false }
        return operators.isEmpty && !mergesInOrder && mergedFeedback == nil
    }
}

extension FlowDescription {
    /// The disorder of the source from which the flow's events come, as its watermark stage says where there is one; a persisted topic has
    /// that of what was recorded.
    fileprivate var sourceDisorder: Disorder {
        for stage in stages.reversed() {
            if let disorder = stage.disorder { return disorder }
        }
        return switch stages.first?.kind {
        case .source(let source): source.disorder
        case .topicSource(_, _, let disorder): disorder
        case .flow(let input): input.sourceDisorder
        case .inputs(let parts):
            parts.map(\.sourceDisorder).max { ($0.boundNanoseconds ?? .max) < ($1.boundNanoseconds ?? .max) }
                ?? .ascending
        default: .ascending
        }
    }
}

extension FlowDescription {
    /// Whether a stage of the flow, or of one of its parts, puts out this side output.
    fileprivate func putsOut(_ side: SideOutputName) -> Bool {
        stages.contains { stage in
            if case .inputs(let parts) = stage.kind, parts.contains(where: { $0.putsOut(side) }) { return true }
            return stage.sideOutputs.values.contains(side)
        }
    }
}

extension StageDescription {
    /// How far out of order events are behind the stage, where it says so; nil where that is as before it.
    fileprivate var disorder: Disorder? {
        switch kind {
        case .watermark(let disorder): disorder
        case .operation(let operation) where operation.takesArrivalOrder: .ascending
        default: nil
        }
    }

    fileprivate var isPersist: Bool {
        if case .persist = kind { true } else { false }
    }
}
