public import PenstockEngine
public import PenstockEvents

/// The number of events in each window, by key.
public struct Count: Stage {
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Counts the events.
    public init() {}
}

/// The number of events of a key and window.
public struct Counted<Key: EventKey>: Sendable {
    /// The key.
    public let key: Key
    /// The number of events.
    public let count: Int
    /// The window.
    public let window: WindowSpan
    /// Which of the rows of its key and window it is; there is one unless the author asks for more.
    public let pane: Pane
    /// Whether the window had all of its events; false for the rest of a count window at the end of input.
    public var isComplete: Bool { pane.isComplete }

    @inlinable init(key: Key, count: Int, window: WindowSpan, pane: Pane) {
        self.key = key
        self.count = count
        self.window = window
        self.pane = pane
    }
}

extension Counted: Codable where Key: Codable {}
