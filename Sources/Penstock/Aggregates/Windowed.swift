public import PenstockEngine
public import PenstockEvents

/// The result of an aggregate over a window of a stream without keys.
public struct Windowed<Value: Sendable>: Sendable {
    /// The result.
    public let value: Value
    /// The window.
    public let window: WindowSpan
    /// Which of the rows of its window it is; there is one unless the author asks for more.
    public let pane: Pane
    /// Whether the window had all of its events; false for the rest of a count window at the end of input.
    public var isComplete: Bool { pane.isComplete }

    @inlinable init(value: Value, window: WindowSpan, pane: Pane) {
        self.value = value
        self.window = window
        self.pane = pane
    }
}

/// The result of an aggregate for a key and window.
public struct KeyedResult<Key: EventKey, Value: Sendable>: Sendable {
    /// The key.
    public let key: Key
    /// The result.
    public let value: Value
    /// The window.
    public let window: WindowSpan
    /// Which of the rows of its key and window it is; there is one unless the author asks for more.
    public let pane: Pane
    /// Whether the window had all of its events; false for the rest of a count window at the end of input.
    public var isComplete: Bool { pane.isComplete }

    @inlinable init(key: Key, value: Value, window: WindowSpan, pane: Pane) {
        self.key = key
        self.value = value
        self.window = window
        self.pane = pane
    }
}

extension Windowed: Codable where Value: Codable {}

extension KeyedResult: Codable where Key: Codable, Value: Codable {}
