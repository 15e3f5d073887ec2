extension PhysicalPlan {
    /// Notes the names that the stages of a flow had earlier: every name of the flow with every name of the stage.
    mutating func noteFormerNames(of flow: FlowDescription) {
        let flows = [flow.name] + flow.formerNames
        for names in flow.stageNames {
            let present = StageName(flow: flow.name, stage: names[0])
            var former: [StageName] = []
            for flow in flows {
                for stage in names { former.append(StageName(flow: flow, stage: stage)) }
            }
            if former.count > 1 { formerNames[present] = Array(former.dropFirst()) }
        }
    }
}

extension FlowDescription {
    /// The names of each stage, the present one first. Stages of inputs without a name of their own are named after the stage that takes
    /// them, such as `Join.left.From`.
    fileprivate var stageNames: [[String]] {
        namedStages.flatMap { name, stage in
            let names = [name] + stage.formerNames
            guard case .inputs(let parts) = stage.kind else { return [names] }
            let inner = parts.flatMap { part in
                part.stageNames.map { inner in
                    names.flatMap { name in inner.map { "\(name).\(part.name).\($0)" } }
                }
            }
            return [names] + inner
        }
    }
}
