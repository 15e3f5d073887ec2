public import PenstockEvents

/// Results of windows that have closed, in the order in which their rows leave the stage.
public struct ClosedRows {
    @usableFromInline var codes: [UInt64] = []
    @usableFromInline var keys: [[UInt8]] = []
    /// The results of accumulators of numbers; empty where `values` has the results.
    @usableFromInline var results: [AggregateResult] = []
    /// The results of a store, of the kernel's result type.
    @usableFromInline var values: ValueColumn?
    @usableFromInline var windows: [WindowSpan] = []
    @usableFromInline var panes: [Pane] = []
    var times: [Int64] = []

    /// How many rows there are.
    @inlinable public var count: Int { windows.count }

    /// The key of a row, of the type by which the stream is keyed.
    @inlinable public func key<Key: EventKey>(_ row: Int, as type: Key.Type) -> Key {
        guard !keys.isEmpty else {
            return withUnsafeBytes(of: SplitMix64.unmix(codes[row]).bigEndian) { Key(canonicalBytes: $0) }
        }
        return keys[row].withUnsafeBytes { Key(canonicalBytes: $0) }
    }

    /// The result of an aggregate of numbers.
    @inlinable public func result(_ row: Int) -> AggregateResult {
        results.isEmpty ? value(row, as: AggregateResult.self) : results[row]
    }

    /// The result of an aggregate with states of its own.
    @inlinable public func value<Value>(_ row: Int, as type: Value.Type) -> Value {
        guard let values else { preconditionFailure("an aggregate of numbers has no values of another type") }
        return values.base.assumingMemoryBound(to: Value.self)[row]
    }

    /// The window of a row.
    @inlinable public func window(_ row: Int) -> WindowSpan { windows[row] }

    /// Which of the rows of its window a row is.
    @inlinable public func pane(_ row: Int) -> Pane { panes[row] }

    /// Whether the window had all of its events when it closed; false for what is left of a count window at the end of input.
    @inlinable public func isComplete(_ row: Int) -> Bool { panes[row].isComplete }
}

/// Which of the rows of a key and window a row is.
public struct Pane: Sendable, Hashable, BitwiseCopyable, Codable {
    /// When a row is put out.
    public enum Timing: Sendable, Hashable, BitwiseCopyable, Codable {
        /// Before its window has closed.
        case early
        /// When its window closes.
        case onTime
        /// After late events.
        case late
    }

    /// The number of the row among those of its key and window, from 0.
    public let index: Int
    /// When the row is put out.
    public let timing: Timing
    /// Whether no other row of the key and window can follow.
    public let isFinal: Bool
    /// Whether the window had all of its events; false for an early row, and for what is left of a count window at the end of input.
    public let isComplete: Bool

    /// A pane.
    public init(index: Int = 0, timing: Timing = .onTime, isFinal: Bool = true, isComplete: Bool = true) {
        self.index = index
        self.timing = timing
        self.isFinal = isFinal
        self.isComplete = isComplete
    }
}
