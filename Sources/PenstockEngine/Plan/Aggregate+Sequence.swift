extension Aggregate {
    /// Whether the events of each origin have to come in their sequence: where they are folded as they come, and their order matters.
    /// Other windows put them in order themselves.
    func foldsInSequence(_ window: KeyedWindow) -> Bool {
        guard case .time = window else { return false }
        if emission.earlyEvery != nil || emission.lateRows == .eachEvent { return true }
        return switch form {
        case .numbers(let function, let numbers): !function.visit(numbers, OrderFreedom())
        case .states(let kernel): !kernel.isOrderFree
        }
    }
}

/// Whether the order of numbers matters to an aggregate.
private struct OrderFreedom: AccumulatorVisitor {
    func visit<A: Accumulator>(_ type: A.Type, isOrderFree: Bool) -> Bool { isOrderFree }
}

extension KeyKernel {
    /// Whether its keys have more than 64 bits.
    var isLong: Bool {
        if case .bytes = form { true } else { false }
    }
}
