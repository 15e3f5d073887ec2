internal import PenstockEvents

/// Rows that an operator in canonical order has put out, until time has reached them: then they leave by time and key.
struct DueRows<Value> {
    struct Row {
        let time: Int64
        let slot: Int
        /// Whether the row is there because the input has ended.
        let isAtEnd: Bool
        let value: Value
    }

    /// Rows whose time has not come.
    private(set) var waiting: [Row] = []
    private var released: [Row] = []
    private var given = 0
    private var sequence: UInt64

    init(sequence: UInt64 = 0) { self.sequence = sequence }

    /// The number of the next row.
    var nextSequence: UInt64 {
        get { sequence }
        set { sequence = newValue }
    }

    /// Adds a row of the key in `slot`, behind all of its key with the same time.
    mutating func add(_ value: Value, time: Int64, slot: Int, isAtEnd: Bool = false) {
        waiting.append(Row(time: time, slot: slot, isAtEnd: isAtEnd, value: value))
    }

    /// Lets the rows go whose time is at most `limit`.
    mutating func release(upTo limit: Int64, _ keys: KeyTable) {
        guard !waiting.isEmpty else { return }
        let due = waiting.filter { $0.time <= limit }
        guard !due.isEmpty else { return }
        if due.count == waiting.count {
            waiting.removeAll(keepingCapacity: true)
        } else {
            waiting.removeAll { $0.time <= limit }
        }
        let order = due.indices.sorted { i, j in
            let (a, b) = (due[i], due[j])
            if a.isAtEnd != b.isAtEnd { return b.isAtEnd }
            if a.time != b.time { return a.time < b.time }
            if a.slot == b.slot { return i < j }
            return keys.precedes(a.slot, b.slot)
        }
        for index in order { released.append(due[index]) }
    }

    /// Lets all rows go, in the order in which they were added.
    mutating func releaseAll() {
        released += waiting
        waiting.removeAll(keepingCapacity: true)
    }

    /// The next rows that may go, at most `limit`; each time its slots are the caller's to unpin.
    mutating func take(_ limit: Int) -> ArraySlice<Row>? {
        guard given < released.count else {
            released.removeAll(keepingCapacity: true)
            given = 0
            return nil
        }
        let rows = released[given..<min(given + limit, released.count)]
        given += rows.count
        sequence += UInt64(rows.count)
        return rows
    }
}

extension Batch {
    /// The batch of rows of one type, each with its time and key.
    init<Value>(
        _ rows: ArraySlice<DueRows<Value>.Row>, _ keys: KeyTable, isKeyed: Bool, origin: Origin, baseSequence: UInt64,
        watermark: Timestamp
    ) {
        var builder = ColumnBuilder<Value>(capacity: rows.count)
        var behind: [BehindMark] = []
        for (k, row) in rows.enumerated() {
            builder.append(row.value, time: row.time)
            if row.isAtEnd { behind.append(BehindMark(row: UInt32(k), watermark: BehindMark.endOfInput)) }
        }
        let (values, times, count) = builder.take(capacity: 1)
        self.init(
            origin: origin, baseSequence: baseSequence, rowCount: count, times: times, values: values,
            keys: isKeyed ? keys.column(rows.map(\.slot)) : nil, behind: behind, watermark: watermark)
    }
}
