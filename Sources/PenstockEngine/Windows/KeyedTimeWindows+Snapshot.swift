internal import PenstockEvents

// The state of the windows in a checkpoint: what has been closed once, and by key group the panes with the accumulators of its keys and the
// events that are behind.
extension KeyedTimeWindows {
    func snapshot(into state: inout StateWriter) {
        state.chunk { chunk in
            progress.write(&chunk)
            // Behind the end of input nothing is open: what goes on from there may begin any window anew.
            chunk.put(instant: watermark == .distantFuture ? nil : lastClosedEnd)
        }
        let tables = panes.map { $0.table.grouped(interner.displaced) }
        let late = Dictionary(grouping: behind) { GroupedEntries.group(of: $0.code, interner.displaced) }
        for group in 0..<GroupedEntries.groupCount {
            let inside = panes.indices.filter { tables[$0].count(in: group) > 0 }
            let events = late[group] ?? []
            guard !inside.isEmpty || !events.isEmpty else { continue }
            let words = inside.map { tables[$0].count(in: group) * tables[$0].width }.reduce(0, +)
            state.chunk(group: UInt16(group), byteCount: 64 + 40 * inside.count + 8 * words + 64 * events.count) {
                chunk in
                writeKeys(inside.map { tables[$0] }, group, events, &chunk)
                chunk.put(UInt64(inside.count))
                for index in inside { write(panes[index], tables[index], group, &chunk) }
                chunk.put(UInt64(events.count))
                for event in events { chunk.put(event) }
            }
        }
    }

    mutating func restore(_ state: [StateChunk]) throws {
        try restore(
            state, instance: { $0.lastClosedEnd = latest($0.lastClosedEnd, try $1.instant()) },
            group: { try $0.restoreGroup(&$1) })
    }

    private func writeKeys(
        _ tables: [GroupedEntries], _ group: Int, _ events: [BehindEvent<A.Number>], _ chunk: inout StateEncoder
    ) {
        var codes: [UInt64] = []
        if interner.count > 0 {
            for table in tables {
                table.withEntries(of: group) { words in
                    for at in stride(from: 0, to: words.count, by: table.width) { codes.append(words[at]) }
                }
            }
            codes += events.map(\.code)
        }
        KeyBook.write(codes, of: interner, &chunk)
    }

    private func write(_ pane: SlicePane<A>, _ table: GroupedEntries, _ group: Int, _ chunk: inout StateEncoder) {
        chunk.put(pane.start)
        chunk.put(pane.end)
        chunk.put(pane.origin)
        table.withEntries(of: group) { words in chunk.put(UnsafeRawBufferPointer(words)) }
        let carries = pane.table.carries.filter { GroupedEntries.group(of: $0.key, interner.displaced) == group }
        chunk.put(UInt64(carries.count))
        for (code, carried) in carries.sorted(by: { $0.key < $1.key }) {
            chunk.put(code)
            chunk.put(carried)
        }
    }

    private mutating func restoreGroup(_ chunk: inout StateDecoder) throws {
        let renamed = try KeyBook.read(&chunk, into: &interner)
        for _ in 0..<(try chunk.count()) {
            let slice: (start: Int64, end: Int64) = (try chunk.integer(), try chunk.integer())
            let pane = pane(of: slice, try chunk.origin())
            let entries = try chunk.data()
            guard entries.count.isMultiple(of: MemoryLayout<PaneTable<A>.Slot>.stride) else { throw StateDamaged() }
            entries.withUnsafeBytes { A.insert($0, renamed, into: &pane.table) }
            for _ in 0..<(try chunk.count()) {
                pane.table.carry(renamed.code(try chunk.integer()), try chunk.integer())
            }
        }
        for _ in 0..<(try chunk.count()) { behind.append(try chunk.behindEvent(renamed)) }
    }
}

extension StateEncoder {
    fileprivate mutating func put<Number>(_ event: BehindEvent<Number>) {
        put(event.time)
        put(event.watermark)
        put(event.origin)
        put(event.code)
        put(raw: event.number)
        put(event.slice)
    }
}

extension StateDecoder {
    fileprivate mutating func behindEvent<Number>(_ renamed: [UInt64: UInt64]) throws -> BehindEvent<Number> {
        BehindEvent(
            time: try integer(), watermark: try integer(), origin: try origin(), code: renamed.code(try integer()),
            number: try raw(), slice: try integer())
    }
}
