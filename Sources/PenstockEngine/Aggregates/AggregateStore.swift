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

    /// What becomes of events that cannot be added, and of states without a result.
    var failures = FailedEvents(StageName(flow: "", stage: ""))
    /// When time has come so far that events are added that were kept until then; nil while they are added as they come.
    var turn: Int64?
    /// The states that have no result, because the author's code could not merge them.
    private var broken: [UInt32: any Error] = [:]
    /// The states that an event was added to; known only where adding may fail and the stage goes on.
    private var filled: Set<UInt32> = []
    /// A state as it was before an event, while one is added that may fail half-way.
    private var before: UnsafeMutableRawPointer?
    /// The type of the events, where they are added themselves.
    private let input: ValueType?

    init(_ kernel: AggregateKernel, of input: ValueType? = nil) {
        self.kernel = kernel
        self.input = kernel.numbers == nil ? input : nil
        capacity = 16
        states = Self.memory(capacity, kernel.state)
    }

    deinit {
        kernel.state.destroy?(states, used)
        states.deallocate()
        before?.deallocate()
    }

    /// How many slots are taken.
    var count: Int { used - freed.count }

    /// The bytes of the states, without what they refer to.
    var byteCount: Int { capacity * kernel.state.stride }

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
        if !broken.isEmpty { broken[slot] = nil }
        if !filled.isEmpty { filled.remove(slot) }
        freed.append(slot)
    }

    /// Adds the k-th of the rows to the state in `slots[k]`; the rows are rows of the batch.
    /// - Throws: `EngineError` that names the stage and the event.
    func fold(_ batch: Batch, rows: Rows, slots: UnsafePointer<UInt32>, _ stage: StageName) throws {
        if failures.goesOn { return try foldGoingOn(batch, rows, stage) { slots[$0] } }
        try foldRows(batch, rows, stage) { kernel.fold($0, slots, states) }
    }

    /// Adds all of the rows to one state.
    /// - Throws: `EngineError` that names the stage and the event.
    func fold(_ batch: Batch, rows: Rows, into slot: UInt32, _ stage: StageName) throws {
        if failures.goesOn { return try foldGoingOn(batch, rows, stage) { _ in slot } }
        try foldRows(batch, rows, stage) { kernel.fold($0, nil, address(slot)) }
    }

    /// Adds an event that is no longer in its batch to one state; says whether that was possible.
    /// - Throws: `EngineError` that names the event.
    @discardableResult func add(_ value: UnsafeRawPointer, at place: EventPlace, into slot: UInt32) throws -> Bool {
        let outcome = withUnsafePointer(to: place.nanoseconds) { time in
            withUnsafePointer(to: place.effectiveNanoseconds) { effectiveTime in
                foldGuarded(
                    FoldRows(value: value, time: time, effectiveTime: effectiveTime, at: place), into: slot)
            }
        }
        guard let failure = outcome.failure else { return true }
        try failures.refuse(
            place, input == nil ? nil : value, input, effectiveTime: turn.map { max($0, place.effectiveNanoseconds) },
            failure)
        return false
    }

    /// Adds what came later in the fixed order; does not free its slot.
    /// - Throws: what the author's code throws.
    func merge(_ later: UInt32, into slot: UInt32) throws {
        guard failures.goesOn else { return try kernel.merge(address(later), address(slot)) }
        guard isFilled(later) else { return }
        noteFilled(slot)
        if let error = broken[later] { return broken[slot] = error }
        guard broken[slot] == nil else { return }
        do { try kernel.merge(address(later), address(slot)) } catch { broken[slot] = error }
    }

    /// Adds the k-th of the rows of a batch of pieces to the state in `slots[k]`.
    /// - Throws: what the author's code throws.
    func merge(_ pieces: Batch, slots: UnsafePointer<UInt32>) throws {
        let (rows, merge) = (pieces.rows, kernel.mergePiece ?? kernel.merge)
        let (base, stride) = (pieces.values.base, pieces.values.element.stride)
        for k in 0..<rows.count { try merge(base + rows[k] * stride, address(slots[k])) }
    }

    /// Puts the results of states into rows, in a column of the kernel's result type. Rows of states without a result are left out, where the
    /// stage goes on; the stage gives its rows so long behind their times as `delay` says. Frees no slot.
    /// - Throws: `EngineError` that names the stage, and the window where an integer overflowed.
    func putResults(of slots: [UInt32], into rows: inout ClosedRows, _ aggregate: Aggregate, delay: Int64 = 0) throws {
        let results = ValueColumn(kernel.result, capacity: slots.count)
        var made = 0
        defer { results.setInitialized(count: made) }
        var without: [Int] = []
        for (k, slot) in slots.enumerated() {
            guard isFilled(slot) else {
                // All of its events were left out.
                without.append(k)
                continue
            }
            do {
                if let error = broken[slot] { throw error }
                try kernel.makeResult(address(slot), rows.windows[k], results.base + made * kernel.result.stride)
                made += 1
            } catch {
                guard failures.goesOn else {
                    guard error is IntegerOverflow else { throw EngineError.stage(failures.stage, error) }
                    throw EngineError.overflow(stage: failures.stage, window: rows.windows[k])
                }
                failures.leaveOut(rows.failed(k, aggregate, delay: delay), error)
                without.append(k)
            }
        }
        for k in without.reversed() { rows.remove(k) }
        rows.values = results
    }

    private var isGuarded: Bool { failures.goesOn && kernel.addsMayThrow }

    /// Whether an event was added to a state, or its row has to come in any case.
    func isFilled(_ slot: UInt32) -> Bool { !isGuarded || filled.contains(slot) }

    /// An event was added to a state.
    func noteFilled(_ slot: UInt32) {
        if isGuarded { filled.insert(slot) }
    }

    /// A state that came back from a checkpoint has had no event that could be added.
    func noteEmpty(_ slot: UInt32) { filled.remove(slot) }

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
        noteFilled(slot)
        kernel.state.destroy?(address(slot), 1)
        do { try coding.read(&chunk, address(slot)) } catch {
            kernel.makeState(address(slot))
            throw error
        }
        return slot
    }

    // MARK: Going on

    /// Adds rows to their states, also behind those that fail: these are left out of theirs.
    private func foldGoingOn(_ batch: Batch, _ rows: Rows, _ stage: StageName, _ slot: (Int) -> UInt32) throws {
        let values = try scratch.values(kernel.numbers, batch, rows, stage)
        let times = batch.behind.isEmpty ? nil : effectiveTimes(of: batch)
        defer { withExtendedLifetime(batch) {} }
        for k in 0..<rows.count {
            var row = UInt32(rows[k])
            let outcome = withUnsafePointer(to: &row) { row in
                foldGuarded(
                    FoldRows(
                        batch, rows: Rows(count: 1, indices: row), values: values, effectiveTimes: times),
                    into: slot(k))
            }
            guard let failure = outcome.failure else { continue }
            let own = times?[Int(row)] ?? batch.times.values[Int(row)]
            try failures.refuse(batch, row: Int(row), effectiveTime: max(own, turn ?? own), failure)
        }
    }

    /// Adds rows to one state, which is as it was before where the author's code throws and the stage goes on.
    private func foldGuarded(_ rows: FoldRows, into slot: UInt32) -> KernelOutcome {
        guard isGuarded else { return kernel.fold(rows, nil, address(slot)) }
        let before =
            before ?? .allocate(byteCount: max(kernel.state.stride, 1), alignment: max(kernel.state.alignment, 16))
        self.before = before
        kernel.state.copy(address(slot), before)
        let outcome = kernel.fold(rows, nil, address(slot))
        if outcome.failure != nil {
            kernel.state.destroy?(address(slot), 1)
            kernel.state.copy(before, address(slot))
        } else {
            filled.insert(slot)
        }
        kernel.state.destroy?(before, 1)
        return outcome
    }

    // MARK: Inside

    private func foldRows(_ batch: Batch, _ rows: Rows, _ stage: StageName, _ fold: (FoldRows) -> KernelOutcome) throws
    {
        let values = try scratch.values(kernel.numbers, batch, rows, stage)
        let times = batch.behind.isEmpty ? nil : effectiveTimes(of: batch)
        let outcome = fold(FoldRows(batch, rows: rows, values: values, effectiveTimes: times))
        withExtendedLifetime(batch) {}
        if let failure = outcome.failure {
            throw failures.failure(at: batch.place(of: rows[outcome.processed]), failure)
        }
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
