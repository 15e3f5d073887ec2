internal import PenstockEvents

/// A window that has closed and gives out its rows in the order of their keys, some at a time.
struct ClosingWindow<A: Accumulator> {
    private let window: WindowSpan
    private var entries: [(order: UInt64, code: UInt64, accumulator: A)] = []
    private var given = 0

    /// The rows of a window: those of `table`, sorted by the canonical bytes of their keys.
    init(_ window: WindowSpan, _ table: borrowing PaneTable<A>, _ interner: KeyInterner) {
        self.window = window
        entries.reserveCapacity(table.count)
        if interner.count == 0 {
            table.forEach { code, accumulator in entries.append((SplitMix64.unmix(code), code, accumulator)) }
            entries.sort { $0.order < $1.order }
        } else {
            table.forEach { code, accumulator in entries.append((0, code, accumulator)) }
            entries.sort { interner.precedes($0.code, $1.code) }
        }
    }

    /// The next rows, at most `limit`; nil when all have been given.
    mutating func take(_ limit: Int, _ interner: KeyInterner) -> ClosedRows? {
        guard given < entries.count else { return nil }
        var rows = ClosedRows()
        for entry in entries[given..<min(given + limit, entries.count)] {
            rows.append(
                code: entry.code, key: interner.key(entry.code), result: entry.accumulator.result, window: window,
                isComplete: true, time: window.end.nanoseconds - 1)
        }
        given += rows.count
        return rows
    }
}

extension KeyInterner {
    /// Whether the first long key comes before the second in the order of their bytes.
    func precedes(_ a: UInt64, _ b: UInt64) -> Bool {
        guard let a = key(a), let b = key(b) else {
            preconditionFailure("a long key was forgotten while a window held it")
        }
        return a.lexicographicallyPrecedes(b)
    }
}

extension ClosedRows {
    mutating func append(
        code: UInt64, key: [UInt8]?, result: AggregateResult, window: WindowSpan, isComplete: Bool, time: Int64
    ) {
        codes.append(code)
        if let key { keys.append(key) }
        results.append(result)
        windows.append(window)
        complete.append(isComplete)
        times.append(time)
    }

    /// The rows as a batch of the aggregate's row type.
    func batch(_ aggregate: Aggregate, origin: Origin, baseSequence: UInt64, watermark: Timestamp) -> Batch {
        let values = ValueColumn(aggregate.row, capacity: count)
        aggregate.makeRows(self, values.base)
        values.setInitialized(count: count)
        let rowTimes = Column<Int64>(capacity: count)
        let hashes = Column<UInt64>(capacity: count)
        var arena = keys.isEmpty ? nil : KeyArena(rowCount: count)
        for row in 0..<count {
            rowTimes.values[row] = times[row]
            hashes.values[row] = codes[row]
            if arena != nil {
                keys[row].withUnsafeBytes { key in
                    hashes.values[row] = XXHash64.hash(key)
                    arena?.append(key, row: row)
                }
            }
        }
        let rest = complete.indices.filter { !complete[$0] }
        return Batch(
            origin: origin, baseSequence: baseSequence, rowCount: count, times: rowTimes, values: values,
            keys: KeyColumn(hashes: hashes, arena: arena),
            behind: rest.map { BehindMark(row: UInt32($0), watermark: BehindMark.endOfInput) }, watermark: watermark)
    }
}
