/// Rows that are put out more than once, early or after late events, may only go to sinks: a stage that aggregates them would count twice. A topic
/// keeps what it gets, so early ones go there only where the author says that it takes updates.
struct UpdateCheck {
    /// - Throws: `EngineError.plan` for the first stage that takes updated rows and cannot.
    func run(_ flows: [FlowDescription]) throws(EngineError) {
        for flow in flows {
            _ = try stageWithUpdates(in: flow)
            _ = try stageWithEarlyRows(in: flow)
        }
    }

    /// The label of the stage that gives early rows at the end of a flow, or nil.
    private func stageWithEarlyRows(in flow: FlowDescription) throws(EngineError) -> String? {
        var early: String?
        for stage in flow.stages {
            switch stage.kind {
            case .flow(let input): early = try stageWithEarlyRows(in: input)
            case .inputs(let parts):
                for part in parts {
                    if let stage = try stageWithEarlyRows(in: part) { early = stage }
                }
            case .aggregate(_, let aggregate) where aggregate.emission.givesEarlyRows: early = stage.label
            case .persist, .topicSink:
                guard let early, !stage.takesUpdates else { continue }
                throw .plan(
                    problem: "\(stage.label) in the flow \"\(flow.name)\" keeps the rows of \(early) that come early, "
                        + "which no replay repeats",
                    hint: "say To(topic).takingUpdates() if its readers take each row for the one before it, "
                        + "or write to another sink")
            default: break
            }
        }
        return early
    }

    /// The label of the stage that gives updated rows at the end of a flow, or nil.
    private func stageWithUpdates(in flow: FlowDescription) throws(EngineError) -> String? {
        var updating: String?
        for stage in flow.stages {
            switch stage.kind {
            case .flow(let input): updating = try stageWithUpdates(in: input)
            case .inputs(let parts):
                for part in parts {
                    if let stage = try stageWithUpdates(in: part) { updating = stage }
                }
            case .aggregate(let window, let aggregate):
                try refuse(updating, at: stage, in: flow)
                if window.repeatsRows(aggregate.emission) { updating = stage.label }
            case .operation: try refuse(updating, at: stage, in: flow)
            default: break
            }
        }
        return updating
    }

    private func refuse(_ updating: String?, at stage: StageDescription, in flow: FlowDescription) throws(EngineError) {
        guard let updating else { return }
        throw .plan(
            problem: "\(stage.label) in the flow \"\(flow.name)\" follows \(updating), whose rows come more than once",
            hint: "rows that AllowedLateness(...) and Early(...) add can only be mapped, filtered and written")
    }
}
