/// An aggregate without its types. Formed at the author's call site, so that the loops contain the author's closures.
public struct AggregateKernel: Sendable {
    /// Adds rows: the k-th to the state `slots[k]` of those at `states`, or all of them to the one state there if `slots` is nil.
    public typealias Fold =
        @Sendable (
            _ rows: FoldRows, _ slots: UnsafePointer<UInt32>?, _ states: UnsafeMutableRawPointer
        ) -> KernelOutcome

    let name: String
    /// What is wrong with the parameters of the aggregate, or nil; said when the plan is made.
    public var defect: String?
    /// Whether adding is the author's code, which may throw when it has changed half of a state.
    public var addsMayThrow = false
    /// What is taken from the events before they are added, or nil where the events themselves are added.
    let numbers: NumberKernel?
    let state: ValueType
    let result: ValueType
    let isOrderFree: Bool
    let makeState: @Sendable (UnsafeMutableRawPointer) -> Void
    let moveStates: @Sendable (_ from: UnsafeMutableRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int) -> Void
    let fold: Fold
    let merge: @Sendable (_ later: UnsafeMutableRawPointer, _ state: UnsafeMutableRawPointer) throws -> Void
    /// Adds a piece that events were combined to, where that is no state itself.
    var mergePiece: (@Sendable (_ piece: UnsafeMutableRawPointer, _ state: UnsafeMutableRawPointer) throws -> Void)?
    let makeResult:
        @Sendable (_ state: UnsafeMutableRawPointer, _ window: WindowSpan, _ result: UnsafeMutableRawPointer) throws ->
            Void

    /// The kernel of an aggregator; `name` is the word for `explain`.
    @inlinable @inline(__always) public init<A: Aggregator>(_ aggregator: A, name: String) {
        self.init(aggregator, name: name) { rows, slots, states in
            let values = rows.values.assumingMemoryBound(to: A.Value.self)
            let states = states.assumingMemoryBound(to: A.State.self)
            if let slots {
                return rows.forEach { k, row in
                    try aggregator.add(values[row], at: rows.place(row), to: &states[Int(slots[k])])
                }
            }
            return rows.forEach { _, row in try aggregator.add(values[row], at: rows.place(row), to: &states[0]) }
        }
    }

    /// The kernel of an aggregator whose loop over the rows is `fold`.
    @inlinable @inline(__always) public init<A: Aggregator>(_ aggregator: A, name: String, fold: @escaping Fold) {
        self.init(
            name: name, numbers: nil, state: ValueType(A.State.self), result: ValueType(A.Result.self),
            isOrderFree: aggregator.isOrderFree,
            makeState: { $0.initializeMemory(as: A.State.self, to: aggregator.makeState()) },
            moveStates: {
                $1.moveInitializeMemory(as: A.State.self, from: $0.assumingMemoryBound(to: A.State.self), count: $2)
            },
            fold: fold,
            merge: { later, state in
                try aggregator.merge(
                    later.assumingMemoryBound(to: A.State.self).pointee,
                    into: &state.assumingMemoryBound(to: A.State.self).pointee)
            },
            makeResult: { state, window, result in
                result.initializeMemory(
                    as: A.Result.self,
                    to: try aggregator.result(of: state.assumingMemoryBound(to: A.State.self).pointee, in: window))
            })
    }

    @usableFromInline init(
        name: String, numbers: NumberKernel?, state: ValueType, result: ValueType, isOrderFree: Bool,
        makeState: @escaping @Sendable (UnsafeMutableRawPointer) -> Void,
        moveStates: @escaping @Sendable (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> Void,
        fold: @escaping Fold,
        merge: @escaping @Sendable (UnsafeMutableRawPointer, UnsafeMutableRawPointer) throws -> Void,
        makeResult: @escaping @Sendable (UnsafeMutableRawPointer, WindowSpan, UnsafeMutableRawPointer) throws -> Void
    ) {
        self.name = name
        self.numbers = numbers
        self.state = state
        self.result = result
        self.isOrderFree = isOrderFree
        self.makeState = makeState
        self.moveStates = moveStates
        self.fold = fold
        self.merge = merge
        self.makeResult = makeResult
    }
}
