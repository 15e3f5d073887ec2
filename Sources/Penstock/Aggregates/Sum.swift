public import PenstockEngine
public import PenstockEvents

/// The sum of a number over each window, by key.
///
/// Floating-point sums are folded in a fixed order, so that they have the same bits for every batch size and parallelism. An integer
/// sum that does not fit into its type ends the run, or is left out by the error policy of the stage; `Map` to `Int` before for more room.
public struct Sum<Value: Sendable, Number: AggregatedNumber>: Stage {
    @usableFromInline let numbers: NumberKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Sums what `number` gives for each event.
    @inlinable @inline(__always) public init(_ number: @escaping @Sendable (Value) -> Number) {
        self.init(numbers: Number.kernel(number))
    }

    @usableFromInline init(numbers: NumberKernel) { self.numbers = numbers }
}

/// The sum of a key and window.
public struct Summed<Key: EventKey, Number: AggregatedNumber>: Sendable {
    /// The key.
    public let key: Key
    /// The sum.
    public let sum: Number
    /// The window.
    public let window: WindowSpan
    /// Which of the rows of its key and window it is; there is one unless the author asks for more.
    public let pane: Pane
    /// Whether the window had all of its events; false for the rest of a count window at the end of input.
    public var isComplete: Bool { pane.isComplete }

    @inlinable init(key: Key, sum: Number, window: WindowSpan, pane: Pane) {
        self.key = key
        self.sum = sum
        self.window = window
        self.pane = pane
    }
}

extension Summed: Codable where Key: Codable, Number: Codable {}
