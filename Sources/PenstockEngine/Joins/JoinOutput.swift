internal import PenstockEvents

/// The rows of a join until they leave as batches.
public struct JoinOutput {
    private struct Rows {
        let values: ValueColumn
        var count = 0
        var codes: [UInt64] = []
        var times: [Int64] = []

        mutating func label(code: UInt64, time: Int64) {
            while codes.count < count {
                codes.append(code)
                times.append(time)
            }
        }

        mutating func dropUnlabelled() {
            let dropped = count - codes.count
            values.element.destroy?(values.base + codes.count * values.element.stride, dropped)
            count = codes.count
            values.setInitialized(count: count)
        }
    }

    private let element: ValueType
    /// The most rows of a batch.
    @usableFromInline let limit: Int
    private var full: [Rows] = []
    private var open: Rows?

    init(of element: ValueType, limit: Int) {
        self.element = element
        self.limit = limit
    }

    /// Whether there is a batch's worth of rows.
    var isFull: Bool { !full.isEmpty || open?.count ?? 0 >= limit }

    /// How many rows fit into the batch that is open.
    var space: Int { limit - (open?.count ?? 0) }

    /// Adds rows.
    @inlinable public mutating func append<Value>(_ rows: [Value]) {
        var rest = rows[...]
        while !rest.isEmpty {
            let part = rest.prefix(limit)
            let target = room(part.count).assumingMemoryBound(to: Value.self)
            for (k, row) in part.enumerated() { (target + k).initialize(to: row) }
            added(part.count)
            rest = rest.dropFirst(part.count)
        }
    }

    /// Memory for the next `count` rows, at most as many as a batch has, to be initialised before `added`.
    @usableFromInline mutating func room(_ count: Int) -> UnsafeMutableRawPointer {
        precondition(count <= limit, "\(count) rows at once for batches of \(limit)")
        if let open, open.count + count > limit { close() }
        if open == nil { open = Rows(values: ValueColumn(element, capacity: limit)) }
        return open!.values.base + open!.count * element.stride
    }

    /// As many rows as that were initialised.
    @usableFromInline mutating func added(_ count: Int) {
        open!.count += count
        open!.values.setInitialized(count: open!.count)
    }

    /// Says the key and time of the rows that were added since it was last said.
    mutating func label(code: UInt64, time: Int64) {
        open?.label(code: code, time: time)
        var at = full.endIndex
        while at > 0, full[at - 1].codes.count < full[at - 1].count {
            at -= 1
            full[at].label(code: code, time: time)
        }
    }

    /// Lets go of the rows that were added since their key was last said: whoever made them has failed.
    mutating func dropUnlabelled() {
        open?.dropUnlabelled()
        if open?.count == 0 { open = nil }
        while var last = full.popLast() {
            last.dropUnlabelled()
            guard last.count == 0 else { return full.append(last) }
        }
    }

    private mutating func close() {
        guard let rows = open else { return }
        full.append(rows)
        open = nil
    }

    /// The next batch, or nil when there are no rows.
    mutating func take(_ keys: JoinKeys, origin: Origin, sequence: inout UInt64, watermark: Timestamp) -> Batch? {
        if full.isEmpty, let open, open.count > 0 { close() }
        guard !full.isEmpty else { return nil }
        let rows = full.removeFirst()
        let times = Column<Int64>(capacity: rows.count)
        for (row, time) in rows.times.enumerated() { times.values[row] = time }
        defer { sequence += UInt64(rows.count) }
        return Batch(
            origin: origin, baseSequence: sequence, rowCount: rows.count, times: times, values: rows.values,
            keys: keys.column(rows.codes), watermark: watermark)
    }
}
