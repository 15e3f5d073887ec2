internal import PenstockEvents

// What is kept of the keys goes into a checkpoint by key group. Rows leave in the step in which they are made, so none is waiting then.
extension OrderedWindows {
    var nextSequence: UInt64 {
        get { due.nextSequence }
        set { due.nextSequence = newValue }
    }

    func snapshot(into state: inout StateWriter) throws {
        state.chunk { writeProgress(&$0) }
        for (group, slots) in keys.slots(byKeyGroup: options.aggregate.isKeyed) {
            try state.chunk(group: group) { chunk in
                chunk.put(StateKind.keys.rawValue)
                for slot in slots {
                    guard slot < windows.count, let window = windows[slot] else { continue }
                    keys.write(slot, into: &chunk)
                    try write(window, into: &chunk)
                    chunk.put(instants.end(slot) ?? .max)
                }
            }
        }
        try waiting.snapshot(into: &state, byKeyGroup: options.aggregate.isKeyed)
    }

    private func write(_ window: OpenWindow, into chunk: inout StateEncoder) throws {
        for number in [window.count, window.fresh, window.given] { chunk.put(UInt64(number)) }
        chunk.put(window.first)
        chunk.put(window.last)
        chunk.put(window.rows != nil)
        try window.rows?.write(into: &chunk)
        guard store.isWritable else { return }
        chunk.put(window.state != nil)
        if let state = window.state {
            try store.write(state, into: &chunk)
        }
    }

    mutating func restore(_ chunks: [StateChunk]) throws {
        try restore(chunks) { windows, kind, decoder in
            switch kind {
            case .progress: break
            case .keys: while !decoder.isAtEnd { try windows.restoreKey(&decoder) }
            case .waiting: windows.waiting.add(try decoder.batch(of: windows.options.input))
            case .finished: throw StateDamaged()
            }
        }
    }

    private mutating func restoreKey(_ decoder: inout StateDecoder) throws {
        let slot = try keys.read(&decoder)
        while windows.count <= slot { windows.append(nil) }
        var window = OpenWindow()
        window.count = Int(try decoder.integer(UInt64.self))
        window.fresh = Int(try decoder.integer(UInt64.self))
        window.given = Int(try decoder.integer(UInt64.self))
        window.first = try decoder.integer()
        window.last = try decoder.integer()
        if try decoder.bool() {
            let rows = KeptRows(knownElement)
            try rows.read(&decoder)
            window.rows = rows
        }
        if store.isWritable {
            if try decoder.bool() {
                window.state = try store.read(&decoder)
            }
        } else if let rows = window.rows, rule.slidingSize == nil, !rule.startsAgain {
            let state = store.allocate()
            try rows.fold(into: state, of: store, options.stage)
            window.state = state
        }
        windows[slot] = window
        instants.add(try decoder.integer(), slot)
    }
}
