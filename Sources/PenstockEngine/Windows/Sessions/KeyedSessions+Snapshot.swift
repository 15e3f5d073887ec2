internal import PenstockEvents

// The state of the sessions in a checkpoint: by key group the open sessions of its keys, the oldest of a key first, and behind each its
// state, or its events where their order matters.
extension KeyedSessions {
    func snapshot(into state: inout StateWriter) throws {
        let coding = try kept?.coding() ?? store.stateCoding()
        state.chunk { chunk in
            StageProgress(watermark: watermark, forwarded: forwarded, base: baseSequence, sequence: sequence)
                .write(&chunk)
        }
        // An entry is a code and its place in the table.
        let keys = GroupedEntries(width: 2, capacity: table.keyCount, displaced: interner.displaced) { entries in
            table.writePlaces(to: entries)
        }
        for group in 0..<GroupedEntries.groupCount where keys.count(in: group) > 0 {
            let byteCount = 64 + keys.count(in: group) * (40 + (coding.plainByteCount ?? 32))
            try state.chunk(group: UInt16(group), byteCount: byteCount) { chunk in
                try keys.withEntries(of: group) { entries in
                    let places = stride(from: 0, to: entries.count, by: keys.width)
                    KeyBook.write(places.lazy.map { entries[$0] }, of: interner, &chunk)
                    chunk.put(UInt64(keys.count(in: group)))
                    for at in places { try write(table.entries[Int(entries[at + 1])], coding, &chunk) }
                }
            }
        }
    }

    mutating func restore(_ state: [StateChunk]) throws {
        let coding = try kept?.coding() ?? store.stateCoding()
        var progress = StageProgress()
        for chunk in state {
            var decoder = StateDecoder(chunk)
            if chunk.group == nil {
                try progress.merge(&decoder)
            } else {
                try restoreGroup(&decoder, coding)
            }
        }
        (watermark, forwarded) = (progress.watermark, progress.forwarded)
        (baseSequence, sequence) = (progress.sequence, progress.sequence)
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
    /// Writes the code and the place of each key that has an open session, in no particular order, and gives their number.
    fileprivate func writePlaces(to target: UnsafeMutablePointer<UInt64>) -> Int {
        var count = 0
        for at in 0...mask where entries[at].session.slot != Entry.vacant {
            (target[count * 2], target[count * 2 + 1]) = (entries[at].code, UInt64(at))
            count += 1
        }
        return count
    }
}
