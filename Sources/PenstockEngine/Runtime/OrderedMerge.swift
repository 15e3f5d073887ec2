internal import PenstockEvents

/// Puts events of several origins into canonical order: by effective time, then by origin, then by sequence.
///
/// The sequence of the rows of a keyed stage, whose instances are one origin, begins with the canonical bytes of the key. Rows wait
/// until the watermark has reached their effective time. What comes from one partition or has one key keeps its own order.
struct OrderedMerge: Processor {
    private let batchEvents: Int
    private var waiting: [Batch] = []
    private var due: [RowReference] = []
    private var given = 0
    private var watermark = Timestamp.distantPast
    private var forwarded = Timestamp.distantPast
    private var following = ElementSlot()
    private var sequence: UInt64 = 0

    private struct RowReference {
        let batch: Batch
        let row: Int
        let mark: BehindMark?
        let effectiveTime: Int64
        /// Tells rows apart whose effective time is the end of time.
        var time: Int64 { batch.times.values[row] }
    }

    /// The type of the values, for the rows of a checkpoint.
    private let element: ValueType

    init(batchEvents: Int, of element: ValueType) {
        self.batchEvents = batchEvents
        self.element = element
    }

    mutating func accept(_ element: StreamElement) {
        switch element {
        case .batch(let batch):
            waiting.append(batch)
            watermark = max(watermark, batch.watermark)
        case .watermark(let time):
            watermark = max(watermark, time)
        case .control, .barrier:
            following.put(element)
        case .end:
            watermark = .distantFuture
            following.put(element)
        }
        collect()
    }

    mutating func next() -> StreamElement? {
        if given < due.count { return .batch(takeRows()) }
        due = []
        given = 0
        if let element = following.take() {
            if case .end = element { forwarded = .distantFuture }
            return element
        }
        guard watermark > forwarded else { return nil }
        forwarded = watermark
        return .watermark(watermark)
    }

    func snapshot(into state: inout StateWriter) throws {
        state.chunk { chunk in
            chunk.put(false)
            chunk.put(watermark.nanoseconds)
            chunk.put(forwarded.nanoseconds)
            chunk.put(sequence)
        }
        var groups: [UInt16?: [Batch]] = [:]
        for batch in waiting {
            for (group, part) in batch.partsByGroup { groups[group, default: []].append(part) }
        }
        for (group, parts) in groups.sorted(by: { ($0.key ?? 0) < ($1.key ?? 0) }) {
            try state.chunk(group: group) { chunk in
                chunk.put(true)
                for part in parts { try chunk.put(part) }
            }
        }
    }

    /// Whether a chunk of a checkpoint has events in it.
    static func holdsEvents(_ chunk: StateChunk) -> Bool { chunk.bytes.first == 1 }

    mutating func restore(_ state: [StateChunk]) throws {
        for chunk in state {
            var decoder = StateDecoder(chunk)
            guard try decoder.bool() else {
                watermark = max(watermark, Timestamp(nanoseconds: try decoder.integer()))
                forwarded = max(forwarded, Timestamp(nanoseconds: try decoder.integer()))
                sequence = max(sequence, try decoder.integer())
                continue
            }
            while !decoder.isAtEnd { waiting.append(try decoder.batch(of: element)) }
        }
    }

    private mutating func collect() {
        var reached: [RowReference] = []
        waiting = waiting.compactMap { batch in
            var later: [UInt32] = []
            batch.forEachMarkedRow { row, mark in
                let time = batch.effectiveTime(row, mark)
                if time <= watermark.nanoseconds {
                    reached.append(RowReference(batch: batch, row: row, mark: mark, effectiveTime: time))
                } else {
                    later.append(UInt32(row))
                }
            }
            guard !later.isEmpty else { return nil }
            var rest = batch
            let rows = Column<UInt32>(capacity: later.count)
            for (k, row) in later.enumerated() { rows.values[k] = row }
            rest.selection = Selection(rows, count: later.count)
            return rest
        }
        let order = reached.indices.sorted { i, j in
            let (a, b) = (reached[i], reached[j])
            if a.effectiveTime != b.effectiveTime { return a.effectiveTime < b.effectiveTime }
            if a.batch.origin != b.batch.origin { return a.batch.origin < b.batch.origin }
            // The sequence of a keyed stage's rows begins with their time, which late rows do not share with others of their effective time.
            if a.mark != nil || b.mark != nil, a.batch.keys != nil, a.time != b.time { return a.time < b.time }
            switch a.batch.keyOrder(a.row, b.batch, b.row) {
            case .less: return true
            case .greater: return false
            case .equal: return i < j
            }
        }
        due.append(contentsOf: order.map { reached[$0] })
    }

