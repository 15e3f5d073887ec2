internal import PenstockEvents

/// Runs a kernel over batches; everything else passes by.
struct KernelProcessor: Processor {
    let kernel: any BatchKernel
    private var output = ElementSlot()
    private var failures: FailedEvents

    init(stage: StageName, kernel: any BatchKernel) {
        failures = FailedEvents(stage)
        self.kernel = kernel
    }

    mutating func report(to failures: FailedEvents) { self.failures = failures }

    mutating func accept(_ element: StreamElement) throws {
        guard case .batch(var batch) = element else { return output.put(element) }
        try kernel.apply(to: &batch, failures)
        output.put(.batch(batch))
    }

    mutating func next() -> StreamElement? { output.take() }
}

/// A kernel that replaces columns of a batch.
protocol BatchKernel: Sendable {
    /// - Throws: `EngineError` that names the event which could not be handled, where the run is to end.
    func apply(to batch: inout Batch, _ failures: FailedEvents) throws
}

extension MapKernel: BatchKernel {
    /// A new value column, all other columns as they were.
    func apply(to batch: inout Batch, _ failures: FailedEvents) throws {
        let values = ValueColumn(output, capacity: batch.rowCount)
        let (rows, input) = (batch.rows, batch.values.base)
        let outcome = run(rows, input, values.base)
        if outcome.failure == nil {
            values.setInitialized(count: batch.rowCount, live: batch.selection)
        } else {
            let handled = HandledRows(capacity: batch.count)
            defer { values.setInitialized(count: batch.rowCount, live: handled.selection) }
            try handled.go(on: batch, behind: outcome, failures) { run($0, input, values.base) }
            batch.selection = handled.selection
        }
        batch.values = values
        batch.payloadBytes = 0
    }
}

extension FilterKernel: BatchKernel {
    /// A narrower selection, all columns as they were.
    func apply(to batch: inout Batch, _ failures: FailedEvents) throws {
        // One more than the rows: a branch-free kernel writes each row's number before it knows whether to keep it.
        let kept = Column<UInt32>(capacity: batch.count + 1)
        var count = 0
        let input = batch.values.base
        let outcome = run(batch.rows, input, kept.values, &count)
        if outcome.failure != nil {
            try HandledRows(capacity: batch.count).go(on: batch, behind: outcome, failures) { rows in
                var more = 0
                defer { count += more }
                return run(rows, input, kept.values + count, &more)
            }
        }
        if count < batch.count { batch.selection = Selection(kept, count: count) }
    }
}

extension KeyKernel: BatchKernel {
    /// A key column, all other columns as they were.
    func apply(to batch: inout Batch, _ failures: FailedEvents) throws {
        let hashes = Column<UInt64>(capacity: batch.rowCount)
        let input = batch.values.base
        switch form {
        case .fixedWidth(let run):
            try apply(to: &batch, failures) { run($0, input, hashes.values) }
            batch.keys = KeyColumn(hashes: hashes, arena: nil)
        case .bytes(let run):
            var arena = KeyArena(rowCount: batch.rowCount)
            try apply(to: &batch, failures) { run($0, input, hashes.values, &arena) }
            batch.keys = KeyColumn(hashes: hashes, arena: arena)
        }
    }

    private func apply(to batch: inout Batch, _ failures: FailedEvents, _ run: (Rows) -> KernelOutcome) throws {
        let outcome = run(batch.rows)
        guard outcome.failure != nil else { return }
        let handled = HandledRows(capacity: batch.count)
        try handled.go(on: batch, behind: outcome, failures, run)
        batch.selection = handled.selection
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
