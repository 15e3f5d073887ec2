public import PenstockEngine

/// Quantiles of a number over each window, with a stated relative error and the same bits for every order of the events.
///
/// ```swift
/// Quantiles([0.5, 0.99], of: \Reading.value, relativeError: 0.01)
/// ```
///
/// The result has the quantiles in the order of the shares. It is computed with the sketch of `QuantileSketch`.
public struct Quantiles<Value: Sendable>: StateAggregate {
    /// The quantiles in the order of the shares.
    public typealias Result = [Double]

    /// The aggregate without its types.
    public let kernel: AggregateKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The quantiles at `shares`, each from 0 to 1, of what `number` gives; `relativeError` from 1e-4 to 0.5.
    @inlinable @inline(__always) public init(
        _ shares: [Double], of number: @escaping @Sendable (Value) -> Double, relativeError: Double = 0.01
    ) {
        var kernel = AggregateKernel(
            QuantilesOfNumber(shares, relativeError: relativeError, number), name: "quantiles")
        kernel.defect = Self.defect(shares, relativeError)
        self.init(kernel: kernel)
    }

    @usableFromInline init(kernel: AggregateKernel) { self.kernel = kernel }

    @usableFromInline static func defect(_ shares: [Double], _ relativeError: Double) -> String? {
        if !shares.allSatisfy({ (0...1).contains($0) }) { return "the share of a quantile must lie between 0 and 1" }
        if QuantileSketch.possibleErrors.contains(relativeError) { return nil }
        return "the relative error of quantiles must lie between 1e-4 and 0.5"
    }
}

/// The different values that the events of each window have, in ascending order.
///
/// ```swift
/// Distinct(\Reading.sensor)
/// ```
public struct Distinct<Value: Sendable, Element: Hashable & Comparable & Sendable>: StateAggregate {
    /// The values in ascending order.
    public typealias Result = [Element]

    /// The aggregate without its types.
    public let kernel: AggregateKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The different results of `element`.
    @inlinable @inline(__always) public init(_ element: @escaping @Sendable (Value) -> Element) {
        self.init(kernel: AggregateKernel(DistinctValues(element), name: "distinct values"))
    }

    @usableFromInline init(kernel: AggregateKernel) { self.kernel = kernel }
}
