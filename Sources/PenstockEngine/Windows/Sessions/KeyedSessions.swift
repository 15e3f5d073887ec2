internal import PenstockEvents

/// Aggregates events in sessions: of each key, or of the whole stream where it has no keys.
///
/// An aggregate for which order does not matter adds each event to the state of its session at once; others keep the events until the
/// session has ended. A session ends when the watermark has reached its end plus the allowed lateness; the output's watermark stays
/// behind by the lateness, so that no row is late.
struct KeyedSessions: NumberedProcessor, SidedProcessor {
    private let stage: StageName
    private let windows: SessionWindows
    private let lateness: Int64
    private let aggregate: Aggregate
    private let origin: Origin
    private let batchEvents: Int

    let store: AggregateStore
    var table: SessionTable
    /// The events of open sessions where their order matters.
    private(set) var kept: KeptEvents?
    private let input: ValueType
    var interner = KeyInterner()
    private var internedAtLastSweep = 1024
    private var scratch = SessionScratch()

    var time = StageTime()
    private var ended: [EndedSession] = []
    private var given = 0
    var sequence: UInt64 = 0
    /// The number of the first row of this run.
    var baseSequence: UInt64 = 0
    private(set) var statistics = OperatorStatistics()
    var side = SideRows()

    init(_ windows: SessionWindows, _ options: WindowStageOptions) {
        stage = options.stage
        self.windows = windows
        aggregate = options.aggregate
        lateness = aggregate.emission.allowedLateness
        origin = options.origin
        batchEvents = options.batchEvents
        store = aggregate.makeStore(of: options.input)
        store.failures = FailedEvents(options.stage)
        input = options.input
        table = SessionTable(store)
        kept = store.kernel.isOrderFree ? nil : KeptEvents(stage: stage, store.kernel.numbers, of: options.input)
    }

    mutating func accept(_ element: StreamElement) throws {
        if case .batch(let batch) = element {
            try add(batch)
            side.finish(batch)
        }
        time.observe(element)
    }

    mutating func next() throws -> StreamElement? {
        if let rows = try takeRows() { return rows }
        if reached > forwarded {
            endSessions(by: reached.nanoseconds)
            if let rows = try takeRows() { return rows }
        }
        forgetKeys()
        return time.next(reached)
    }

    /// The watermark less the lateness: sessions that end by then have ended.
    private var reached: Timestamp { watermark.held(by: lateness) }

    mutating func report(to failures: FailedEvents) {
        store.failures = failures
        // What is added at once would have to be taken out again where sessions cannot become one.
        if failures.goesOn, kept == nil { kept = KeptEvents(stage: stage, store.kernel.numbers, of: input) }
    }

    func measure() -> StateMeasure {
        var measure = StateMeasure(keys: table.keyCount, bytes: table.byteCount + store.byteCount + interner.byteCount)
        if let kept { measure.add(events: kept.count, bytesEach: kept.bytesEach) }
        (measure.openWindows, measure.firstEnd) = table.open
        return measure
    }

    // MARK: Adding

    private mutating func add(_ batch: Batch) throws {
        if let combined = batch.combined { return try merge(batch, combined) }
        var onTime = batch
        if !batch.behind.isEmpty { onTime.selection = withoutLateRows(batch) }
        if store.failures.goesOn, case .each(let kernel) = windows.gap {
            onTime.selection = try withoutIllegalGaps(onTime, kernel)
        }
        let rows = onTime.rows
        guard rows.count > 0 else { return }
        let slots = scratch.slots(rows.count)
        let bad = table.assign(
            rows, times: batch.times.values, codes: codes(of: onTime), gaps: try gaps(of: onTime), to: slots)
        if let bad { throw illegalGap(onTime, row: rows[bad]) }
        if let kept {
            try kept.keep(onTime, slots: slots)
        } else {
            try store.fold(onTime, rows: rows, slots: slots, stage)
        }
        try mergeSessions()
        // The rows are named by memory that only `onTime` keeps.
        withExtendedLifetime(onTime) {}
    }

    /// Adds pieces of sessions to which events were combined before they came here.
    private mutating func merge(_ batch: Batch, _ combined: CombinedRows) throws {
        guard let ends = combined.ends else { preconditionFailure("pieces of sessions without ends reached \(stage)") }
        let rows = batch.rows
        let (slots, lengths) = (scratch.slots(rows.count), scratch.lengths(batch.rowCount))
        for k in 0..<rows.count { lengths[rows[k]] = ends.values[rows[k]] - batch.times.values[rows[k]] }
        let bad = table.assign(
            rows, times: batch.times.values, codes: codes(of: batch), gaps: SessionGaps(fixed: 0, each: lengths),
            to: slots)
        precondition(bad == nil, "a piece of a session that is longer than a session may be")
        do { try store.merge(batch, slots: slots) } catch { throw EngineError.stage(stage, error) }
        try mergeSessions()
        withExtendedLifetime(batch) {}
    }

    /// The rows of a batch less those that are late, which are counted.
    private mutating func withoutLateRows(_ batch: Batch) -> Selection {
        let onTime = Column<UInt32>(capacity: batch.count)
        var count = 0
        batch.forEachMarkedRow { row, mark in
            if let mark, batch.times.values[row] + lateness <= mark.watermark.nanoseconds {
                statistics.lateEvents += 1
                side.put(row, at: .late)
            } else {
                onTime.values[count] = UInt32(row)
                count += 1
            }
        }
        return Selection(onTime, count: count)
    }