    private mutating func takeRows() -> Batch {
        let rows = due[given..<min(given + batchEvents, due.count)]
        given += rows.count
        // Where several instances go on from what one had given out, their rows are numbered behind that.
        if let first = rows.first?.batch, first.keys != nil { sequence = max(sequence, first.baseSequence) }
        defer { sequence += UInt64(rows.count) }
        var batch = Batch(gathering: rows.map { ($0.batch, $0.row) }, baseSequence: sequence, watermark: forwarded)
        batch.behind = rows.enumerated().compactMap { k, row in
            row.mark.map { BehindMark(row: UInt32(k), watermark: $0.watermark) }
        }
        return batch
    }
}

extension Batch {
    enum KeyOrder { case less, equal, greater }

    /// How the key of a row compares to that of a row of another batch of the same stream.
    func keyOrder(_ row: Int, _ other: Batch, _ otherRow: Int) -> KeyOrder {
        guard let keys, let otherKeys = other.keys else { return .equal }
        guard let arena = keys.arena, let otherArena = otherKeys.arena else {
            let a = SplitMix64.unmix(keys.hashes.values[row])
            let b = SplitMix64.unmix(otherKeys.hashes.values[otherRow])
            return a < b ? .less : a == b ? .equal : .greater
        }
        return arena.withKey(row) { a in
            otherArena.withKey(otherRow) { b in
                a.elementsEqual(b) ? .equal : a.lexicographicallyPrecedes(b) ? .less : .greater
            }
        }
    }

    /// The rows of each key group; all of them together where they have no keys.
    fileprivate var partsByGroup: [UInt16?: Batch] {
        guard let keys else { return [nil: self] }
        var rows: [UInt16: [UInt32]] = [:]
        forEachRow { row in
            rows[UInt16(KeyRouter.group(of: keys.hashes.values[row])), default: []].append(UInt32(row))
        }
        return Dictionary(
            uniqueKeysWithValues: rows.map { group, rows in
                let column = Column<UInt32>(capacity: rows.count)
                for (k, row) in rows.enumerated() { column.values[k] = row }
                var part = self
                part.selection = Selection(column, count: rows.count)
                return (group, part)
            })
    }

    /// A batch of some rows of other batches, in the given order. Their values are copied by the type's own copying.
    init(gathering rows: [(batch: Batch, row: Int)], baseSequence: UInt64, watermark: Timestamp) {
        precondition(!rows.isEmpty, "a batch of no rows")
        let first = rows[0].batch
        let element = first.values.element
        let values = ValueColumn(element, capacity: rows.count)
        let times = Column<Int64>(capacity: rows.count)
        let hashes = Column<UInt64>(capacity: rows.count)
        var arena = first.keys?.arena == nil ? nil : KeyArena(rowCount: rows.count)
        for (k, (batch, row)) in rows.enumerated() {
            element.copy(batch.values.base + row * element.stride, values.base + k * element.stride)
            times.values[k] = batch.times.values[row]
            guard let keys = batch.keys else { continue }
            hashes.values[k] = keys.hashes.values[row]
            keys.arena?.withKey(row) { key in arena?.append(key, row: k) }
        }
        values.setInitialized(count: rows.count)
        self.init(
            origin: first.origin, baseSequence: baseSequence, rowCount: rows.count, times: times, values: values,
            keys: first.keys == nil ? nil : KeyColumn(hashes: hashes, arena: arena), watermark: watermark)
    }
}
