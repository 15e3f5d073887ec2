internal import PenstockEvents

/// Combines events to one accumulator for each key and slice of time.
final class SliceCombiner<A: Accumulator>: Combiner {
    private let stage: StageName
    private let windows: TimeWindows
    private let aggregate: Aggregate
    private var scratch = NumberScratch()
    private var codes = KeyCodes()
    private var interner = KeyInterner()
    private var gain = CombiningGain()
    /// The slices of the batch that is being combined, and behind them tables of earlier ones, which are used again.
    private var slices: [SliceTable<A>] = []
    private var used = 0

    init(stage: StageName, windows: TimeWindows, aggregate: Aggregate) {
        self.stage = stage
        self.windows = windows
        self.aggregate = aggregate
    }

    func combine(_ batch: Batch) -> Batch? {
        guard batch.behind.isEmpty, batch.keys?.arena == nil, gain.isWorthwhile(batch.count),
            // What the author's code throws it throws where it is aggregated.
            let numbers = try? scratch.numbers(of: A.Number.self, aggregate.numbers, batch, stage)
        else { return nil }
        let codes = codes.codes(of: batch, isKeyed: aggregate.isKeyed, &interner, stage)
        let rows = batch.rows
        var k = 0
        while k < rows.count {
            guard let slice = slice(of: batch.times.values[rows[k]]) else { return nil }
            let paneRows = PaneRows(
                rows: rows, start: slice.start, end: slice.end, times: UnsafePointer(batch.times.values),
                codes: UnsafePointer(codes.values), numbers: numbers)
            A.fold(paneRows, from: &k, into: &slice.table)
        }
        withExtendedLifetime((batch, codes)) {}
        return takeRows(batch)
    }

    private func slice(of time: Int64) -> SliceTable<A>? {
        for at in 0..<used where time >= slices[at].start && time < slices[at].end { return slices[at] }
        guard let bounds = windows.slice(containing: time) else { return nil }
        if used == slices.count { slices.append(SliceTable()) }
        let slice = slices[used]
        (slice.start, slice.end) = bounds
        used += 1
        return slice
    }

    private func takeRows(_ batch: Batch) -> Batch {
        let count = slices[..<used].reduce(0) { $0 + $1.table.count }
        gain.note(batch.count, combinedTo: count)
        let values = ValueColumn(ValueType(A.self), capacity: count)
        let times = Column<Int64>(capacity: count)
        let hashes = Column<UInt64>(capacity: count)
        let accumulators = values.base.bindMemory(to: A.self, capacity: count)
        var filled = 0
        for slice in slices[..<used] {
            let number = slice.table.count
            A.write(slice.table, codes: hashes.values + filled, accumulators: accumulators + filled)
            (times.values + filled).update(repeating: slice.start, count: number)
            filled += number
            slice.table.removeAll()
        }
        used = 0
        values.setInitialized(count: count)
        var combined = Batch(
            origin: batch.origin, baseSequence: batch.baseSequence, rowCount: count, times: times, values: values,
            keys: aggregate.isKeyed ? KeyColumn(hashes: hashes, arena: nil) : nil, watermark: batch.watermark)
        combined.placeKeys = nil
        combined.input = batch.input
        combined.combined = CombinedRows(ends: nil)
        return combined
    }
}

/// The accumulators of one slice of a batch.
private final class SliceTable<A: Accumulator> {
    var start: Int64 = 0
    var end: Int64 = 0
    var table = PaneTable<A>()
}
