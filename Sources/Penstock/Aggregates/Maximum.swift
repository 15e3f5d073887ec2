public import PenstockEngine

/// The largest value of a number over each window, by key. NaN, where there is one, is the result.
public struct Maximum<Value: Sendable, Number: AggregatedNumber>: Stage {
    let numbers: NumberKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The largest of what `number` gives for each event.
    @inlinable @inline(__always) public init(_ number: @escaping @Sendable (Value) -> Number) {
        self.init(numbers: Number.kernel(number))
    }

    @usableFromInline init(numbers: NumberKernel) { self.numbers = numbers }
}
