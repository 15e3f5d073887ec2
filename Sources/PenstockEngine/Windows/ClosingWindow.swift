internal import PenstockEvents

/// A window that has closed and gives out its rows in the order of their keys, some at a time.
struct ClosingWindow<A: Accumulator> {
    private enum Results {
        /// Of keys that are their own codes, by canonical integer.
        case ofNumbers(Column<Ordered<A>>, count: Int)
        /// Of long keys, in the order of their bytes.
        case ofBytes([KeyResult])
    }

    private let window: WindowSpan
    private let results: Results
    private var given = 0

    /// The rows of a window, which are sorted by the canonical bytes of their keys. Keys whose sums overflowed have none.
    init(_ window: WindowSpan, _ table: borrowing PaneTable<A>, _ interner: KeyInterner) {
        self.window = window
        if !table.overflowed.isEmpty {
            let overflowed = table.overflowed
            results = .ofBytes(
                A.results(of: table).filter { !overflowed.contains($0.code) }
                    .sorted { interner.isInOrder($0.code, $1.code) })
        } else if interner.count == 0 {
            results = .ofNumbers(A.ordered(table), count: table.count)
        } else {
            results = .ofBytes(A.results(of: table).sorted { interner.precedes($0.code, $1.code) })
        }
    }

    /// Puts the next rows, at most `limit`, in the place of those in `rows`: none when all have been given.
    mutating func take(_ limit: Int, _ interner: KeyInterner, into rows: inout ClosedRows) {
        switch results {
        case .ofNumbers(let entries, let count):
            let taken = min(limit, count - given)
            A.fill(&rows, with: entries.values + given, count: taken, window)
            given += taken
        case .ofBytes(let results):
            rows.removeAll()
            for entry in results[given..<min(given + limit, results.count)] {
                rows.append(
                    code: entry.code, key: interner.key(entry.code), result: entry.result, window: window,
                    isComplete: true, time: window.end.nanoseconds - 1)
            }
            given += rows.count
        }
    }
}

extension KeyInterner {
    /// Whether the first key of the stream, long or not, comes before the second in the order of their canonical bytes.
    func isInOrder(_ a: UInt64, _ b: UInt64) -> Bool {
        count > 0 ? precedes(a, b) : SplitMix64.unmix(a) < SplitMix64.unmix(b)
    }

    /// Whether the first long key comes before the second in the order of their bytes.
    func precedes(_ a: UInt64, _ b: UInt64) -> Bool {
        guard let a = key(a), let b = key(b) else {
            preconditionFailure("a long key was forgotten while a window held it")
        }
        return a.lexicographicallyPrecedes(b)
    }
}

extension ClosedRows {
    /// Puts the rows of one complete window, of keys that are their own codes, in the place of all rows.
    @inline(__always) mutating func fill<A: Accumulator>(
        with entries: UnsafePointer<Ordered<A>>, count: Int, _ window: WindowSpan
    ) {
        removeAll()
        let entries = UnsafeBufferPointer(start: entries, count: count)
        codes.append(contentsOf: entries.lazy.map { SplitMix64.mix($0.key) })
        results.append(contentsOf: entries.lazy.map { $0.item.result })
        windows.append(contentsOf: repeatElement(window, count: count))
        panes.append(contentsOf: repeatElement(Pane(), count: count))
        times.append(contentsOf: repeatElement(window.end.nanoseconds - 1, count: count))
    }

    /// Takes all rows out; their memory stays for the next.
    mutating func removeAll() {
        codes.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        results.removeAll(keepingCapacity: true)
        values = nil
        windows.removeAll(keepingCapacity: true)
        panes.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
    }

    mutating func append(
        code: UInt64, key: [UInt8]?, result: AggregateResult, window: WindowSpan, isComplete: Bool, time: Int64
    ) {
        append(code: code, key: key, window: window, pane: Pane(isComplete: isComplete), time: time)
        results.append(result)
    }

    /// A row whose result stands in `values`.
    mutating func append(code: UInt64, key: [UInt8]?, window: WindowSpan, pane: Pane, time: Int64) {
        codes.append(code)
        if let key { keys.append(key) }
        windows.append(window)
        panes.append(pane)
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
        rowTimes.values.update(from: times, count: count)
        hashes.values.update(from: codes, count: count)
        for (row, key) in keys.enumerated() {
            key.withUnsafeBytes { key in
                hashes.values[row] = XXHash64.hash(key)
                arena?.append(key, row: row)
            }
        }
        return Batch(
            origin: origin, baseSequence: baseSequence, rowCount: count, times: rowTimes, values: values,
            keys: aggregate.isKeyed ? KeyColumn(hashes: hashes, arena: arena) : nil,
            behind: behindMarks(aggregate.emission), watermark: watermark)
    }

    /// The rows whose effective time is not their time: what is left at the end of input, and rows that late events have changed.
    private func behindMarks(_ emission: Emission) -> [BehindMark] {
        guard panes.contains(where: { $0.timing == .late || !$0.isComplete }) else { return [] }
        return panes.indices.compactMap { row in
            let effective = effectiveTime(row, emission)
            guard effective > times[row] else { return nil }
            return BehindMark(row: UInt32(row), watermark: Timestamp(nanoseconds: effective - 1))
        }
    }

    /// When time has come so far that a row is given.
    private func effectiveTime(_ row: Int, _ emission: Emission) -> Int64 {
        switch panes[row].timing {
        case .late: times[row] + emission.allowedLateness
        case .onTime where !panes[row].isComplete: BehindMark.endOfInput.nanoseconds + 1
        case .onTime, .early: times[row]
        }
    }

    // MARK: Rows that could not be made

    /// A row without a result.
    func failed(_ row: Int, _ aggregate: Aggregate, delay: Int64) -> FailedEvents.Row {
        let effective = effectiveTime(row, aggregate.emission)
        return FailedEvents.Row(
            code: codes[row], key: keys.isEmpty ? nil : keys[row], isKeyed: aggregate.isKeyed, window: windows[row],
            time: times[row], effectiveTime: effective == .max ? effective : effective + delay)
    }

    /// Leaves a row out that has no result.
    mutating func remove(_ row: Int) {
        codes.remove(at: row)
        if !keys.isEmpty { keys.remove(at: row) }
        windows.remove(at: row)
        panes.remove(at: row)
        times.remove(at: row)
    }
}
