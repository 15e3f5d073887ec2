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

    /// The run and the row that were chosen first, or nil.
    var first: (run: Int, row: Int)? {
        count > 0 ? (Int(places.values[0].run), Int(places.values[0].row)) : nil
    }

    /// The chosen rows of each origin, in the order of the origins and each in its order.
    func byOrigin(_ cursors: [MergeCursor]) -> [ChosenRows] {
        var ranks: [UInt64] = []
        for k in 0..<count where ranks.last != cursors[Int(places.values[k].run)].rank {
            ranks.append(cursors[Int(places.values[k].run)].rank)
        }
        guard ranks.count > 1 else { return [self] }
        return Set(ranks).sorted().map { rank in
            var chosen = ChosenRows(capacity: count)
            for k in 0..<count where cursors[Int(places.values[k].run)].rank == rank {
                chosen.append(run: Int(places.values[k].run), row: Int(places.values[k].row))
            }
            return chosen
        }
    }

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
        var behind: [BehindMark] = []
        let sources = first.keepsSources ? Column<SourcePlace>(capacity: count) : nil
        var k = 0
        while k < count {
            let end = endOfStretch(k)
            let (run, row) = (Int(places.values[k].run), Int(places.values[k].row))
            let cursor = cursors[run]
            element.copy(end - k, cursor.values + row * element.stride, values.base + k * element.stride)
            (times.values + k).update(from: cursor.times + row, count: end - k)
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
            keys: keys(waiting, first.keys, \.keys), behind: behind, watermark: watermark)
        // Only the rows of a keyed stage are numbered anew: by their keys several instances have one order, by their numbers each has its own.
        if !first.origin.isKeyed { batch.numbers = numbers(cursors) }
        let isSame = first.placeKeys?.isSame(as: first.keys) ?? true
        batch.placeKeys = isSame ? batch.keys : keys(waiting, first.placeKeys, \.placeKeys)
        if first.placeKeys == nil { batch.placeKeys = nil }
        (batch.sourcePlaces, batch.keepsSources) = (sources, sources != nil)
        return batch
    }

    /// The numbers that the chosen rows have.
    private func numbers(_ cursors: [MergeCursor]) -> Column<UInt64> {
        let numbers = Column<UInt64>(capacity: count)
        for k in 0..<count {
            numbers.values[k] = cursors[Int(places.values[k].run)].sequence(Int(places.values[k].row))
        }
        return numbers
    }

    /// The keys of the chosen rows, or nil where the first of their columns is none.
    private func keys(
        _ waiting: [WaitingRows?], _ first: KeyColumn?, _ column: (Batch) -> KeyColumn?
    ) -> KeyColumn? {
        guard let first else { return nil }
        let hashes = Column<UInt64>(capacity: count)
        var arena = first.arena.map { _ in KeyArena(rowCount: count) }
        var k = 0
        while k < count {
            let end = endOfStretch(k)
            let row = Int(places.values[k].row)
            if let keys = waiting[Int(places.values[k].run)].flatMap({ column($0.batch) }) {
                (hashes.values + k).update(from: keys.hashes.values + row, count: end - k)
                if let bytes = keys.arena {
                    for at in k..<end { bytes.withKey(row + at - k) { arena?.append($0, row: at) } }
                }
            } else {
                (hashes.values + k).initialize(repeating: 0, count: end - k)
            }
            k = end
        }
        return KeyColumn(hashes: hashes, arena: arena)
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
