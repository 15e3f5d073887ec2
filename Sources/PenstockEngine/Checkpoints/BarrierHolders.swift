/// Where in a plan a barrier can be held.
struct BarrierHolders: Sendable {
    private let plan: PhysicalPlan

    init(_ plan: PhysicalPlan) { self.plan = plan }

    /// The number of instances of all stages.
    var instances: Int { plan.stages.map(\.instances).reduce(0, +) }

    /// What holds a barrier: the edge to the first stage behind stages that all have passed it on, or a source.
    /// - Parameter hasPassed: Whether the instance with this number has.
    func description(_ hasPassed: (Int) -> Bool) -> String {
        var first = 0
        var passed: [Bool] = []
        for stage in plan.stages {
            passed.append((first..<first + stage.instances).allSatisfy(hasPassed))
            first += stage.instances
        }
        for stage in plan.stages where !passed[stage.index] {
            let inputs = plan.edges.filter { $0.to == stage.index }.map(\.from)
            guard inputs.allSatisfy({ passed[$0] }) else { continue }
            guard let from = inputs.last else {
                return "by the source \(stage.input.sourceName?.description ?? "of stage \(stage.index)")"
            }
            return
                "by the edge from stage \(from)\(name(ofLastIn: from)) to stage \(stage.index)\(name(ofLastIn: stage.index))"
        }
        return "by none of the edges"
    }

    private func name(ofLastIn index: Int) -> String {
        let stage = plan.stages[index]
        let name = stage.outputOwner?.stage ?? stage.operators.last?.name ?? stage.input.sourceName
        return name.map { " (\($0))" } ?? ""
    }
}