    /// The rows of a batch less those whose gap is none.
    private mutating func withoutIllegalGaps(_ batch: Batch, _ kernel: NumberKernel) throws -> Selection {
        let gaps = try scratch.gaps(kernel, batch, stage)
        let kept = Column<UInt32>(capacity: batch.count)
        var count = 0
        try batch.forEachRow { row throws in
            if gaps[row] > 0, gaps[row] <= SessionWindows.longest {
                kept.values[count] = UInt32(row)
                count += 1
            } else {
                let gap = IllegalGap(
                    stage: stage, sequence: batch.baseSequence + UInt64(row),
                    time: Timestamp(nanoseconds: batch.times.values[row]), gap: gaps[row])
                try store.failures.refuse(batch, row: row, gap)
            }
        }
        return Selection(kept, count: count)
    }

    private mutating func codes(of batch: Batch) -> UnsafePointer<UInt64> {
        guard aggregate.isKeyed else { return UnsafePointer(scratch.noCodes(batch.rowCount)) }
        guard let keys = batch.keys else { preconditionFailure("events without a key reached \(stage)") }
        guard keys.arena != nil else { return UnsafePointer(keys.hashes.values) }
        let codes = scratch.codes(batch.rowCount)
        batch.forEachRow { codes[$0] = interner.code(keys, $0) }
        return UnsafePointer(codes)
    }

    private mutating func gaps(of batch: Batch) throws -> SessionGaps {
        switch windows.gap {
        case .fixed(let gap): SessionGaps(fixed: gap, each: nil)
        case .each(let kernel): SessionGaps(fixed: 0, each: try scratch.gaps(kernel, batch, stage))
        }
    }

    private mutating func mergeSessions() throws {
        try table.takeMerges { [kept, store, stage] merge in
            if let kept {
                kept.merge(merge.later, into: merge.into)
            } else {
                do { try store.merge(merge.later, into: merge.into) } catch { throw EngineError.stage(stage, error) }
            }
            store.free(merge.later)
        }
    }

    private mutating func illegalGap(_ batch: Batch, row: Int) -> any Error {
        guard case .each(let kernel) = windows.gap, let gap = try? scratch.gaps(kernel, batch, stage)[row] else {
            preconditionFailure("a fixed gap that is none passed the plan")
        }
        let time = Timestamp(nanoseconds: batch.times.values[row])
        let sequence = batch.baseSequence + UInt64(row)
        return EngineError.stageFailed(
            stage: stage, sequence: sequence, time: time,
            IllegalGap(stage: stage, sequence: sequence, time: time, gap: gap))
    }

    // MARK: Ending

    /// Takes out the sessions that have ended and puts them in the order of their rows: by end, then by key.
    private mutating func endSessions(by limit: Int64) {
        table.takeEnded(by: limit, into: &ended)
        guard ended.count > 1 else { return }
        if interner.count == 0 {
            ended.sort { a, b in a.end != b.end ? a.end < b.end : SplitMix64.unmix(a.code) < SplitMix64.unmix(b.code) }
        } else {
            ended.sort { [interner] a, b in a.end != b.end ? a.end < b.end : interner.precedes(a.code, b.code) }
        }
    }

    private mutating func takeRows() throws -> StreamElement? {
        guard given < ended.count else { return nil }
        let sessions = ended[given..<min(given + batchEvents, ended.count)]
        var rows = ClosedRows()
        for session in sessions {
            if let kept {
                store.turn = session.end + lateness
                defer { store.turn = nil }
                try kept.fold(session.slot, in: store)
            }
            rows.append(
                code: session.code, key: interner.key(session.code), window: session.window, pane: Pane(),
                time: session.end)
        }
        try store.putResults(of: sessions.map(\.slot), into: &rows, aggregate, delay: lateness)
        for session in sessions { store.free(session.slot) }
        given += sessions.count
        if given == ended.count {
            ended.removeAll(keepingCapacity: true)
            given = 0
        }
        defer { sequence += UInt64(rows.count) }
        return .batch(rows.batch(aggregate, origin: origin, baseSequence: sequence, watermark: forwarded))
    }

    /// Lets go of long keys without an open session, whenever their number has doubled.
    private mutating func forgetKeys() {
        guard interner.count > internedAtLastSweep * 2 else { return }
        interner.keepOnly(table.codes)
        internedAtLastSweep = max(interner.count, 1024)
    }
}

/// Memory for what is worked out of a batch, used again for the next one.
private struct SessionScratch {
    private var slots = Column<UInt32>(capacity: 1)
    private var codes = Column<UInt64>(capacity: 1)
    private var zeros = Column<UInt64>(capacity: 0)
    private var gaps = NumberScratch()
    private var lengths = Column<Int64>(capacity: 1)

    mutating func lengths(_ rows: Int) -> UnsafeMutablePointer<Int64> {
        if lengths.capacity < rows { lengths = Column(capacity: rows) }
        return lengths.values
    }

    mutating func slots(_ count: Int) -> UnsafeMutablePointer<UInt32> {
        if slots.capacity < count { slots = Column(capacity: count) }
        return slots.values
    }

    mutating func codes(_ rows: Int) -> UnsafeMutablePointer<UInt64> {
        if codes.capacity < rows { codes = Column(capacity: rows) }
        return codes.values
    }

    /// The one code of a stream without keys, for each row.
    mutating func noCodes(_ rows: Int) -> UnsafeMutablePointer<UInt64> {
        if zeros.capacity < rows {
            zeros = Column(capacity: rows)
            zeros.values.initialize(repeating: 0, count: rows)
        }
        return zeros.values
    }

    mutating func gaps(_ kernel: NumberKernel, _ batch: Batch, _ stage: StageName) throws -> UnsafePointer<Int64> {
        try gaps.numbers(of: Int64.self, kernel, batch, stage)
    }
}
