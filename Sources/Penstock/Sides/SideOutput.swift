internal import PenstockEngine

/// A stream of events that a stage does not take: late ones, those in no window, those of the future.
///
/// One stage puts events in, such as `LateData(to: late)` behind a window, and any number of flows begin with `From(late)`.
///
/// ```swift
/// let late = SideOutput("late", of: Reading.self)
/// ```
public struct SideOutput<Value: Sendable>: Sendable, Hashable {
    let output: SideOutputName

    /// The side output `name`, unique in its pipeline, of events of `type`.
    public init(_ name: String, of type: Value.Type = Value.self) { output = SideOutputName(name, of: type) }
}
