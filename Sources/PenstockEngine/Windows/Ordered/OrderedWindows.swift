internal import PenstockEvents

/// Aggregates events in windows that depend on their order alone: count windows and global windows, each key with its own.
///
/// Events wait until the watermark has reached their effective time and are then added one after the other. What is kept of a key is the
/// state of its aggregate where that can be written into a checkpoint, and the events themselves where it cannot or where windows overlap.
struct OrderedWindows: OrderedProcessor {
    let options: WindowStageOptions
    let rule: OrderedWindowRule
    let store: AggregateStore
    let keys = KeyTable()
    var waiting = PendingRows()
    var windows: [OpenWindow?] = []
    var time = StageTime()
    /// The largest finite time of the input: effective times and watermarks.
    var last = Int64.min
    var due = DueRows<FiredWindow>()
    /// When each key with new events gives its row, where that is at multiples of an interval.
    var instants = ExpiryQueue()
    /// The type of what is added to the aggregate: of the numbers, or of the events.
    private var element: ValueType?
    private var numbers = NumberScratch()
    private(set) var statistics = OperatorStatistics()

    /// What is known of a key.
    struct OpenWindow {
        /// The state of the events in the window, where it is kept.
        var state: UInt32?
        /// The events in the window, where they are kept.
        var rows: KeptRows?
        /// How many events the window has.
        var count = 0
        /// Effective times of the first and the last event.
        var first: Int64 = 0
        var last: Int64 = 0
        /// Events since the last row.
        var fresh = 0
        /// How many rows the key has had.
        var given = 0
        /// How many of its rows have not left.
        var pending = 0
    }

    /// A row, and the state of which its result is made.
    struct FiredWindow {
        let state: UInt32
        let window: WindowSpan
        let pane: Pane
    }

    init(_ rule: OrderedWindowRule, _ options: WindowStageOptions) {
        self.options = options
        self.rule = rule
        store = options.aggregate.makeStore(of: options.input)
        store.failures = FailedEvents(options.stage)
        if rule.isArrivalOrder { waiting = PendingRows(turn: PendingRows.asTheyCome) }
        element =
            options.aggregate.numbers.map { $0.isFloat ? ValueType(Double.self) : ValueType(Int64.self) }
            ?? options.input
    }

    mutating func accept(_ element: StreamElement) throws {
        time.observe(element)
        switch element {
        case .batch(let batch):
            var batch = batch
            if !options.aggregate.isKeyed { batch.keys = nil }
            waiting.add(batch)
            if self.element == nil { self.element = batch.values.element }
            if rule.isArrivalOrder { try addEvents(upTo: .max) }
            try advance(to: watermark.nanoseconds)
        case .watermark:
            try advance(to: watermark.nanoseconds)
        case .control, .barrier:
            break
        case .end:
            // Instants up to the last of the input are reached, those behind it are not: what is left there is not complete.
            try advance(to: max(last, waiting.latest))
            try advance(to: .max)
            try fireRest()
        }
        if rule.isArrivalOrder { due.releaseAll() } else { due.release(upTo: watermark.nanoseconds, keys) }
    }

    mutating func report(to failures: FailedEvents) { store.failures = failures }

    mutating func next() throws -> StreamElement? {
        let baseSequence = due.nextSequence
        if let rows = due.take(options.batchEvents) { return .batch(try batch(rows, baseSequence)) }
        return time.next()
    }

    func measure() -> StateMeasure {
        var measure = StateMeasure(keys: keys.count, bytes: store.byteCount)
        measure.bytes += windows.count * MemoryLayout<OpenWindow?>.stride
        measure.add(events: waiting.count, bytesEach: element?.stride ?? 0)
        for case let window? in windows {
            if window.fresh > 0 { measure.openWindows += 1 }
            if let rows = window.rows { measure.add(events: rows.count, bytesEach: rows.bytesEach) }
        }
        return measure
    }

    // MARK: Adding

    private mutating func advance(to limit: Int64) throws {
        guard limit > .min else { return }
        if limit < .max { last = max(last, limit) }
        try addEvents(upTo: limit)
        if limit < .max { try fireIntervals(before: limit + 1) }
    }

    private mutating func addEvents(upTo limit: Int64) throws {
        let (batches, rows) = waiting.take(upTo: limit)
        for row in rows {
            if row.instant < .max { try fireIntervals(before: row.instant) }
            try add(row, of: batches[row.batch])
        }
        withExtendedLifetime(batches) {}
    }

    private mutating func add(_ row: PendingRows.Row, of batch: Batch) throws {
        let slot = keys.slot(batch.keys, row.row)
        while windows.count <= slot { windows.append(nil) }
        // Taken out while it changes.
        var window = windows[slot] ?? OpenWindow()
        windows[slot] = nil
        let time = batch.times.values[row.row]
        let effective = row.effectiveTime < .max ? row.effectiveTime : time
        var event = UInt32(row.row)
        var isTaken = true
        let isMarker = try withUnsafePointer(to: &event) { event in
            let rows = Rows(count: 1, indices: event)
            let value = try numbers.values(options.aggregate.numbers, batch, rows, options.stage)
            let place = batch.place(row.row, effectiveTime: effective)
            isTaken = try add(value + row.row * knownElement.stride, at: place, to: &window)
            return try rule.isMarker(batch, rows, options.stage)
        }
        guard isTaken else {
            if window.count > 0 || window.pending > 0 { windows[slot] = window } else { keys.remove(slot) }
            return
        }
        if rule.isArrivalOrder {
            window.first = window.count == 1 ? effective : min(window.rows?.earliestTime ?? window.first, effective)
            window.last = window.count == 1 ? effective : max(window.rows?.latestTime ?? window.last, effective)
        } else {
            if window.count == 1 { window.first = effective }
            window.last = effective
        }
        window.fresh += 1
        if rule.isDue(window.fresh) || isMarker { try fire(slot, &window, at: effective) }
        if let interval = rule.interval, window.fresh == 1 {
            instants.add(Self.multiple(of: interval, from: effective), slot)
        }
        windows[slot] = window
    }

