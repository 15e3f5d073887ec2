internal import PenstockEvents

/// The rows of a batch that a kernel has handled, where it failed for some: those are told to `FailedEvents`, and the kernel goes on behind
/// each of them.
final class HandledRows {
    private let rows: Column<UInt32>
    private var count = 0

    init(capacity: Int) { rows = Column(capacity: capacity) }

    /// The rows so far.
    var selection: Selection { Selection(rows, count: count) }

    /// Goes on behind the row for which a kernel has failed, to the end of the batch.
    /// - Throws: `EngineError` that names the event, where the run is to end.
    func go(
        on batch: Batch, behind first: KernelOutcome, _ failures: FailedEvents, _ run: (Rows) -> KernelOutcome
    ) throws {
        let all = Column<UInt32>(capacity: batch.count)
        for k in 0..<batch.count { all.values[k] = UInt32(batch.rows[k]) }
        defer { withExtendedLifetime((all, batch)) {} }
        var (outcome, at) = (first, 0)
        while true {
            for k in at..<at + outcome.processed { keep(all.values[k]) }
            at += outcome.processed
            guard let failure = outcome.failure else { return }
            try failures.refuse(batch, row: Int(all.values[at]), failure)
            at += 1
            guard at < batch.count else { return }
            outcome = run(Rows(count: batch.count - at, indices: all.values + at))
        }
    }

    private func keep(_ row: UInt32) {
        rows.values[count] = row
        count += 1
    }
}
