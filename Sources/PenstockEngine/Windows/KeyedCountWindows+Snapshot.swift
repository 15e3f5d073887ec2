internal import PenstockEvents

// The state of the windows in a checkpoint: by key group the events of the open windows of its keys, and those that wait for their turn.
extension KeyedCountWindows {
    func snapshot(into state: inout StateWriter) {
        state.chunk { chunk in
            progress.write(&chunk)
        }
        let codes = GroupedEntries(codes: Array(keys.keys), displaced: interner.displaced)
        let events = Dictionary(grouping: waiting) { GroupedEntries.group(of: $0.code, interner.displaced) }
        for group in 0..<GroupedEntries.groupCount {
            let events = (events[group] ?? []).sorted()
            guard codes.count(in: group) > 0 || !events.isEmpty else { continue }
            state.chunk(group: UInt16(group)) { chunk in
                codes.withEntries(of: group) { codes in
                    KeyBook.write(Array(codes) + events.map(\.code), of: interner, &chunk)
                    chunk.put(UInt64(codes.count))
                    for code in codes {
                        guard let key = keys[code] else { continue }
                        chunk.put(code)
                        chunk.put(Int64(key.fresh))
                        chunk.put(all: key.numbers)
                        chunk.put(all: key.times)
                    }
                }
                chunk.put(UInt64(events.count))
                for event in events { chunk.put(event) }
            }
        }
    }

    mutating func restore(_ state: [StateChunk]) throws {
        try restore(state, group: { try $0.restoreGroup(&$1) })
    }

    private mutating func restoreGroup(_ chunk: inout StateDecoder) throws {
        let renamed = try KeyBook.read(&chunk, into: &interner)
        for _ in 0..<(try chunk.count()) {
            let code = renamed.code(try chunk.integer())
            var key = KeyState()
            key.fresh = Int(try chunk.integer(Int64.self))
            key.numbers = try chunk.all()
            key.times = try chunk.all()
            keys[code] = key
        }
        for _ in 0..<(try chunk.count()) { waiting.append(try chunk.waitingEvent(renamed)) }
    }
}

extension StateEncoder {
    fileprivate mutating func put<Number>(_ event: WaitingEvent<Number>) {
        put(event.place)
        put(event.code)
        put(raw: event.number)
    }
}

extension StateDecoder {
    fileprivate mutating func waitingEvent<Number>(_ renamed: [UInt64: UInt64]) throws -> WaitingEvent<Number> {
        WaitingEvent(place: try place(), code: renamed.code(try integer()), number: try raw())
    }
}
