public import PenstockEngine

/// What a function makes of all events of each window, given in canonical order.
///
/// ```swift
/// WholeWindow { (window: WindowSpan, readings: [Reading]) in Fit(readings) }
/// ```
public struct WholeWindow<Value: Sendable, Result: Sendable>: StateAggregate {
    /// The aggregate without its types.
    public let kernel: AggregateKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// What `transform` makes of the events. What it throws ends the run.
    @inlinable @inline(__always)
    public init(_ transform: @escaping @Sendable (_ window: WindowSpan, _ events: [Value]) throws -> Result) {
        self.init(kernel: AggregateKernel(WindowEvents(transform), name: "whole windows"))
    }

    @usableFromInline init(kernel: AggregateKernel) { self.kernel = kernel }
}

/// All events of each window, in canonical order.
public struct Collect: AggregateStage {
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Collects the events.
    public init() {}
}

/// The first event of each window in canonical order.
public struct First: AggregateStage {
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Keeps the first event.
    public init() {}
}

/// The last event of each window in canonical order.
public struct Last: AggregateStage {
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Keeps the last event.
    public init() {}
}

extension AggregateKernel {
    @inlinable static func collecting<Value: Sendable>(_ type: Value.Type) -> AggregateKernel {
        AggregateKernel(WindowEvents<Value, [Value]> { _, events in events }, name: "all events")
    }

    @inlinable static func edge<Value: Sendable>(_ type: Value.Type, isLast: Bool) -> AggregateKernel {
        AggregateKernel(EdgeEvent<Value>(isLast: isLast), name: isLast ? "last event" : "first event")
    }
}
