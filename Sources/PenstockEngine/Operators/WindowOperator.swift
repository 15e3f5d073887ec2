public import PenstockEvents

/// Work over whole windows that can be done bit by bit: events enter, events leave, the window's result is put out.
///
/// The state is that of the events in the window now; an overlapping window reuses what the last one left.
public protocol WindowOperator<In, Out>: Sendable {
    /// The type of the events in the windows.
    associatedtype In: Sendable
    /// The type of the results.
    associatedtype Out: Sendable
    /// What the operator keeps of the events in the window.
    associatedtype State: Snapshotable

    /// The state of an empty window.
    func makeState() -> State

    /// An event enters the window.
    func add(_ event: In, state: inout State, context: OperatorContext) throws

    /// The oldest event leaves the window.
    func remove(_ event: In, state: inout State, context: OperatorContext) throws

    /// Puts out the next part of the window's result. Called again for the same window until it says `.complete`, so that a large
    /// result waits for its consumers instead of filling the memory.
    func emit(
        _ pane: WindowPane, part: Int, state: inout State, into output: inout Output<Out>, context: OperatorContext
    ) throws -> EmitProgress
}

/// How far a window's result has been put out.
public enum EmitProgress: Sendable, Hashable {
    /// There is more: call again with the next part number.
    case more
    /// The window is done.
    case complete
}

/// A window at the moment when its result is put out.
public struct WindowPane: Sendable, Hashable {
    /// The number of the window in its scan or stream, from 0.
    public let index: Int
    /// The number of events in the window.
    public let count: Int
    /// Whether the window had all the events that its rule asks for; false while the first window of a scan fills.
    public let isComplete: Bool
    /// Whether no later window of the same scan or stream follows.
    public let isLast: Bool
    /// The event time of the newest event in the window.
    public let time: Timestamp
}
