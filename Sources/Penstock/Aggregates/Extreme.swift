public import PenstockEngine
public import PenstockEvents

/// The smallest or largest value of a key and window.
public struct Extreme<Key: EventKey, Number: AggregatedNumber>: Sendable {
    /// The key.
    public let key: Key
    /// The value.
    public let value: Number
    /// The window.
    public let window: WindowSpan
    /// Which of the rows of its key and window it is; there is one unless the author asks for more.
    public let pane: Pane
    /// Whether the window had all of its events; false for the rest of a count window at the end of input.
    public var isComplete: Bool { pane.isComplete }
}

extension Extreme: Codable where Key: Codable, Number: Codable {}
