internal import PenstockEvents

// What is known of the keys goes into a checkpoint by key group, what is known of time once an instance.
extension KeyedProcessor {
    func snapshot(into state: inout StateWriter) throws {
        state.chunk { chunk in
            chunk.put(StateKind.progress.rawValue)
            chunk.put(watermark.nanoseconds)
            chunk.put(forwarded.nanoseconds)
            chunk.put(max(last, waiting.latest))
            chunk.put(due.nextSequence)
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
        var instances: [(watermark: Int64, forwarded: Int64)] = []
        for chunk in chunks {
            var decoder = StateDecoder(chunk)
            switch try StateKind(&decoder) {
            case .progress:
                instances.append((try decoder.watermark().nanoseconds, try decoder.watermark().nanoseconds))
                last = max(last, try decoder.integer())
                due.nextSequence = max(due.nextSequence, try decoder.integer())
                asideSequence = max(asideSequence, try decoder.integer())
            case .keys:
                while !decoder.isAtEnd { try restoreKey(&decoder) }
            case .finished:
                try finished.restore(&decoder)
            case .waiting:
                waiting.add(try decoder.batch(of: ValueType(P.In.self)))
            }
        }
        watermark = Timestamp(nanoseconds: instances.map(\.watermark).min() ?? .min)
        forwarded = Timestamp(nanoseconds: instances.map(\.forwarded).min() ?? .min)
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
