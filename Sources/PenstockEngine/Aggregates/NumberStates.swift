/// An integer aggregate whose result left the range of 64 bits, or of the type of its numbers; the stage adds its name and the window.
struct IntegerOverflow: Error, CustomStringConvertible {
    var description: String { "an integer sum overflowed" }
}

extension AggregateKernel {
    /// The kernel of an accumulator of numbers that keeps what it carries. Its results are of the type `AggregateResult`.
    init<A: Accumulator>(
        _ accumulator: A.Type, _ numbers: NumberKernel?, name: String, limits: ClosedRange<Int64>? = nil,
        isOrderFree: Bool
    ) {
        self.init(
            name: name, numbers: numbers, state: ValueType(A?.self), result: ValueType(AggregateResult.self),
            isOrderFree: isOrderFree,
            makeState: { $0.initializeMemory(as: A?.self, to: nil) },
            moveStates: { $1.moveInitializeMemory(as: A?.self, from: $0.assumingMemoryBound(to: A?.self), count: $2) },
            fold: { rows, slots, states in A.fold(rows, slots, states.assumingMemoryBound(to: A?.self)) },
            merge: { later, state in
                guard let later = later.assumingMemoryBound(to: A?.self).pointee else { return }
                state.assumingMemoryBound(to: A?.self).pointee.merge(later)
            },
            makeResult: { state, _, result in
                let accumulator = state.assumingMemoryBound(to: A?.self).pointee
                let made = accumulator?.result ?? AggregateResult()
                if accumulator?.fits == false || limits?.contains(made.integer) == false { throw IntegerOverflow() }
                result.initializeMemory(as: AggregateResult.self, to: made)
            })
        mergePiece = { piece, state in
            state.assumingMemoryBound(to: A?.self).pointee.merge(piece.assumingMemoryBound(to: A.self).pointee)
        }
    }
}

extension Accumulator {
    /// Adds each row's number to the accumulator of its slot, or to the one at `states`.
    @inline(__always) fileprivate static func fold(
        _ rows: FoldRows, _ slots: UnsafePointer<UInt32>?, _ states: UnsafeMutablePointer<Self?>
    ) -> KernelOutcome {
        let numbers = rows.values.assumingMemoryBound(to: Number.self)
        if let slots { return rows.forEach { k, row in states[Int(slots[k])].add(numbers[row]) } }
        return rows.forEach { _, row in states[0].add(numbers[row]) }
    }
}

extension Optional where Wrapped: Accumulator {
    @inline(__always) fileprivate mutating func add(_ number: Wrapped.Number) {
        guard self != nil else { return self = Wrapped(number) }
        let fits = self!.add(number)
        assert(fits, "a state of \(Wrapped.self) does not keep what it carries")
    }

    @inline(__always) fileprivate mutating func merge(_ later: Wrapped) {
        guard self != nil else { return self = later }
        let fits = self!.merge(later)
        assert(fits, "a state of \(Wrapped.self) does not keep what it carries")
    }
}
