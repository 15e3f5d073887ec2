internal import PenstockEvents

/// A batch in a channel that takes further rows of its origin until the receiver takes it.
///
/// Values are copied as bytes, so it is for types for which that is the same as copying: others may refer to much memory, of which a
/// channel must not keep more than its sender meant to.
struct GrowingBatch: Sendable {
    /// A batch with as many rows is not worth copying.
    static let rowLimit = 512

    let origin: Origin
    private let baseSequence: UInt64
    private var values: ValueColumn
    private var times: Column<Int64>
    private var hashes: Column<UInt64>?
    private var arena: KeyArena?
    private var sources: Column<SourcePlace>?
    private var behind: [BehindMark] = []
    private(set) var count = 0

    /// Whether rows of a batch may wait for others.
    static func takes(_ batch: Batch) -> Bool { batch.values.element.destroy == nil && batch.count < rowLimit }

    /// An empty batch for rows like those of another: of its origin, and from its row `row` on.
    init(like batch: Batch, from row: Int) {
        let capacity = 16
        origin = batch.origin
        // Rows that are left out only make numbers smaller, never change their order.
        baseSequence = batch.baseSequence + UInt64(row)
        values = ValueColumn(batch.values.element, capacity: capacity)
        times = Column(capacity: capacity)
        hashes = batch.keys.map { _ in Column(capacity: capacity) }
        arena = batch.keys?.arena.map { _ in KeyArena(rowCount: capacity) }
        sources = batch.keepsSources ? Column(capacity: capacity) : nil
    }

    /// Adds rows of a batch, in ascending order.
    mutating func append(_ batch: Batch, _ rows: Rows) {
        if count + rows.count > times.capacity { grow(to: count + rows.count) }
        let stride = values.element.stride
        let (target, source) = (values.base + count * stride, batch.values.base)
        let (newTimes, oldTimes) = (times.values + count, batch.times.values)
        for k in 0..<rows.count {
            let row = rows[k]
            (target + k * stride).copyMemory(from: source + row * stride, byteCount: stride)
            newTimes[k] = oldTimes[row]
        }
        if let keys = batch.keys, let hashes {
            let (new, old) = (hashes.values + count, keys.hashes.values)
            for k in 0..<rows.count { new[k] = old[rows[k]] }
            if let bytes = keys.arena {
                for k in 0..<rows.count { bytes.withKey(rows[k]) { arena?.append($0, row: count + k) } }
            }
        }
        if let sources {
            for k in 0..<rows.count { sources.values[count + k] = batch.sourcePlace(rows[k]) }
        }
        if !batch.behind.isEmpty {
            for k in 0..<rows.count {
                behind += batch.marks(of: rows[k]..<rows[k] + 1, movedTo: count + k)
            }
        }
        count += rows.count
    }

    /// The batch as it is now.
    func batch(watermark: Timestamp) -> Batch {
        var batch = Batch(
            origin: origin, baseSequence: baseSequence, rowCount: count, times: times, values: values,
            keys: hashes.map { KeyColumn(hashes: $0, arena: arena) }, behind: behind, watermark: watermark)
        (batch.sourcePlaces, batch.keepsSources) = (sources, sources != nil)
        return batch
    }

    private mutating func grow(to rows: Int) {
        let capacity = max(rows, min(times.capacity * 4, 2 * Self.rowLimit))
        let (largerValues, largerTimes) = (
            ValueColumn(values.element, capacity: capacity), Column<Int64>(capacity: capacity)
        )
        largerValues.base.copyMemory(from: values.base, byteCount: count * values.element.stride)
        largerTimes.values.update(from: times.values, count: count)
        (values, times) = (largerValues, largerTimes)
        if let old = sources {
            let larger = Column<SourcePlace>(capacity: capacity)
            larger.values.update(from: old.values, count: count)
            sources = larger
        }
        guard let old = hashes else { return }
        let larger = Column<UInt64>(capacity: capacity)
        larger.values.update(from: old.values, count: count)
        hashes = larger
    }
}
