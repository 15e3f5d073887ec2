/// Rows that are put out more than once, early or after late events, each replace the one before it: a stage that aggregates them would count twice.
/// What is to keep each row, a topic or a file, takes them only where the author says that its readers know.
struct UpdateCheck {
    /// - Throws: `EngineError.plan` for the first stage that gets updated rows and does not take them.
    func run(_ flows: [FlowDescription]) throws(EngineError) {
        for flow in flows { _ = try stageWithUpdates(in: flow) }
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
            case .persist, .topicSink: try refuseToKeep(updating, at: stage, in: flow)
            case .sink(let sink) where sink.delivery == .exactlyOnce:
                try refuseToKeep(updating, at: stage, in: flow)
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

    private func refuseToKeep(
        _ updating: String?, at stage: StageDescription, in flow: FlowDescription
    ) throws(EngineError) {
        guard let updating, !stage.takesUpdates else { return }
        throw .plan(
            problem: "\(stage.label) in the flow \"\(flow.name)\" keeps each row of \(updating), whose rows come more "
                + "than once, each in place of the one before it",
            hint: "write the row's pane (its index, timing, isFinal) with it, so that readers can let each replace the "
                + "one before it, and say To(…).takingUpdates(); or leave out Early(...) and AllowedLateness(...)")
    }
}
