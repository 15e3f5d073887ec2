internal import PenstockEvents

extension FlowDescription {
    /// The disorder of the source from which the flow's events come, as its watermark stage says where there is one; a persisted topic has
    /// that of what was recorded.
    var sourceDisorder: Disorder {
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

extension StageDescription {
    /// How far out of order events are behind the stage, where it says so; nil where that is as before it.
    var disorder: Disorder? {
        switch kind {
        case .watermark(let disorder): disorder
        case .operation(let operation) where operation.takesArrivalOrder: .ascending
        default: nil
        }
    }
}
