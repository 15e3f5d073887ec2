internal import PenstockEvents

/// Runs a `MapKernel` over batches: a new value column, all other columns as they were.
struct MapProcessor: Processor {
    let stage: StageName
    let kernel: MapKernel
    private var output = ElementSlot()

    init(stage: StageName, kernel: MapKernel) {
        self.stage = stage
        self.kernel = kernel
    }

    mutating func accept(_ element: StreamElement) throws {
        guard case .batch(var batch) = element else { return output.put(element) }
        let values = ValueColumn(kernel.output, capacity: batch.rowCount)
        let outcome = kernel.run(batch.rows, batch.values.base, values.base)
        values.setInitialized(
            count: batch.selection == nil ? outcome.processed : batch.rowCount,
            live: batch.selection.map { Selection($0.rows, count: outcome.processed) })
        try outcome.throwIfFailed(stage, batch)
        batch.values = values
        output.put(.batch(batch))
    }

    mutating func next() -> StreamElement? { output.take() }
}

/// Runs a `FilterKernel` over batches: a narrower selection, all columns as they were.
struct FilterProcessor: Processor {
    let stage: StageName
    let kernel: FilterKernel
    private var output = ElementSlot()

    init(stage: StageName, kernel: FilterKernel) {
        self.stage = stage
        self.kernel = kernel
    }

    mutating func accept(_ element: StreamElement) throws {
        guard case .batch(var batch) = element else { return output.put(element) }
        // One more than the rows: a branch-free kernel writes each row's number before it knows whether to keep it.
        let kept = Column<UInt32>(capacity: batch.count + 1)
        var count = 0
        let outcome = kernel.run(batch.rows, batch.values.base, kept.values, &count)
        try outcome.throwIfFailed(stage, batch)
        if count < batch.count { batch.selection = Selection(kept, count: count) }
        output.put(.batch(batch))
    }

    mutating func next() -> StreamElement? { output.take() }
}

/// Runs a `KeyKernel` over batches: a key column.
struct KeyProcessor: Processor {
    let stage: StageName
    let kernel: KeyKernel
    private var output = ElementSlot()

    init(stage: StageName, kernel: KeyKernel) {
        self.stage = stage
        self.kernel = kernel
    }

    mutating func accept(_ element: StreamElement) throws {
        guard case .batch(var batch) = element else { return output.put(element) }
        let hashes = Column<UInt64>(capacity: batch.rowCount)
        switch kernel.form {
        case .fixedWidth(let run):
            try run(batch.rows, batch.values.base, hashes.values).throwIfFailed(stage, batch)
            batch.keys = KeyColumn(hashes: hashes, arena: nil)
        case .bytes(let run):
            var arena = KeyArena(rowCount: batch.rowCount)
            try run(batch.rows, batch.values.base, hashes.values, &arena).throwIfFailed(stage, batch)
            batch.keys = KeyColumn(hashes: hashes, arena: arena)
        }
        output.put(.batch(batch))
    }

    mutating func next() -> StreamElement? { output.take() }
}

extension KernelOutcome {
    func throwIfFailed(_ stage: StageName, _ batch: Batch) throws {
        guard let failure else { return }
        let row = batch.rows[processed]
        throw EngineError.stageFailed(
            stage: stage, sequence: batch.baseSequence + UInt64(row),
            time: Timestamp(nanoseconds: batch.times.values[row]), failure)
    }
}
