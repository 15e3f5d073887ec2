/// The name of a stream of events that a stage puts out at its side: late ones, those in no window.
public struct SideOutputName: Sendable, Hashable {
    /// The name, unique in the pipeline.
    public let name: String
    /// The name of the type of its events.
    public let element: String

    /// The side output `name` of events of `type`.
    public init<Value>(_ name: String, of type: Value.Type) {
        self.name = name
        element = ValueType(type).name
    }
}

/// Why a stage puts an event out at its side.
public enum SidePort: String, Sendable, Hashable, CaseIterable {
    /// It came too late for all of its windows.
    case late
    /// It came too late on the right side of a join.
    case lateRight = "late right"
    /// It lies in no window: in a gap between windows or positions, in no scan.
    case outside
    /// Its time is further in the future than its source allows.
    case future
    /// A scan had it already, or had ended without it.
    case surplus
    /// The stage's function failed for it, and its policy is to go on.
    case deadLetter = "dead letter"
}
