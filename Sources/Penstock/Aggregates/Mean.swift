public import PenstockEngine
public import PenstockEvents

/// The mean of a number over each window, by key: the sum, folded in a fixed order, divided once by the count.
public struct Mean<Value: Sendable, Number: AggregatedNumber>: Stage {
    @usableFromInline let numbers: NumberKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Averages what `number` gives for each event.
    @inlinable @inline(__always) public init(_ number: @escaping @Sendable (Value) -> Number) {
        self.init(numbers: Number.kernel(number))
    }

    @usableFromInline init(numbers: NumberKernel) { self.numbers = numbers }
}

/// The mean of a key and window.
public struct Averaged<Key: EventKey>: Sendable {
    /// The key.
    public let key: Key
    /// The mean.
    public let mean: Double
    /// The number of events.
    public let count: Int
    /// The window.
    public let window: WindowSpan
    /// Which of the rows of its key and window it is; there is one unless the author asks for more.
    public let pane: Pane
    /// Whether the window had all of its events; false for the rest of a count window at the end of input.
    public var isComplete: Bool { pane.isComplete }

    @inlinable init(key: Key, mean: Double, count: Int, window: WindowSpan, pane: Pane) {
        self.key = key
        self.mean = mean
        self.count = count
        self.window = window
        self.pane = pane
    }
}

extension Averaged: Codable where Key: Codable {}
