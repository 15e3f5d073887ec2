internal import PenstockEvents

// Putting windows together: at their last instant, after late events, and early.
extension StateTimeWindows {
    private var emission: Emission { options.aggregate.emission }

    /// Puts the next window together that is due; false when there is none.
    mutating func fireNext() throws -> Bool {
        let starts = slices.lazy.map(\.start)
        let firing =
            behind.isEmpty
            ? firings.next(starts, watermark: watermark.nanoseconds)
            : firings.next(Array(starts) + behind.map(\.slice), watermark: watermark.nanoseconds)
        switch firing {
        case nil: return false
        case .onTime(let end):
            try put(window(endingAt: end), timing: .onTime) { $0.watermark < end - 1 }
            if emission.lateRows == .eachEvent {
                let kept = behind
                for index in kept.indices where kept[index].watermark >= end - 1 && isInside(kept[index], end) {
                    try putUpdate(end, kept[index].code, events: index + 1)
                }
            }
            seen[end] = nil
        case .expiry(let end):
            let late = behind.filter { isInside($0, end) && takesLate($0.watermark, end) }
            if emission.lateRows == .onExpiry, !late.isEmpty {
                try put(window(endingAt: end), timing: .late, keys: Set(late.map(\.code))) { [emission] in
                    $0.takes(end, emission)
                }
            }
            given[end] = nil
        }
        hasFired = true
        return true
    }

    /// Lets go of what no window needs any more. Rows that have not been given out may still name the states.
    mutating func dropDoneSlices() {
        guard hasFired else { return }
        hasFired = false
        let (firings, store) = (firings, store)
        slices.removeAll { slice in
            guard firings.isDone(slice: slice.start) else { return false }
            slice.slots.forEach { _, slot in store.free(slot) }
            return true
        }
        if !behind.isEmpty { behind.removeAll { firings.isDone(slice: $0.slice) } }
    }

    /// An event that is behind has been kept: its windows may ask for rows before they are put together as a whole.
    mutating func noteBehind(slice: Int64, _ code: UInt64, watermark: Int64) throws {
        guard emission.earlyEvery != nil || emission.lateRows == .eachEvent else { return }
        for end in ends(ofSlice: slice) {
            if watermark < end - 1 {
                try countForEarlyRow(end, code)
            } else if emission.lateRows == .eachEvent, takesLate(watermark, end),
                let closed = firings.lastOnTime, end <= closed
            {
                try putUpdate(end, code, events: behind.count)
            }
        }
    }

    /// Adds rows one by one, so that each can be followed by an early row.
    mutating func addOneByOne(_ batch: Batch, _ codes: UnsafePointer<UInt64>) throws {
        for k in 0..<batch.count {
            let row = batch.rows[k]
            guard let slice = windows.slice(containing: batch.times.values[row]) else {
                statistics.outsideEvents += 1
                side.put(row, at: .outside)
                continue
            }
            var index = UInt32(row)
            try withUnsafePointer(to: &index) { try add(batch, Rows(count: 1, indices: $0), codes) }
            for end in ends(ofSlice: slice.start) { try countForEarlyRow(end, codes[row]) }
        }
    }

    // MARK: Rows

    private mutating func countForEarlyRow(_ end: Int64, _ code: UInt64) throws {
        guard let every = emission.earlyEvery else { return }
        let count = (seen[end]?[code] ?? 0) + 1
        seen[end, default: [:]][code] = count
        guard count % every == 0 else { return }
        try put(window(endingAt: end), timing: .early, keys: [code]) { $0.watermark < end - 1 }
    }

    /// The row of a key after a late event, over the first `events` of those that are behind.
    private mutating func putUpdate(_ end: Int64, _ code: UInt64, events: Int) throws {
        let kept = behind
        defer { behind = kept }
        behind = Array(kept.prefix(events))
        try put(window(endingAt: end), timing: .late, keys: [code]) { [emission] in $0.takes(end, emission) }
    }

