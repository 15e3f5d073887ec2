internal import PenstockEvents

/// Runs a kernel over batches; everything else passes by.
struct KernelProcessor: Processor {
    let stage: StageName
    let kernel: any BatchKernel
    private var output = ElementSlot()

    init(stage: StageName, kernel: any BatchKernel) {
        self.stage = stage
        self.kernel = kernel
    }

    mutating func accept(_ element: StreamElement) throws {
        guard case .batch(var batch) = element else { return output.put(element) }
        try kernel.apply(to: &batch, stage)
        output.put(.batch(batch))
    }

    mutating func next() -> StreamElement? { output.take() }
}

/// A kernel that replaces columns of a batch.
protocol BatchKernel: Sendable {
    /// - Throws: `EngineError` that names the event which could not be handled.
    func apply(to batch: inout Batch, _ stage: StageName) throws
}

extension MapKernel: BatchKernel {
    /// A new value column, all other columns as they were.
    func apply(to batch: inout Batch, _ stage: StageName) throws {
        let values = ValueColumn(output, capacity: batch.rowCount)
        let outcome = run(batch.rows, batch.values.base, values.base)
        values.setInitialized(
            count: batch.selection == nil ? outcome.processed : batch.rowCount,
            live: batch.selection.map { Selection($0.rows, count: outcome.processed) })
        try outcome.throwIfFailed(stage, batch)
        batch.values = values
        batch.payloadBytes = 0
    }
}

extension FilterKernel: BatchKernel {
    /// A narrower selection, all columns as they were.
    func apply(to batch: inout Batch, _ stage: StageName) throws {
        // One more than the rows: a branch-free kernel writes each row's number before it knows whether to keep it.
        let kept = Column<UInt32>(capacity: batch.count + 1)
        var count = 0
        let outcome = run(batch.rows, batch.values.base, kept.values, &count)
        try outcome.throwIfFailed(stage, batch)
        if count < batch.count { batch.selection = Selection(kept, count: count) }
    }
}

extension KeyKernel: BatchKernel {
    /// A key column, all other columns as they were.
    func apply(to batch: inout Batch, _ stage: StageName) throws {
        let hashes = Column<UInt64>(capacity: batch.rowCount)
        switch form {
        case .fixedWidth(let run):
            try run(batch.rows, batch.values.base, hashes.values).throwIfFailed(stage, batch)
            batch.keys = KeyColumn(hashes: hashes, arena: nil)
        case .bytes(let run):
            var arena = KeyArena(rowCount: batch.rowCount)
            try run(batch.rows, batch.values.base, hashes.values, &arena).throwIfFailed(stage, batch)
            batch.keys = KeyColumn(hashes: hashes, arena: arena)
        }
    }
}

extension KernelOutcome {
    func throwIfFailed(_ stage: StageName, _ batch: Batch) throws { try throwIfFailed(stage, batch, batch.rows) }

    /// Throws what happened at one of these rows of a batch.
    func throwIfFailed(_ stage: StageName, _ batch: Batch, _ rows: Rows) throws {
        guard let failure else { return }
        let row = rows[processed]
        throw EngineError.stageFailed(
            stage: stage, sequence: batch.baseSequence + UInt64(row),
            time: Timestamp(nanoseconds: batch.times.values[row]), failure)
    }
}
