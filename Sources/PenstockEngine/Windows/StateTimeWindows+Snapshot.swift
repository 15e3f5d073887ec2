internal import PenstockEvents

// The state of the windows in a checkpoint: what has been put together, and by key group the states of its keys, its events that are behind
// and its counts of rows and events.
extension StateTimeWindows {
    func snapshot(into state: inout StateWriter) throws {
        let coding = try store.stateCoding()
        state.chunk { chunk in
            progress.write(&chunk)
            firings.snapshot(into: &chunk, hasEnded: watermark == .distantFuture)
        }
        let displaced = interner.displaced
        let tables = slices.map { $0.slots.grouped(displaced) }
        let late = Dictionary(grouping: behind.indices) { GroupedEntries.group(of: behind[$0].code, displaced) }
        let counts = [CountsByKey(given, displaced), CountsByKey(seen, displaced)]
        for group in 0..<GroupedEntries.groupCount {
            let inside = slices.indices.filter { tables[$0].count(in: group) > 0 }
            let events = late[group] ?? []
            if inside.isEmpty, events.isEmpty, counts.allSatisfy({ $0[group].isEmpty }) { continue }
            let keys = inside.map { tables[$0].count(in: group) }.reduce(0, +)
            let byteCount = 64 + 40 * inside.count + keys * (8 + (coding.plainByteCount ?? 32)) + 128 * events.count
            try state.chunk(group: UInt16(group), byteCount: byteCount) { chunk in
                writeKeys(inside.map { tables[$0] }, group, events, counts, &chunk)
                chunk.put(UInt64(inside.count))
                for index in inside { try write(slices[index], tables[index], group, coding, &chunk) }
                chunk.put(UInt64(events.count))
                for index in events {
                    chunk.put(UInt64(index))
                    chunk.put(behind[index].code)
                    chunk.put(behind[index].slice)
                    chunk.put(behind[index].watermark)
                    try chunk.put(behind[index].batch)
                }
                for counts in counts { counts.write(group, &chunk) }
            }
        }
    }

    mutating func restore(_ state: [StateChunk]) throws {
        let coding = try store.stateCoding()
        var late: [(index: UInt64, row: BehindRow)] = []
        try restore(
            state, instance: { try $0.firings.restore(&$1) }, group: { try $0.restoreGroup(&$1, coding, &late) })
        // In the order in which they came, whose keys were apart in the checkpoint.
        let order = late.indices.sorted { late[$0].index != late[$1].index ? late[$0].index < late[$1].index : $0 < $1 }
        behind = order.map { late[$0].row }
        noteRestored()
    }

    private func writeKeys(
        _ tables: [GroupedEntries], _ group: Int, _ events: [Int], _ counts: [CountsByKey], _ chunk: inout StateEncoder
    ) {
        var codes: [UInt64] = []
        if interner.count > 0 {
            for table in tables {
                table.withEntries(of: group) { words in
                    for at in stride(from: 0, to: words.count, by: table.width) { codes.append(words[at]) }
                }
            }
            codes += events.map { behind[$0].code }
            // Counts of keys that no open window has any more are not read again.
            for counts in counts { codes += counts[group].map(\.code).filter { interner.key($0) != nil } }
        }
        KeyBook.write(codes, of: interner, &chunk)
    }

    private func write(
        _ slice: StateSlice, _ table: GroupedEntries, _ group: Int, _ coding: any ValueCoding,
        _ chunk: inout StateEncoder
    ) throws {
        chunk.put(slice.start)
        chunk.put(slice.end)
        chunk.put(slice.origin)
        chunk.put(UInt64(table.count(in: group)))
        try table.withEntries(of: group) { words in
            let entries = 0..<words.count / 2
            chunk.put(byteCount: entries.count * 8) { filler in
                for k in entries { filler.put(raw: words[k &* 2]) }
            }
            try store.write(entries.lazy.map { UInt32(words[$0 &* 2 &+ 1]) }, coding, &chunk)
            let slots = entries.map { UInt32(words[$0 &* 2 &+ 1]) }
            chunk.put(all: entries.filter { !store.isFilled(slots[$0]) }.map { UInt64($0) })
        }
    }

    private mutating func restoreGroup(
        _ chunk: inout StateDecoder, _ coding: any ValueCoding, _ late: inout [(index: UInt64, row: BehindRow)]
    ) throws {
        let renamed = try KeyBook.read(&chunk, into: &interner)
        for _ in 0..<(try chunk.count()) {
            let bounds: (start: Int64, end: Int64) = (try chunk.integer(), try chunk.integer())
            let slice = slice(of: bounds, try chunk.origin())
            var codes: [UInt64] = []
            for _ in 0..<(try chunk.count()) { codes.append(renamed.code(try chunk.integer())) }
            for code in codes { try store.read(slice.slots.slot(code, store.allocate), coding, &chunk) }
            for k in try chunk.all(UInt64.self) {
                guard k < codes.count else { throw StateDamaged() }
                store.noteEmpty(slice.slots.slot(codes[Int(k)], store.allocate))
            }
        }
        for _ in 0..<(try chunk.count()) {
            let index: UInt64 = try chunk.integer()
            let code = renamed.code(try chunk.integer())
            let (slice, watermark): (Int64, Int64) = (try chunk.integer(), try chunk.integer())
            let row = BehindRow(
                batch: try chunk.batch(of: options.input), code: code, slice: slice, watermark: watermark)
            late.append((index, row))
        }
        try CountsByKey.read(&chunk, renamed, into: &given)
        try CountsByKey.read(&chunk, renamed, into: &seen)
    }
}

/// Counts by the end of a window and by key, in the order of a checkpoint.
private struct CountsByKey {
    private var groups: [Int: [(end: Int64, code: UInt64, count: Int)]] = [:]

    init(_ counts: [Int64: [UInt64: Int]], _ displaced: [UInt64: UInt64]) {
        for (end, keys) in counts {
            for (code, count) in keys {
                groups[GroupedEntries.group(of: code, displaced), default: []].append((end, code, count))
            }
        }
        for group in groups.keys { groups[group]?.sort { ($0.end, $0.code) < ($1.end, $1.code) } }
    }

    subscript(group: Int) -> [(end: Int64, code: UInt64, count: Int)] { groups[group] ?? [] }

    func write(_ group: Int, _ chunk: inout StateEncoder) {
        chunk.put(UInt64(self[group].count))
        for (end, code, count) in self[group] {
            chunk.put(end)
            chunk.put(code)
            chunk.put(Int64(count))
        }
    }

    static func read(
        _ chunk: inout StateDecoder, _ renamed: [UInt64: UInt64], into counts: inout [Int64: [UInt64: Int]]
    ) throws {
        for _ in 0..<(try chunk.count()) {
            let end: Int64 = try chunk.integer()
            let code = renamed.code(try chunk.integer())
            counts[end, default: [:]][code] = Int(try chunk.integer(Int64.self))
        }
    }
}
