public import PenstockEngine

/// The flows of a pipeline that have a sink.
public struct Flows: Dataflow {
    /// The flows, in the order in which they were written.
    public let flows: [FlowDescription]
}

/// What the body of a pipeline comes to.
public protocol Dataflow: Sendable {
    /// The flows that have a sink.
    var flows: [FlowDescription] { get }
}

/// Puts the flows of a pipeline together.
@resultBuilder public enum PipelineBuilder {
    /// A flow that has come to its sink.
    public static func buildExpression(_ flow: Flow<Closed>) -> Flows { Flows(flows: [flow.description]) }

    /// Not possible: a flow without a sink as a statement.
    @available(
        *, unavailable,
        message: "This flow has no sink: end it with To(...), or give it a name with `let` and use it in another flow"
    )
    public static func buildExpression<Value>(_ flow: Flow<Stream<Value>>) -> Flows { Flows(flows: []) }

    /// Not possible: a flow without a sink as a statement.
    @available(
        *, unavailable,
        message: "This flow has no sink: end it with To(...), or give it a name with `let` and use it in another flow"
    )
    public static func buildExpression<Key, Value>(_ flow: Flow<Keyed<Key, Value>>) -> Flows { Flows(flows: []) }

    /// Behind a mistake in a flow nothing more is reported.
    public static func buildExpression(_ flow: Flow<Broken>) -> Flows { Flows(flows: []) }

    /// Not possible: a stage outside of a flow.
    @available(*, unavailable, message: "The body of a pipeline holds flows: put stages into Flow(\"name\") { ... }")
    @_disfavoredOverload
    public static func buildExpression<Other>(_ other: Other) -> Flows { Flows(flows: []) }

    /// All flows.
    public static func buildBlock(_ parts: Flows...) -> Flows { Flows(flows: parts.flatMap(\.flows)) }

    /// `if` without `else`.
    public static func buildOptional(_ part: Flows?) -> Flows { part ?? Flows(flows: []) }

    /// The first branch of `if` and `else`, or of a `switch`.
    public static func buildEither(first: Flows) -> Flows { first }

    /// The other branch of `if` and `else`, or of a `switch`.
    public static func buildEither(second: Flows) -> Flows { second }

    /// `for`.
    public static func buildArray(_ parts: [Flows]) -> Flows { Flows(flows: parts.flatMap(\.flows)) }
}
