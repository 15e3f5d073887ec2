public import PenstockEngine

/// One stream of several: the beginning of a flow.
///
/// ```swift
/// Flow("all") {
///     Merge(From(north, disorder: bound), From(south, disorder: bound))
///     To(archive)
/// }
/// ```
///
/// All events of all inputs, each with its time. Time has come as far as on the input where it has come least far. Stages that depend on
/// order, files and topics see the events by time; events of the same time come in the order of their stages' names.
public struct Merge<Value: Sendable>: Stage {
    let parts: [FlowDescription]
    /// The name that the author gave.
    public var options = StageOptions()

    /// The events of all inputs, which are sources or flows: at least one, at most 64.
    public init(_ inputs: any StreamInput<Value>...) {
        parts = inputs.enumerated().map { place, input in
            FlowDescription(name: "input\(place + 1)", stages: input.inputStages)
        }
    }
}

/// What gives a stream and can stand between the brackets of `Merge` or of a join: a source, a flow, a merge or a join.
public protocol StreamInput<Value>: Sendable {
    /// The type of the events.
    associatedtype Value: Sendable

    /// The stages that give the events.
    var inputStages: [StageDescription] { get }
}

extension From: StreamInput {
    /// The source.
    public var inputStages: [StageDescription] { [description] }
}

extension Merge: StreamInput {
    /// All of its inputs.
    public var inputStages: [StageDescription] { [description] }
}

extension Flow: StreamInput where Body: OpenStream {
    /// The type of the events.
    public typealias Value = Body.Value

    /// The end of the flow.
    public var inputStages: [StageDescription] { [StageDescription(.flow(description), label: description.name)] }
}

/// The body of a flow that ends in a stream without keys, from which other flows can go on.
public protocol OpenStream<Value>: FlowBody {
    /// The type of the events.
    associatedtype Value: Sendable
}

extension Stream: OpenStream {}

extension Merge {
    var description: StageDescription { StageDescription(.inputs(parts), label: "Merge", options) }
}
