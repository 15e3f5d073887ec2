internal import PenstockEvents

/// The rows that make the next batch, by run and number.
struct ChosenRows {
    private struct Place: BitwiseCopyable {
        let run: UInt32
        let row: UInt32
    }

    private let places: Column<Place>
    private(set) var count = 0

    init(capacity: Int) { places = Column(capacity: capacity) }

    /// The run of the first row, or nil.
    var firstRun: Int? { count > 0 ? Int(places.values[0].run) : nil }

    var isFull: Bool { count == places.capacity }

    @inline(__always) mutating func append(run: Int, row: Int) {
        places.values[count] = Place(run: UInt32(truncatingIfNeeded: run), row: UInt32(truncatingIfNeeded: row))
        count += 1
    }

    mutating func removeAll() { count = 0 }

    /// A batch of the rows. Their values are copied by the type's own copying, or as bytes where that is the same.
    func batch(
        from cursors: [MergeCursor], _ waiting: [WaitingRows?], baseSequence: UInt64, watermark: Timestamp
    ) -> Batch {
        guard count > 0, let first = waiting[Int(places.values[0].run)]?.batch else {
            preconditionFailure("a batch of no rows")
        }
        let element = first.values.element
        let values = ValueColumn(element, capacity: count)
        let times = Column<Int64>(capacity: count)
        let hashes = first.keys.map { _ in Column<UInt64>(capacity: count) }
        var arena = first.keys?.arena == nil ? nil : KeyArena(rowCount: count)
        var behind: [BehindMark] = []
        let sources = first.keepsSources ? Column<SourcePlace>(capacity: count) : nil
        var k = 0
        while k < count {
            let end = endOfStretch(k)
            let (run, row) = (Int(places.values[k].run), Int(places.values[k].row))
            let cursor = cursors[run]
            element.copy(end - k, cursor.values + row * element.stride, values.base + k * element.stride)
            (times.values + k).update(from: cursor.times + row, count: end - k)
            if let hashes, let from = cursor.hashes { (hashes.values + k).update(from: from + row, count: end - k) }
            if cursor.hasLongKeys, let bytes = waiting[run]?.batch.keys?.arena {
                for at in k..<end { bytes.withKey(row + at - k) { arena?.append($0, row: at) } }
            }
            if let sources, let batch = waiting[run]?.batch {
                for at in k..<end { sources.values[at] = batch.sourcePlace(row + at - k) }
            }
            if cursor.hasMarks, let batch = waiting[run]?.batch {
                behind += batch.marks(of: row..<row + end - k, movedTo: k)
            }
            k = end
        }
        values.setInitialized(count: count)
        var batch = Batch(
            origin: first.origin, baseSequence: baseSequence, rowCount: count, times: times, values: values,
            keys: hashes.map { KeyColumn(hashes: $0, arena: arena) }, behind: behind, watermark: watermark)
        (batch.sourcePlaces, batch.keepsSources) = (sources, sources != nil)
        return batch
    }

    /// The end of the rows from `k` on that stand side by side in one run.
    private func endOfStretch(_ k: Int) -> Int {
        let first = places.values[k]
        var end = k + 1
        while end < count, places.values[end].run == first.run, Int(places.values[end].row) == Int(first.row) + end - k
        {
            end += 1
        }
        return end
    }
}

extension ValueType {
    /// Initialises `count` values with copies of others: as bytes, where that is the same.
    @inline(__always) func copy(_ count: Int, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) {
        guard destroy != nil else { return target.copyMemory(from: source, byteCount: count * stride) }
        for k in 0..<count { copy(source + k * stride, target + k * stride) }
    }
}

extension Batch {
    /// The marks of some rows, as those of rows from `first` on.
    func marks(of rows: Range<Int>, movedTo first: Int) -> [BehindMark] {
        var low = 0
        var high = behind.count
        while low < high {
            let middle = (low + high) / 2
            if Int(behind[middle].row) < rows.lowerBound { low = middle + 1 } else { high = middle }
        }
        return behind[low...].prefix { Int($0.row) < rows.upperBound }.map {
            BehindMark(row: UInt32(Int($0.row) - rows.lowerBound + first), watermark: $0.watermark)
        }
    }
}
