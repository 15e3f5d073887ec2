/// What is done with the type of the accumulators of an aggregate of numbers.
protocol AccumulatorVisitor {
    associatedtype Result
    func visit<A: Accumulator>(_ type: A.Type, isOrderFree: Bool) -> Result
}

extension Aggregate.Function {
    /// Calls the visitor with the accumulator of this function over these numbers.
    @inline(__always) func visit<Visitor: AccumulatorVisitor>(
        _ numbers: NumberKernel?, _ visitor: Visitor
    ) -> Visitor.Result {
        let isFloat = numbers?.isFloat ?? false
        return switch self {
        case .count: visitor.visit(CountAccumulator.self, isOrderFree: true)
        case .sum:
            isFloat
                ? visitor.visit(FloatSum.self, isOrderFree: false) : visitor.visit(IntegerSum.self, isOrderFree: true)
        case .mean:
            isFloat
                ? visitor.visit(FloatMean.self, isOrderFree: false) : visitor.visit(IntegerMean.self, isOrderFree: true)
        case .minimum:
            isFloat
                ? visitor.visit(FloatMinimum.self, isOrderFree: true)
                : visitor.visit(IntegerMinimum.self, isOrderFree: true)
        case .maximum:
            isFloat
                ? visitor.visit(FloatMaximum.self, isOrderFree: true)
                : visitor.visit(IntegerMaximum.self, isOrderFree: true)
        case .variance:
            isFloat
                ? visitor.visit(FloatMoments.self, isOrderFree: false)
                : visitor.visit(IntegerMoments.self, isOrderFree: false)
        }
    }
}

extension NumberKernel {
    /// Whether the numbers are floating-point numbers.
    var isFloat: Bool {
        switch form {
        case .floats: true
        case .integers: false
        }
    }
}

extension Aggregate {
    /// The numbers that the aggregate takes from events, if it is one of numbers.
    var numbers: NumberKernel? {
        switch form {
        case .numbers(_, let numbers): numbers
        case .states(let kernel): kernel.numbers
        }
    }

    /// The range into which a sum has to fit, where that is not all of 64 bits.
    var sumLimits: ClosedRange<Int64>? {
        if case .numbers(.sum, let numbers?) = form { numbers.limits } else { nil }
    }

    /// The aggregate for windows that keep states in slots.
    var kernel: AggregateKernel {
        switch form {
        case .numbers(let function, let numbers):
            function.visit(
                numbers, KernelOfNumbers(numbers: numbers, name: function.rawValue, limits: sumLimits))
        case .states(let kernel): kernel
        }
    }
}

private struct KernelOfNumbers: AccumulatorVisitor {
    let numbers: NumberKernel?
    let name: String
    let limits: ClosedRange<Int64>?

    @inline(__always) func visit<A: Accumulator>(_ type: A.Type, isOrderFree: Bool) -> AggregateKernel {
        AggregateKernel(A.Kept.self, numbers, name: name, limits: limits, isOrderFree: isOrderFree)
    }
}
