public import PenstockEngine

/// Which events are given where several have the same score.
public enum Ties: Sendable, Hashable {
    /// All of them, in canonical order.
    case all
    /// The first in canonical order.
    case first
}

/// The events with the largest score of each window. A score that is NaN, where there is one, is the largest.
///
/// ```swift
/// Largest(by: \Bid.price, ties: .all)
/// ```
public struct Largest<Value: Sendable, Score: Comparable & Sendable>: StateAggregate {
    /// The events.
    public typealias Result = [Value]

    /// The aggregate without its types.
    public let kernel: AggregateKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The events for which `score` is largest.
    @inlinable @inline(__always) public init(by score: @escaping @Sendable (Value) -> Score, ties: Ties = .first) {
        self.init(
            kernel: AggregateKernel(extreme: score, smallest: false, allTies: ties == .all, name: "largest events"))
    }

    @usableFromInline init(kernel: AggregateKernel) { self.kernel = kernel }
}

/// The events with the smallest score of each window. A score that is NaN, where there is one, is the smallest.
public struct Smallest<Value: Sendable, Score: Comparable & Sendable>: StateAggregate {
    /// The events.
    public typealias Result = [Value]

    /// The aggregate without its types.
    public let kernel: AggregateKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The events for which `score` is smallest.
    @inlinable @inline(__always) public init(by score: @escaping @Sendable (Value) -> Score, ties: Ties = .first) {
        self.init(
            kernel: AggregateKernel(extreme: score, smallest: true, allTies: ties == .all, name: "smallest events"))
    }

    @usableFromInline init(kernel: AggregateKernel) { self.kernel = kernel }
}

/// The events with the largest scores of each window, the largest first; ties in canonical order.
///
/// ```swift
/// Top(20, by: \Scored.henry)
/// ```
public struct Top<Value: Sendable, Score: Comparable & Sendable>: StateAggregate {
    /// The events.
    public typealias Result = [Value]

    /// The aggregate without its types.
    public let kernel: AggregateKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The `count` events, at least 1, for which `score` is largest.
    @inlinable @inline(__always) public init(_ count: Int, by score: @escaping @Sendable (Value) -> Score) {
        var kernel = AggregateKernel(TopEvents(count, score), name: "top \(count) events")
        if count < 1 { kernel.defect = "the number of top events must be positive" }
        self.init(kernel: kernel)
    }

    @usableFromInline init(kernel: AggregateKernel) { self.kernel = kernel }
}