    /// Adds an event, and says whether that was possible.
    private func add(_ value: UnsafeRawPointer, at place: EventPlace, to window: inout OpenWindow) throws -> Bool {
        if keepsState, try !addToState(value, at: place, of: &window) { return false }
        window.count += 1
        if keepsRows {
            let rows = window.rows ?? KeptRows(knownElement)
            window.rows = rows
            rows.append(value, at: place)
            if let size = rule.slidingSize, rows.count > size {
                rows.removeFirst(rows.count - size)
                window.count = rows.count
                window.first = rows.firstTime
            }
        }
        return true
    }

    private func addToState(_ value: UnsafeRawPointer, at place: EventPlace, of window: inout OpenWindow) throws -> Bool
    {
        let state = window.state ?? store.allocate()
        window.state = state
        let isTaken = try store.add(value, at: place, into: state)
        if !isTaken, window.count == 0 {
            store.free(state)
            window.state = nil
        }
        return isTaken
    }

    // MARK: Firing

    private mutating func fireIntervals(before limit: Int64) throws {
        while let (instant, slots) = instants.takeFirst(upTo: limit - 1) {
            for slot in slots {
                guard var window = windows[slot], window.fresh > 0 else { continue }
                windows[slot] = nil
                try fire(slot, &window, at: instant)
                windows[slot] = window
            }
        }
    }

    private mutating func fireRest() throws {
        for slot in windows.indices {
            guard var window = windows[slot], window.fresh > 0 else { continue }
            if rule.dropsRest {
                statistics.outsideEvents += window.fresh
            } else {
                try fire(slot, &window, at: window.last, isRest: true)
            }
        }
        windows = []
    }

    /// Gives the row of a key's window, which goes on as the rule says.
    private mutating func fire(_ slot: Int, _ window: inout OpenWindow, at time: Int64, isRest: Bool = false) throws {
        let span = WindowSpan(window.first, window.last + 1)
        let state: UInt32
        if let kept = window.state, rule.startsAgain || isRest {
            state = kept
            window.state = nil
        } else {
            state = store.allocate()
            store.turn = isRest ? BehindMark.endOfInput.nanoseconds + 1 : time
            defer { store.turn = nil }
            do {
                if let kept = window.state {
                    try store.merge(kept, into: state)
                } else {
                    try window.rows?.fold(into: state, of: store, options.stage)
                }
            } catch let error as EngineError { throw error } catch {
                throw EngineError.stage(options.stage, error)
            }
        }
        let pane = Pane(
            index: rule.repeatsRows ? window.given : 0, isFinal: isRest || !rule.repeatsRows, isComplete: !isRest)
        due.add(FiredWindow(state: state, window: span, pane: pane), time: time, slot: slot, isAtEnd: isRest)
        window.fresh = 0
        window.given += 1
        window.pending += 1
        if rule.startsAgain {
            window.count = 0
            window.rows = nil
        }
    }

    private mutating func batch(_ rows: ArraySlice<DueRows<FiredWindow>.Row>, _ baseSequence: UInt64) throws -> Batch {
        var closed = ClosedRows()
        for row in rows {
            let key = keys.bytes[row.slot]
            closed.append(
                code: keys.hashes[row.slot], key: key.isEmpty && !keys.isLong ? nil : key, window: row.value.window,
                pane: row.value.pane, time: row.time)
        }
        try store.putResults(of: rows.map(\.value.state), into: &closed, options.aggregate)
        for row in rows {
            store.free(row.value.state)
            forget(row.slot)
        }
        return closed.batch(
            options.aggregate, origin: options.origin, baseSequence: baseSequence, watermark: forwarded)
    }

    // MARK: What is kept

    /// A row of the key has left: without an open window and without other rows it is forgotten.
    private mutating func forget(_ slot: Int) {
        guard slot < windows.count, windows[slot] != nil else { return }
        windows[slot]?.pending -= 1
        guard let window = windows[slot], window.pending == 0, window.count == 0 else { return }
        windows[slot] = nil
        keys.remove(slot)
    }

    var knownElement: ValueType {
        guard let element else { preconditionFailure("\(options.stage) does not know the type of its events") }
        return element
    }

    private var keepsRows: Bool { rule.slidingSize != nil || !store.isWritable }
    private var keepsState: Bool { rule.slidingSize == nil && (store.isWritable || !rule.startsAgain) }

    /// The least multiple of the interval that is not before the instant.
    private static func multiple(of interval: Int64, from time: Int64) -> Int64 {
        let rest = time % interval
        return rest == 0 ? time : rest > 0 ? time - rest + interval : time - rest
    }
}
