internal import PenstockEvents

// Where events come in: sources, topics that the run records, side outputs; and the clocks of sources.
extension Planner {
    mutating func open(_ input: PhysicalStage.Input, instances: Int) -> Int {
        var stage = PhysicalStage(index: plan.stages.count, input: input)
        stage.instances = instances
        plan.stages.append(stage)
        return stage.index
    }

    /// A stage that reads the partitions of a source.
    mutating func open(
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

    /// A stage behind a side output.
    mutating func open(_ side: SideOutputName) throws(EngineError) -> Int {
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

    mutating func persist(
        _ topic: String, _ codec: EventCodec, _ name: StageName, _ disorder: Disorder, after current: Int?
    ) -> Int {
        let input = PhysicalStage.Input.topic(name, topic: topic, codec: codec, disorder: disorder, isPersisted: true)
        guard let current, !isReplay else { return open(input, instances: 1) }
        let reader = open(input, instances: 1)
        let writer = inOrder(current, name)
        plan.stages[writer].output = .topic(name, topic: topic, codec: codec, readBy: reader)
        return reader
    }

    /// Lets the clocks of a source run over what its stage has left of the events so far.
    mutating func addClock(_ disorder: Disorder, _ name: StageName, to stage: Int) throws(EngineError) -> Int {
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
