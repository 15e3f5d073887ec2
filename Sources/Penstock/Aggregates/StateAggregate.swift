public import PenstockEngine

/// An aggregate that keeps a state of its own for each key and window, of events of a known type.
public protocol StateAggregate<Value, Result>: AggregateStage {
    /// The type of the events.
    associatedtype Value: Sendable
    /// What comes of the events of a window.
    associatedtype Result: Sendable

    /// The aggregate without its types.
    var kernel: AggregateKernel { get }
}

/// An aggregate of yours: an `Aggregator` as a stage.
///
/// ```swift
/// Aggregate(LongestName())
/// ```
public struct Aggregate<Aggregation: Aggregator>: StateAggregate {
    /// The type of the events.
    public typealias Value = Aggregation.Value
    /// What comes of the events of a window.
    public typealias Result = Aggregation.Result

    /// The aggregate without its types.
    public let kernel: AggregateKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The result of `aggregator` over each window.
    @inlinable @inline(__always) public init(_ aggregator: Aggregation) {
        var kernel = AggregateKernel(aggregator, name: "\(Aggregation.self)")
        kernel.addsMayThrow = true
        self.init(kernel: kernel)
    }

    @usableFromInline init(kernel: AggregateKernel) { self.kernel = kernel }
}
