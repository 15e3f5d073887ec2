public import PenstockEngine
public import PenstockEvents

/// A source of events that a function makes from their numbers: for benchmarks, tests and simulations.
///
/// ```swift
/// From(Generated(1000) { n in (Reading(sensor: n % 4, value: 1), Timestamp(nanoseconds: Int64(n))) })
/// ```
public struct Generated<Output: Sendable>: Source {
    private let count: Int
    private let fill: @Sendable (Int, Int, inout SourceBatch<Output>) -> Void

    /// Event times never fall, unless `From` is told otherwise.
    public var disorder: Disorder { .ascending }

    /// The number of events.
    public var summary: String { "\(count) generated events" }

    /// The events 0 ..< `count`; `event` makes the one with the given number, and its time.
    @inlinable @inline(__always)
    public init(_ count: Int, _ event: @escaping @Sendable (Int) -> (Output, Timestamp)) {
        self.init(count) { first, end, batch in
            batch.append(end - first) { event(first &+ $0) }
        }
    }

    @usableFromInline init(
        _ count: Int, fill: @escaping @Sendable (_ first: Int, _ end: Int, inout SourceBatch<Output>) -> Void
    ) {
        self.count = count
        self.fill = fill
    }

    /// Begins with event 0.
    public func open(_ partition: Int, context: SourceContext) throws -> any SourceReader<Output> {
        Reader(count: count, fill: fill)
    }

    private struct Reader: SourceReader {
        let count: Int
        let fill: @Sendable (Int, Int, inout SourceBatch<Output>) -> Void
        var next = 0

        mutating func read(into batch: inout SourceBatch<Output>) throws -> SourceProgress {
            let end = min(count, next + batch.remaining)
            fill(next, end, &batch)
            next = end
            return next == count ? .end : .more
        }
    }
}
