/// An integer aggregate that left the range of 64 bits; the stage adds its name and the window.
struct IntegerOverflow: Error, CustomStringConvertible {
    /// The row whose number was too much, where rows were added.
    var row: Int?

    var description: String { "an integer sum overflowed" }
}

extension AggregateKernel {
    /// The kernel of an accumulator of numbers. Its results are of the type `AggregateResult`.
    init<A: Accumulator>(_ accumulator: A.Type, _ numbers: NumberKernel?, name: String, isOrderFree: Bool) {
        self.init(
            name: name, numbers: numbers, state: ValueType(A?.self), result: ValueType(AggregateResult.self),
            isOrderFree: isOrderFree,
            makeState: { $0.initializeMemory(as: A?.self, to: nil) },
            moveStates: { $1.moveInitializeMemory(as: A?.self, from: $0.assumingMemoryBound(to: A?.self), count: $2) },
            fold: { rows, slots, states in A.fold(rows, slots, states.assumingMemoryBound(to: A?.self)) },
            merge: { later, state in
                guard let later = later.assumingMemoryBound(to: A?.self).pointee else { return }
                let fits = state.assumingMemoryBound(to: A?.self).pointee.merge(later)
                guard fits else { throw IntegerOverflow() }
            },
            makeResult: { state, _, result in
                let accumulator = state.assumingMemoryBound(to: A?.self).pointee
                result.initializeMemory(as: AggregateResult.self, to: accumulator?.result ?? AggregateResult())
            })
        mergePiece = { piece, state in
            let fits = state.assumingMemoryBound(to: A?.self).pointee.merge(
                piece.assumingMemoryBound(to: A.self).pointee)
            guard fits else { throw IntegerOverflow() }
        }
    }
}

extension Accumulator {
    /// Adds each row's number to the accumulator of its slot, or to the one at `states`.
    @inline(__always) fileprivate static func fold(
        _ rows: FoldRows, _ slots: UnsafePointer<UInt32>?, _ states: UnsafeMutablePointer<Self?>
    ) -> KernelOutcome {
        let numbers = rows.values.assumingMemoryBound(to: Number.self)
        if let slots {
            return rows.forEach { k, row throws(IntegerOverflow) in
                guard states[Int(slots[k])].add(numbers[row]) else { throw IntegerOverflow() }
            }
        }
        return rows.forEach { _, row throws(IntegerOverflow) in
            guard states[0].add(numbers[row]) else { throw IntegerOverflow() }
        }
    }
}

extension Optional where Wrapped: Accumulator {
    /// Adds a number; false where integer arithmetic overflowed.
    @inline(__always) fileprivate mutating func add(_ number: Wrapped.Number) -> Bool {
        guard self != nil else {
            self = Wrapped(number)
            return true
        }
        return self!.add(number)
    }

    @inline(__always) fileprivate mutating func merge(_ later: Wrapped) -> Bool {
        guard self != nil else {
            self = later
            return true
        }
        return self!.merge(later)
    }
}
