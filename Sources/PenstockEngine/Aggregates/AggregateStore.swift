internal import PenstockEvents

/// The states of an aggregate in one instance of a stage, each in a numbered slot.
///
/// Ownership: the store owns one block of memory. The states 0 ..< `used` are always initialised: those of free slots are empty states,
/// which `allocate` gives out again.
final class AggregateStore {
    /// What is aggregated and how.
    let kernel: AggregateKernel

    private var states: UnsafeMutableRawPointer
    private var capacity: Int
    private var used = 0
    private var freed: [UInt32] = []
    private var scratch = NumberScratch()
    private var effectiveTimes: Column<Int64>?

    init(_ kernel: AggregateKernel) {
        self.kernel = kernel
        capacity = 16
        states = Self.memory(capacity, kernel.state)
    }

    deinit {
        kernel.state.destroy?(states, used)
        states.deallocate()
    }

    /// How many slots are taken.
    var count: Int { used - freed.count }

    /// The slot of an empty state, which is the caller's until `free`.
    func allocate() -> UInt32 {
        if let slot = freed.popLast() { return slot }
        if used == capacity { grow() }
        kernel.makeState(address(UInt32(used)))
        used += 1
        return UInt32(used - 1)
    }

    /// Gives a slot back.
    func free(_ slot: UInt32) {
        let state = address(slot)
        kernel.state.destroy?(state, 1)
        kernel.makeState(state)
        freed.append(slot)
    }

    /// Adds the k-th of the rows to the state in `slots[k]`; the rows are rows of the batch.
    /// - Throws: `EngineError` that names the stage and the event; `IntegerOverflow`.
    func fold(_ batch: Batch, rows: Rows, slots: UnsafePointer<UInt32>, _ stage: StageName) throws {
        try foldRows(batch, rows, stage) { kernel.fold($0, slots, states) }
    }

    /// Adds all of the rows to one state.
    /// - Throws: `EngineError` that names the stage and the event; `IntegerOverflow`.
    func fold(_ batch: Batch, rows: Rows, into slot: UInt32, _ stage: StageName) throws {
        try foldRows(batch, rows, stage) { kernel.fold($0, nil, address(slot)) }
    }

    /// Adds rows that are no longer in their batch to one state.
    func fold(_ rows: FoldRows, into slot: UInt32) -> KernelOutcome { kernel.fold(rows, nil, address(slot)) }

    /// Adds what came later in the fixed order; does not free its slot.
    /// - Throws: what the author's code throws; `IntegerOverflow`.
    func merge(_ later: UInt32, into slot: UInt32) throws {
        try kernel.merge(address(later), address(slot))
    }

    /// Adds the k-th of the rows of a batch of pieces to the state in `slots[k]`.
    /// - Throws: what the author's code throws; `IntegerOverflow`.
    func merge(_ pieces: Batch, slots: UnsafePointer<UInt32>) throws {
        let (rows, merge) = (pieces.rows, kernel.mergePiece ?? kernel.merge)
        let (base, stride) = (pieces.values.base, pieces.values.element.stride)
        for k in 0..<rows.count { try merge(base + rows[k] * stride, address(slots[k])) }
    }

    /// The results of states in a column of the kernel's result type; `windows` has the window of each. Frees no slot.
    /// - Throws: what the author's code throws.
    func results(of slots: [UInt32], windows: [WindowSpan]) throws -> ValueColumn {
        let results = ValueColumn(kernel.result, capacity: slots.count)
        var made = 0
        defer { results.setInitialized(count: made) }
        for slot in slots {
            try kernel.makeResult(address(slot), windows[made], results.base + made * kernel.result.stride)
            made += 1
        }
        return results
    }

    /// Whether states can be written into a checkpoint.
    var isWritable: Bool { kernel.state.coding != nil }

    /// Writes a state.
    func write(_ slot: UInt32, into chunk: inout StateEncoder) throws {
        guard let coding = kernel.state.coding else { throw StateNotWritable(.states, kernel.state.name) }
        try coding.write(address(slot), &chunk)
    }

    /// The slot of the next state that was written.
    func read(_ chunk: inout StateDecoder) throws -> UInt32 {
        guard let coding = kernel.state.coding else { throw StateNotWritable(.states, kernel.state.name) }
        let slot = allocate()
        kernel.state.destroy?(address(slot), 1)
        do { try coding.read(&chunk, address(slot)) } catch {
            kernel.makeState(address(slot))
            throw error
        }
        return slot
    }

    // MARK: Inside

    private func foldRows(_ batch: Batch, _ rows: Rows, _ stage: StageName, _ fold: (FoldRows) -> KernelOutcome) throws
    {
        let values = try scratch.values(kernel.numbers, batch, rows, stage)
        let times = batch.behind.isEmpty ? nil : effectiveTimes(of: batch)
        let outcome = fold(FoldRows(batch, rows: rows, values: values, effectiveTimes: times))
        withExtendedLifetime(batch) {}
        if outcome.failure is IntegerOverflow { throw IntegerOverflow(row: rows[outcome.processed]) }
        try outcome.throwIfFailed(stage, batch, rows)
    }

    private func effectiveTimes(of batch: Batch) -> UnsafePointer<Int64> {
        let column: Column<Int64>
        if let kept = effectiveTimes, kept.capacity >= batch.rowCount {
            column = kept
        } else {
            column = Column(capacity: batch.rowCount)
            effectiveTimes = column
        }
        column.values.update(from: batch.times.values, count: batch.rowCount)
        for mark in batch.behind where Int(mark.row) < batch.rowCount {
            column.values[Int(mark.row)] = batch.effectiveTime(Int(mark.row), mark)
        }
        return UnsafePointer(column.values)
    }

    /// Where the state in a slot is.
    func address(_ slot: UInt32) -> UnsafeMutableRawPointer { states + Int(slot) * kernel.state.stride }

    private func grow() {
        let larger = Self.memory(capacity * 2, kernel.state)
        kernel.moveStates(states, larger, used)
        states.deallocate()
        states = larger
        capacity *= 2
    }

    private static func memory(_ capacity: Int, _ state: ValueType) -> UnsafeMutableRawPointer {
        .allocate(byteCount: max(capacity * state.stride, 1), alignment: max(state.alignment, 16))
    }
}
