internal import PenstockEvents

/// Combines the events of a stream without keys to one state for each slice of time.
final class StateCombiner: Combiner {
    private let stage: StageName
    private let windows: TimeWindows
    private let store: AggregateStore
    private var slices: [(start: Int64, slot: UInt32)] = []
    private var gain = CombiningGain()

    init(stage: StageName, windows: TimeWindows, _ kernel: AggregateKernel) {
        self.stage = stage
        self.windows = windows
        store = AggregateStore(kernel)
    }

    func combine(_ batch: Batch) -> Batch? {
        guard batch.behind.isEmpty, gain.isWorthwhile(batch.count) else { return nil }
        defer {
            for slice in slices { store.free(slice.slot) }
            slices.removeAll(keepingCapacity: true)
        }
        // What the author's code throws it throws where it is aggregated.
        guard let combined = try? fold(batch) else { return nil }
        gain.note(batch.count, combinedTo: combined.count)
        return combined
    }

    private func fold(_ batch: Batch) throws -> Batch {
        let rows = batch.rows
        let times = batch.times.values
        let slots = Column<UInt32>(capacity: rows.count)
        var k = 0
        while k < rows.count {
            let bounds = windows.slice(containing: times[rows[k]])
            guard let bounds else { preconditionFailure("an event in no window of windows without gaps") }
            let run = SlotRun(
                rows: rows, times: UnsafePointer(times), codes: UnsafePointer(bitPattern: 8)!, start: bounds.start,
                end: bounds.end, slots: slots.values, inside: nil)
            var count = k
            run.assign(slot(of: bounds.start), from: &k, count: &count)
        }
        if slices.count == 1 {
            try store.fold(batch, rows: rows, into: slices[0].slot, stage)
        } else {
            try store.fold(batch, rows: rows, slots: slots.values, stage)
        }
        withExtendedLifetime((batch, slots)) {}
        return states(batch)
    }

    private func slot(of start: Int64) -> UInt32 {
        if let known = slices.first(where: { $0.start == start }) { return known.slot }
        let slot = store.allocate()
        slices.append((start, slot))
        return slot
    }

    private func states(_ batch: Batch) -> Batch {
        let state = store.kernel.state
        let values = ValueColumn(state, capacity: slices.count)
        let times = Column<Int64>(capacity: slices.count)
        for (row, slice) in slices.enumerated() {
            state.copy(store.address(slice.slot), values.base + row * state.stride)
            times.values[row] = slice.start
        }
        values.setInitialized(count: slices.count)
        var combined = Batch(
            origin: batch.origin, baseSequence: batch.baseSequence, rowCount: slices.count, times: times,
            values: values, watermark: batch.watermark)
        combined.input = batch.input
        combined.combined = CombinedRows(ends: nil)
        return combined
    }
}
