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
    public init(_ name: String, @FlowBuilder _ body: () -> Body) {
        description = FlowDescription(name: name, stages: body().stages)
        FlowRecorder.current?.record(description)
    }
}
