public import PenstockEvents

/// An aggregate of numbers by key and window, and how its results become rows.
public struct Aggregate: Sendable {
    /// What is computed.
    public enum Function: String, Sendable, Hashable {
        /// The number of events.
        case count
        /// The sum of the numbers.
        case sum
        /// The mean of the numbers.
        case mean
        /// The smallest number.
        case minimum
        /// The largest number.
        case maximum
    }

    let function: Function
    let numbers: NumberKernel?
    let row: ValueType
    let makeRows: @Sendable (ClosedRows, UnsafeMutableRawPointer) -> Void

    /// An aggregate.
    /// - Parameters:
    ///   - function: What is computed.
    ///   - numbers: Takes the number from each event; nil for `.count`.
    ///   - row: The type of the rows.
    ///   - makeRows: Initialises one value of the row type for each of the closed rows.
    public init(
        _ function: Function, of numbers: NumberKernel?, row: ValueType,
        makeRows: @escaping @Sendable (ClosedRows, UnsafeMutableRawPointer) -> Void
    ) {
        self.function = function
        self.numbers = numbers
        self.row = row
        self.makeRows = makeRows
    }
}

/// Results of windows that have closed, in the order in which their rows leave the stage.
public struct ClosedRows {
    var codes: [UInt64] = []
    var keys: [[UInt8]] = []
    var results: [AggregateResult] = []
    var windows: [WindowSpan] = []
    var complete: [Bool] = []
    var times: [Int64] = []

    /// How many rows there are.
    public var count: Int { results.count }

    /// The key of a row, of the type by which the stream is keyed.
    public func key<Key: EventKey>(_ row: Int, as type: Key.Type) -> Key {
        guard !keys.isEmpty else {
            return withUnsafeBytes(of: SplitMix64.unmix(codes[row]).bigEndian) { Key(canonicalBytes: $0) }
        }
        return keys[row].withUnsafeBytes { Key(canonicalBytes: $0) }
    }

    /// The aggregate of a row.
    public func result(_ row: Int) -> AggregateResult { results[row] }

    /// The window of a row.
    public func window(_ row: Int) -> WindowSpan { windows[row] }

    /// Whether the window had all of its events when it closed; false for what is left of a count window at the end of input.
    public func isComplete(_ row: Int) -> Bool { complete[row] }
}
