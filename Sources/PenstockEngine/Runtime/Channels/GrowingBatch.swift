internal import PenstockEvents

/// A batch in a channel that takes further rows of its origin until the receiver takes it.
///
/// Values are copied as bytes, so it is for types for which that is the same as copying: others may refer to much memory, of which a
/// channel must not keep more than its sender meant to.
struct GrowingBatch: Sendable {
    /// A batch with as many rows is not worth copying.
    static let rowLimit = 512

    let origin: Origin
    private var numbers: Column<UInt64>
    private var values: ValueColumn
    private var times: Column<Int64>
    private var keys: GrowingKeys?
    /// The keys with which the sequence begins, where they are others.
    private var placeKeys: GrowingKeys?
    private let isPlacedByKeys: Bool
    private var sources: Column<SourcePlace>?
    private var behind: [BehindMark] = []
    private(set) var count = 0
    /// Whether rows came with numbers of their own, which may stand in any order.
    private var isNumbered = false

    /// Whether rows of a batch may wait for others.
    static func takes(_ batch: Batch) -> Bool {
        batch.values.element.destroy == nil && batch.count < rowLimit && batch.combined == nil
    }

    /// An empty batch for rows like those of another, of its origin.
    init(like batch: Batch) {
        let capacity = 16
        origin = batch.origin
        numbers = Column(capacity: capacity)
        values = ValueColumn(batch.values.element, capacity: capacity)
        times = Column(capacity: capacity)
        keys = batch.keys.map { GrowingKeys(like: $0, capacity: capacity) }
        isPlacedByKeys = batch.placeKeys?.isSame(as: batch.keys) ?? false
        placeKeys = isPlacedByKeys ? nil : batch.placeKeys.map { GrowingKeys(like: $0, capacity: capacity) }
        sources = batch.keepsSources ? Column(capacity: capacity) : nil
    }

    /// Adds rows of a batch, in ascending order.
    mutating func append(_ batch: Batch, _ rows: Rows) {
        if count + rows.count > times.capacity { grow(to: count + rows.count) }
        let stride = values.element.stride
        let (target, source) = (values.base + count * stride, batch.values.base)
        let (newTimes, oldTimes) = (times.values + count, batch.times.values)
        let newNumbers = numbers.values + count
        isNumbered = isNumbered || batch.numbers != nil
        for k in 0..<rows.count {
            let row = rows[k]
            (target + k * stride).copyMemory(from: source + row * stride, byteCount: stride)
            newTimes[k] = oldTimes[row]
            newNumbers[k] = batch.sequence(row)
        }
        if let column = batch.keys { keys?.append(column, rows, at: count) }
        if let column = batch.placeKeys { placeKeys?.append(column, rows, at: count) }
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
            origin: origin, baseSequence: numbers.values[0], rowCount: count, times: times, values: values,
            keys: keys?.column, behind: behind, watermark: watermark)
        let isDense = !isNumbered && numbers.values[count - 1] &- numbers.values[0] == UInt64(count - 1)
        batch.numbers = isDense ? nil : numbers
        batch.placeKeys = isPlacedByKeys ? batch.keys : placeKeys?.column
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
        let largerNumbers = Column<UInt64>(capacity: capacity)
        largerNumbers.values.update(from: numbers.values, count: count)
        numbers = largerNumbers
        keys?.grow(to: capacity, count)
        placeKeys?.grow(to: capacity, count)
    }
}

/// The keys of a batch that grows.
private struct GrowingKeys: Sendable {
    private var hashes: Column<UInt64>
    private var arena: KeyArena?

    init(like keys: KeyColumn, capacity: Int) {
        hashes = Column(capacity: capacity)
        arena = keys.arena.map { _ in KeyArena(rowCount: capacity) }
    }

    var column: KeyColumn { KeyColumn(hashes: hashes, arena: arena) }

    mutating func append(_ keys: KeyColumn, _ rows: Rows, at count: Int) {
        let (new, old) = (hashes.values + count, keys.hashes.values)
        for k in 0..<rows.count { new[k] = old[rows[k]] }
        guard let bytes = keys.arena else { return }
        for k in 0..<rows.count { bytes.withKey(rows[k]) { arena?.append($0, row: count + k) } }
    }

    mutating func grow(to capacity: Int, _ count: Int) {
        let larger = Column<UInt64>(capacity: capacity)
        larger.values.update(from: hashes.values, count: count)
        hashes = larger
    }
}
