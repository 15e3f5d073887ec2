/// An aggregate of an author or of the library: a state that events are added to, that can be merged, and that has a result.
///
/// ```swift
/// struct LongestName: Aggregator {
///     func makeState() -> String { "" }
///     func add(_ run: Run, at place: EventPlace, to longest: inout String) {
///         if run.name.count > longest.count { longest = run.name }
///     }
///     func merge(_ later: String, into longest: inout String) {
///         if later.count > longest.count { longest = later }
///     }
///     func result(of longest: String, in window: WindowSpan) -> String { longest }
/// }
/// ```
///
/// The events of a window are added and merged in a fixed tree, which does not depend on batches or parallelism: the events of each origin in
/// their sequence, the origins of a slice of time in order, the slices in order of time.
public protocol Aggregator<Value, Result>: Sendable {
    /// The type of the events.
    associatedtype Value: Sendable
    /// What is kept of the events so far.
    associatedtype State: Sendable
    /// What comes of the events of a window.
    associatedtype Result: Sendable

    /// Whether the result is the same for any order of adding and any tree of merging, so that nothing has to wait for order.
    var isOrderFree: Bool { get }

    /// The state of no events.
    func makeState() -> State

    /// Adds an event. What it throws ends the run and names the event.
    func add(_ value: Value, at place: EventPlace, to state: inout State) throws

    /// Adds the events of a state that comes later in the fixed order. Merging into the state of no events gives what is merged.
    func merge(_ later: State, into state: inout State) throws

    /// The result of the events of a window.
    func result(of state: State, in window: WindowSpan) throws -> Result
}

extension Aggregator {
    /// No: the fixed order is kept.
    public var isOrderFree: Bool { false }
}
