public import PenstockEngine

/// Number, mean and variance of a number over each window, without the loss of digits that sums of squares have.
///
/// They are folded in a fixed order as B. P. Welford (1962, doi:10.1080/00401706.1962.10490022) and merged as T. F. Chan, G. H. Golub and
/// R. J. LeVeque (1983, doi:10.1080/00031305.1983.10483115) describe.
public struct Variance<Value: Sendable, Number: AggregatedNumber>: Stage {
    let numbers: NumberKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The moments of what `number` gives for each event.
    @inlinable @inline(__always) public init(_ number: @escaping @Sendable (Value) -> Number) {
        self.init(numbers: Number.kernel(number))
    }

    @usableFromInline init(numbers: NumberKernel) { self.numbers = numbers }
}

/// Number, mean and variance of some numbers.
public struct Moments: Sendable, Hashable, Codable {
    /// How many numbers there are.
    public let count: Int
    /// Their mean.
    public let mean: Double
    /// The sum of the squared differences from the mean.
    public let sumOfSquares: Double

    /// The mean squared difference from the mean, as of a whole population.
    public var variance: Double { sumOfSquares / Double(count) }
    /// The estimate for a population of which these numbers are a sample; NaN for one number.
    public var sampleVariance: Double { count > 1 ? sumOfSquares / Double(count - 1) : .nan }

    init(_ result: AggregateResult) {
        count = Int(result.count)
        mean = result.float
        sumOfSquares = result.squares
    }
}

/// A mean and the number of events that it is of.
public struct Average: Sendable, Hashable {
    /// The mean.
    public let mean: Double
    /// The number of events.
    public let count: Int
}
