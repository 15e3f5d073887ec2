public import PenstockEngine

/// A named sequence of stages, from a source or another flow to a sink, or to an open end from which other flows go on.
///
/// ```swift
/// let valid = Flow("valid") {
///     From(readings, disorder: .bounded(by: .seconds(2)))
///     Filter { (r: Reading) in r.value > 0 }
/// }
/// Flow("archive") { valid; To(archive) }
/// ```
///
/// The name is part of the identity of the flow's stages and of their state: it must be unique in the pipeline and should survive edits.
public struct Flow<Body: FlowBody>: Sendable {
    /// The flow as the planner takes it.
    public let description: FlowDescription

    /// A flow with a name and stages.
    /// - Parameter formerly: The name that the flow had before, under which a checkpoint may hold the states of its stages.
    public init(_ name: String, formerly: String? = nil, @FlowBuilder _ body: () -> Body) {
        var description = FlowDescription(name: name, stages: body().stages)
        description.formerNames = formerly.map { [$0] } ?? []
        self.description = description
        FlowRecorder.current?.record(description)
    }
}
