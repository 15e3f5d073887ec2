public import PenstockEngine
public import PenstockEvents

/// A sink that shows a test the rows that have come, in order. What came behind a checkpoint is forgotten when a run goes on from it, as
/// a file or a topic would do it.
///
/// ```swift
/// let counts = Observed("counts", of: Counted<Int>.self)
/// ```
public final class Observed<Value: Sendable>: Sink {
    private struct State {
        var rows: [ObservedRow<Value>] = []
        var taken = 0
        var isFinished = false
    }

    /// What tests and messages call it.
    public let name: String
    private let state = Guarded(State())

    /// No rows yet.
    public init(_ name: String, of type: Value.Type = Value.self) { self.name = name }

    /// The rows so far.
    public var rows: [ObservedRow<Value>] { state.withLock { $0.rows } }

    /// The values so far.
    public var values: [Value] { rows.map(\.value) }

    /// The rows since this was last asked: those that the steps of the test in between have brought.
    public func newRows() -> [ObservedRow<Value>] {
        state.withLock { state in
            defer { state.taken = state.rows.count }
            return Array(state.rows.dropFirst(state.taken))
        }
    }

    /// Whether the run has come to its end well.
    public var isFinished: Bool { state.withLock { $0.isFinished } }

    /// What it is.
    public var summary: String { "test rows \(name)" }

    /// Always possible.
    public func check(_ context: SinkContext) {}

    /// Begins without rows.
    public func open(_ context: SinkContext) -> any SinkWriter<Value> {
        clear()
        return Writer(observed: self)
    }

    /// Goes on behind the rows that were there at the checkpoint.
    public func reopen(_ context: SinkContext, from bytes: [UInt8]) throws -> any SinkWriter<Value> {
        let count = bytes.withUnsafeBytes { Int(UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))) }
        state.withLock { state in
            precondition(count <= state.rows.count, "\(name) has fewer rows than when the checkpoint was taken")
            state.rows.removeLast(state.rows.count - count)
            state.isFinished = false
        }
        return Writer(observed: self)
    }

    private struct Writer: SinkWriter {
        let observed: Observed<Value>

        mutating func write(_ events: Events<Value>) {
            let rows = events.map { ObservedRow($0.value, at: $0.time) }
            observed.state.withLock { $0.rows += rows }
        }

        mutating func checkpoint() -> [UInt8]? {
            let count = UInt64(observed.state.withLock { $0.rows.count })
            return withUnsafeBytes(of: count.littleEndian) { Array($0) }
        }

        mutating func finish() { observed.state.withLock { $0.isFinished = true } }

        mutating func abandon() { observed.clear() }
    }

    private func clear() { state.withLock { $0 = State() } }
}

/// A row that came to an `Observed`, with its event time.
public struct ObservedRow<Value: Sendable>: Sendable {
    /// The row.
    public let value: Value
    /// Its event time.
    public let time: Timestamp

    /// A row to compare with.
    public init(_ value: Value, at time: Timestamp) {
        self.value = value
        self.time = time
    }
}

extension ObservedRow: Equatable where Value: Equatable {}
extension ObservedRow: Hashable where Value: Hashable {}

extension ObservedRow: CustomStringConvertible {
    /// The value and the time.
    public var description: String { "\(value) at \(time.testText)" }
}

extension ObservedRow where Value: WindowRow {
    /// The window that the row is of.
    public var window: WindowSpan { value.window }
    /// Which of the rows of its window it is.
    public var pane: Pane { value.pane }
}

extension Timestamp {
    /// The time as a short word: `3 s`, `2500 ms`, `7 ns`.
    var testText: String {
        if nanoseconds % 1_000_000_000 == 0 { return "\(nanoseconds / 1_000_000_000) s" }
        if nanoseconds % 1_000_000 == 0 { return "\(nanoseconds / 1_000_000) ms" }
        return "\(nanoseconds) ns"
    }
}

/// A sink of a test without the type of its rows.
protocol AnyObserved: AnyObject, Sendable {
    var name: String { get }
    /// Whether the run has come to its end well.
    var isFinished: Bool { get }
    /// The rows and their times, bit by bit.
    var exactRows: [String] { get }
}

extension Observed: AnyObserved {
    var exactRows: [String] { rows.map { "\(ExactText($0.value).text) at \($0.time.nanoseconds)" } }
}
