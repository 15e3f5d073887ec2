public import PenstockEvents

/// A topic of the run's log: a persistent stream of events of one type, under a name.
public struct Topic<Value: Event>: Sendable, Hashable {
    /// The topic's name: letters, digits, `.`, `_` and `-`.
    public let name: String

    /// The topic `name`, which holds events of `type`.
    public init(_ name: String, of type: Value.Type = Value.self) { self.name = name }
}
