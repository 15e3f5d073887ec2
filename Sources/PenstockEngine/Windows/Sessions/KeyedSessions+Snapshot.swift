internal import PenstockEvents

// The state of the sessions in a checkpoint: by key group the open sessions of its keys, the oldest of a key first, and behind each its
// state, or its events where their order matters.
extension KeyedSessions {
    func snapshot(into state: inout StateWriter) throws {
        let coding = try kept?.coding() ?? store.stateCoding()
        state.chunk { chunk in
            progress.write(&chunk)
        }
        let keys = GroupedEntries(width: 4, capacity: table.keyCount, displaced: interner.displaced) { entries in
            table.write(to: entries)
        }
        for group in 0..<GroupedEntries.groupCount where keys.count(in: group) > 0 {
            let byteCount = 64 + keys.count(in: group) * (40 + (coding.plainByteCount ?? 32))
            try state.chunk(group: UInt16(group), byteCount: byteCount) { chunk in
                try keys.withEntries(of: group) { entries in
                    let places = stride(from: 0, to: entries.count, by: keys.width)
                    KeyBook.write(places.lazy.map { entries[$0] }, of: interner, &chunk)
                    chunk.put(UInt64(keys.count(in: group)))
                    if kept == nil, let size = coding.plainByteCount {
                        writePlain(entries, stateBytes: size, &chunk)
                        return
                    }
                    for at in places { try write(SessionTable.Entry(words: entries, at), coding, &chunk) }
                }
            }
        }
    }

    mutating func restore(_ state: [StateChunk]) throws {
        let coding = try kept?.coding() ?? store.stateCoding()
        try restore(state, group: { try $0.restoreGroup(&$1, coding) })
    }

    /// What `write` writes of each entry, in one go.
    private func writePlain(
        _ entries: UnsafeBufferPointer<UInt64>, stateBytes: Int, _ chunk: inout StateEncoder
    ) {
        let places = stride(from: 0, to: entries.count, by: 4)
        var sessions = entries.count / 4
        for at in places where entries[at + 3] >> 32 != SessionTable.Entry.none {
            sessions += table.lists.all(SessionTable.Entry(words: entries, at).list).count
        }
        chunk.put(byteCount: entries.count / 4 * 12 + sessions * (16 + stateBytes)) { filler in
            func put(_ session: OpenSession) {
                filler.put(raw: session.first)
                filler.put(raw: session.end)
                filler.put(store.address(session.slot), byteCount: stateBytes)
            }
            for at in places {
                let entry = SessionTable.Entry(words: entries, at)
                filler.put(raw: entry.code)
                guard entry.list != SessionTable.Entry.none else {
                    filler.put(raw: UInt32(1))
                    put(entry.session)
                    continue
                }
                let older = table.lists.all(entry.list)
                filler.put(raw: UInt32(older.count + 1))
                for session in older { put(session) }
                put(entry.session)
            }
        }
    }

    private func write(
        _ entry: SessionTable.Entry, _ coding: any ValueCoding, _ chunk: inout StateEncoder
    ) throws {
        let older = table.lists.all(entry.list)
        chunk.put(entry.code)
        chunk.put(UInt32(older.count + 1))
        for session in older { try write(session, coding, &chunk) }
        try write(entry.session, coding, &chunk)
    }

    private func write(_ session: OpenSession, _ coding: any ValueCoding, _ chunk: inout StateEncoder) throws {
        chunk.put(session.first)
        chunk.put(session.end)
        if let kept {
            try kept.write(session.slot, coding, &chunk)
        } else {
            try store.write(CollectionOfOne(session.slot), coding, &chunk)
        }
    }

    private mutating func restoreGroup(_ chunk: inout StateDecoder, _ coding: any ValueCoding) throws {
        let renamed = try KeyBook.read(&chunk, into: &interner)
        for _ in 0..<(try chunk.count()) {
            let code = renamed.code(try chunk.integer())
            for _ in 0..<(try chunk.integer(UInt32.self)) {
                let slot = table.restore((try chunk.integer(), try chunk.integer()), of: code)
                if let kept {
                    try kept.read(slot, coding, &chunk)
                } else {
                    try store.read(slot, coding, &chunk)
                }
            }
        }
    }
}

extension SessionTable {
    /// Writes each entry that is taken as four words, in no particular order, and gives their number.
    fileprivate func write(to target: UnsafeMutablePointer<UInt64>) -> Int {
        var count = 0
        for at in 0...mask where entries[at].session.slot != Entry.vacant {
            let entry = entries[at]
            target[count &* 4] = entry.code
            target[count &* 4 &+ 1] = UInt64(bitPattern: entry.session.first)
            target[count &* 4 &+ 2] = UInt64(bitPattern: entry.session.end)
            target[count &* 4 &+ 3] = UInt64(entry.list) << 32 | UInt64(entry.session.slot)
            count &+= 1
        }
        return count
    }
}

extension SessionTable.Entry {
    /// The entry of the four words behind `at`.
    @inline(__always) fileprivate init(words: UnsafeBufferPointer<UInt64>, _ at: Int) {
        self.init(
            code: words[at],
            session: OpenSession(
                first: Int64(bitPattern: words[at &+ 1]), end: Int64(bitPattern: words[at &+ 2]),
                slot: UInt32(truncatingIfNeeded: words[at &+ 3])),
            list: UInt32(truncatingIfNeeded: words[at &+ 3] >> 32))
    }
}
