internal import PenstockEvents

// What is known of the keys goes into a checkpoint by key group, what is known of time once an instance.
extension KeyedProcessor {
    var nextSequence: UInt64 {
        get { due.nextSequence }
        set { due.nextSequence = newValue }
    }

    func snapshot(into state: inout StateWriter) throws {
        state.chunk { chunk in
            writeProgress(&chunk)
            chunk.put(asideSequence)
        }
        finished.snapshot(into: &state, byKeyGroup: options.isKeyed)
        var rows: [Int: [DueRows<P.Out>.Row]] = [:]
        for row in due.waiting { rows[row.slot, default: []].append(row) }
        for (group, slots) in keys.slots(byKeyGroup: options.isKeyed) {
            let spilled = try tables.spilledStates(of: slots)
            try state.chunk(group: group) { chunk in
                chunk.put(StateKind.keys.rawValue)
                for slot in slots {
                    keys.write(slot, into: &chunk)
                    try tables.write(slot, spilled: spilled, into: &chunk)
                    chunk.put(timers.timers(of: slot))
                    chunk.put(clockTimers.queue.timers(of: slot))
                    let rows = rows[slot] ?? []
                    chunk.put(UInt64(rows.count))
                    for row in rows {
                        chunk.put(row.time)
                        try chunk.put(value: row.value)
                    }
                }
            }
        }
        try waiting.snapshot(into: &state, byKeyGroup: options.isKeyed)
    }

    mutating func restore(_ chunks: [StateChunk]) throws {
        try restore(chunks) { processor, kind, decoder in
            switch kind {
            case .progress: processor.asideSequence = max(processor.asideSequence, try decoder.integer())
            case .keys: while !decoder.isAtEnd { try processor.restoreKey(&decoder) }
            case .finished: try processor.finished.restore(&decoder)
            case .waiting: processor.waiting.add(try decoder.batch(of: ValueType(P.In.self)))
            }
        }
    }

    private mutating func restoreKey(_ decoder: inout StateDecoder) throws {
        let slot = try keys.read(&decoder)
        while pins.count <= slot { pins.append(0) }
        try tables.read(slot, from: &decoder)
        if let end = tables.deadline(slot) { expiries.add(end, slot) }
        // Those of the machine's clock whose time has come meanwhile fire when the run goes on.
        for timer in try decoder.timers() { timers.add(timer, slot: slot, clock: .min, keys) }
        for timer in try decoder.timers() { clockTimers.queue.add(timer, slot: slot, clock: .min, keys) }
        for _ in 0..<(try decoder.integer(UInt64.self)) {
            let time: Int64 = try decoder.integer()
            due.add(try decoder.value(), time: time, slot: slot)
            pins[slot] += 1
        }
        try restoreHold(slot)
        try tables.settle(slot)
    }

    private mutating func restoreHold(_ slot: Int) throws {
        guard let hold = rules.hold else { return }
        holds[slot] = hold(process, KeyedState(tables: tables, slot: try tables.open(slot), clock: .min))
    }
}

extension StateEncoder {
    fileprivate mutating func put(_ timers: [TimerQueue.Timer]) {
        put(UInt64(timers.count))
        for timer in timers {
            put(timer.time)
            put(timer.name.utf8)
        }
    }
}

extension StateDecoder {
    fileprivate mutating func timers() throws -> [TimerQueue.Timer] {
        var timers: [TimerQueue.Timer] = []
        for _ in 0..<(try integer(UInt64.self)) {
            let time: Int64 = try integer()
            timers.append(TimerQueue.Timer(time: time, name: String(decoding: try data(), as: UTF8.self)))
        }
        return timers
    }
}