    /// Puts a window together of all keys or of some, and of the events behind that `includes` names.
    mutating func put(
        _ window: WindowSpan, timing: Pane.Timing, keys: Set<UInt64>? = nil, _ includes: (BehindRow) -> Bool
    ) throws {
        let (slots, temporary) = try assemble(window, timing, keys, includes)
        guard !slots.isEmpty else { return }
        let end = window.end.nanoseconds
        let isFinal =
            timing == .late ? emission.lateRows == .onExpiry : timing == .onTime && emission.allowedLateness == 0
        let mayRepeat = emission.allowedLateness > 0 || emission.givesEarlyRows
        var counts = mayRepeat ? given.removeValue(forKey: end) ?? [:] : [:]
        let entries = slots.map { code, slot in
            let pane = Pane(
                index: counts[code] ?? 0, timing: timing, isFinal: isFinal, isComplete: timing != .early)
            if mayRepeat { counts[code, default: 0] += 1 }
            return FiredRows.Entry(code: code, slot: slot, pane: pane)
        }
        if mayRepeat, emission.allowedLateness > 0 || timing == .early { given[end] = counts }
        closing.append(FiredRows(window, entries, temporary: temporary, interner))
    }

    /// The state of each key over a window; the second list names those that are to be freed.
    private func assemble(
        _ window: WindowSpan, _ timing: Pane.Timing, _ keys: Set<UInt64>?, _ includes: (BehindRow) -> Bool
    ) throws -> (slots: [(code: UInt64, slot: UInt32)], temporary: [UInt32]) {
        let (start, end) = (window.start.nanoseconds, window.end.nanoseconds)
        // Events that are behind are added now.
        store.turn = timing == .late ? end - 1 + emission.allowedLateness : end - 1
        defer { store.turn = nil }
        let inside = slices.filter { $0.start >= start && $0.start < end }
        let late = behind.filter { isInside($0, end) && includes($0) && keys?.contains($0.code) ?? true }
        var slots: [(UInt64, UInt32)] = []
        if keys == nil, inside.count == 1, late.isEmpty {
            slots.reserveCapacity(inside[0].slots.count)
            inside[0].slots.forEach { slots.append(($0, $1)) }
            return (slots, [])
        }
        var merged = SlotTable()
        let lateParts = Dictionary(grouping: late, by: \.part)
        var remaining = lateParts.keys.sorted()[...]
        do {
            // Slices are in order of time and origin; the late events of a slice and origin stand behind its own.
            for slice in inside {
                while let part = remaining.first, part < slice.part {
                    try mergeLate(lateParts[part] ?? [], into: &merged)
                    remaining.removeFirst()
                }
                try merge(slice.slots, keys, into: &merged)
            }
            for part in remaining { try mergeLate(lateParts[part] ?? [], into: &merged) }
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError.stage(options.stage, error)
        }
        merged.forEach { slots.append(($0, $1)) }
        return (slots, slots.map(\.1))
    }

    private func mergeLate(_ rows: [BehindRow], into merged: inout SlotTable) throws {
        var apart = SlotTable()
        for row in rows {
            let slot = apart.slot(row.code, store.allocate)
            try store.fold(row.batch, rows: row.batch.rows, into: slot, options.stage)
        }
        try merge(apart, nil, into: &merged)
        apart.forEach { _, slot in store.free(slot) }
    }

    private func merge(_ later: SlotTable, _ keys: Set<UInt64>?, into merged: inout SlotTable) throws {
        if let keys {
            // No key's state depends on the order of the keys.
            for code in keys {
                if let slot = later[code] { try store.merge(slot, into: merged.slot(code, store.allocate)) }
            }
        } else {
            try later.forEach { code, slot in try store.merge(slot, into: merged.slot(code, store.allocate)) }
        }
    }

    // MARK: Windows

    func window(endingAt end: Int64) -> WindowSpan { WindowSpan(end - windows.size, end) }

    func ends(ofSlice start: Int64) -> StrideThrough<Int64> {
        stride(from: windows.firstEnd(ofSlice: start), through: windows.lastEnd(ofSlice: start), by: Int(windows.every))
    }

    private func isInside(_ row: BehindRow, _ end: Int64) -> Bool {
        row.slice >= end - windows.size && row.slice < end
    }

    /// Whether an event that was read at this watermark is one of the window's late events.
    private func takesLate(_ watermark: Int64, _ end: Int64) -> Bool {
        watermark >= end - 1 && watermark < end - 1 + emission.allowedLateness
    }
}

extension BehindRow {
    /// Whether the window that ends at `end` takes the event, on time or late.
    fileprivate func takes(_ end: Int64, _ emission: Emission) -> Bool {
        watermark < end - 1 + emission.allowedLateness
    }
}
