// How events go from stage to stage: where they are cut, shared out by key, gathered, and put in order.
extension Planner {
    /// A stage that goes on from another one beside others: with the same instances, each behind the one with its number.
    mutating func branch(from end: Int) -> Int {
        let instances = plan.stages[end].instances
        let branch = cut(after: end, routing: .sameInstance, instances: instances)
        plan.stages[branch].sharesPartitions = plan.stages[end].sharesPartitions
        return branch
    }

    mutating func next(after current: Int?, routing: PhysicalPlan.Routing, instances: Int) -> Int {
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

    mutating func cut(after from: Int, routing: PhysicalPlan.Routing, instances: Int) -> Int {
        let to = open(.channels, instances: instances)
        arrivals[to] = arrivals[from]
        plan.edges.append(PhysicalPlan.Edge(from: from, to: to, routing: instances > 1 ? routing : .single))
        return to
    }

    /// A stage behind an edge that drops events; where one that does nothing yet has just been opened, it is that one.
    mutating func addLossyEdge(
        _ policy: LossyEdge, _ stage: StageDescription, _ name: StageName, to current: Int
    ) -> Int {
        let index = next(after: current, routing: .single, instances: 1)
        for edge in plan.edges.indices where plan.edges[edge].to == index {
            plan.edges[edge].lossy = policy
            plan.stages[plan.edges[edge].from].lossyStage = name
        }
        return add(stage, name, to: index)
    }

    /// A stage whose instances share the events of `current` by key group.
    mutating func sharedByKey(_ current: Int, instances: Int) -> Int {
        guard instances > 1 || plan.stages[current].instances > 1 else { return current }
        return next(after: current, routing: .keyGroups, instances: instances)
    }

    /// The stage in which the events of `current` are together, in any order.
    mutating func gathered(_ current: Int?) -> Int {
        let stage = required(current)
        return plan.stages[stage].instances > 1 ? next(after: stage, routing: .single, instances: 1) : stage
    }

    /// The stage from which the events of `current` come one by one in canonical order: a stage of its own behind several
    /// instances, or behind several partitions that are read in turn.
    mutating func inOrder(_ current: Int?, _ name: StageName) -> Int {
        let stage = required(current)
        guard plan.stages[stage].instances > 1 || arrival(stage).isMixed || isSpread(stage) else { return stage }
        return ordered(stage, .all, name)
    }

    /// The stage from which the events of each origin come in their sequence.
    mutating func inSequence(_ current: Int?, _ name: StageName) -> Int {
        let stage = required(current)
        if arrival(stage).isAside { return ordered(stage, .eachOrigin, name) }
        return isSpread(stage) ? ordered(stage, .keyedStages, name) : stage
    }

    /// The stage from which events come with places that tell their order.
    mutating func placed(_ current: Int?, _ name: StageName) -> Int {
        let stage = required(current)
        return isSpread(stage) && arrival(stage).hasLongPlaces ? inSequence(stage, name) : stage
    }

    mutating func ordered(_ stage: Int, _ scope: OrderedMerge.Scope, _ name: StageName) -> Int {
        let ordered = next(after: stage, routing: .single, instances: 1)
        plan.stages[ordered].order = scope
        plan.stages[ordered].orderedFor = name
        let hasLongKeys = arrival(stage).hasLongKeys
        arrivals[ordered] = Arrival(isMixed: scope != .all && arrival(stage).isMixed, hasLongKeys: hasLongKeys)
        return ordered
    }

    func arrival(_ stage: Int) -> Arrival { arrivals[stage] ?? Arrival() }

    func isSpread(_ stage: Int) -> Bool { arrival(stage).isSpread }
}

extension PhysicalStage {
    var readsChannels: Bool {
        if case .channels = input { true } else { false }
    }

    /// Whether the stage takes events from channels and does nothing with them yet.
    fileprivate var isIdle: Bool {
        guard case .channels = input, case .channels = output else { return false }
        return operators.isEmpty && !mergesInOrder && mergedFeedback == nil
    }
}
