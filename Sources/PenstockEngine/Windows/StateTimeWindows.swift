internal import PenstockEvents

/// Aggregates events in tumbling and sliding windows over event time, with states in the slots of a store.
///
/// As in `KeyedTimeWindows` each event is added once, to the state of its key in its slice and origin, and a window is put together from
/// its slices in time order, within a slice from its origins in order. What allowed lateness and early rows ask for is done here, too.
struct StateTimeWindows: NumberedProcessor, SidedProcessor {
    let options: WindowStageOptions
    let windows: TimeWindows
    let store: AggregateStore
    let isOneState: Bool

    var slices: [StateSlice] = []
    var behind: [BehindRow] = []
    var interner = KeyInterner()
    var time = StageTime()
    var firings: FiringOrder
    /// How many rows a window, by its end, and key has had, where it may have several.
    var given: [Int64: [UInt64: Int]] = [:]
    /// How many events a window, by its end, and key has had, where they decide about early rows.
    var seen: [Int64: [UInt64: Int]] = [:]
    var early: EarlyInterval?
    var closing: [FiredRows] = []
    /// Whether a window has been put together since slices were let go of.
    var hasFired = false
    var statistics = OperatorStatistics()
    var side = SideRows()

    private var codes = KeyCodes()
    private var slots: Column<UInt32>?
    private var internedAtLastSweep = 1024
    var sequence: UInt64 = 0
    /// The number of the first row of this run.
    var baseSequence: UInt64 = 0

    init(windows: TimeWindows, options: WindowStageOptions) {
        self.windows = windows
        self.options = options
        store = options.aggregate.makeStore(of: options.input)
        store.failures = FailedEvents(options.stage)
        isOneState = !options.aggregate.isKeyed
        firings = FiringOrder(windows, lateness: options.aggregate.emission.allowedLateness)
        early = options.aggregate.emission.earlyInterval.map(EarlyInterval.init)
    }

    var isWaking: Bool { early != nil }
    var wakeInstant: Int64? { early?.nextInstant }

    mutating func begin(with waker: Waker) { early?.begin(waker.clock) }

    mutating func wake(at now: Int64) throws { try fireEarly(at: now) }

    mutating func accept(_ element: StreamElement) throws {
        if case .batch(let batch) = element {
            try add(batch)
            side.finish(batch)
        }
        time.observe(element)
    }

    mutating func next() throws -> StreamElement? {
        while true {
            if let rows = try takeRows() { return rows }
            guard try fireNext() else { break }
        }
        forgetKeys()
        return time.next()
    }

    mutating func report(to failures: FailedEvents) { store.failures = failures }

    func measure() -> StateMeasure {
        var measure = StateMeasure(keys: 0, bytes: store.byteCount + interner.byteCount)
        for slice in slices {
            measure.keys += slice.slots.count
            measure.bytes += slice.slots.byteCount
        }
        for event in behind { measure.add(events: 1, bytesEach: event.batch.byteCount(ofRows: 1)) }
        let starts = Set(slices.map(\.start)).union(behind.map(\.slice)).sorted()
        (measure.openWindows, measure.firstEnd) = windows.open(slices: starts, behind: firings.lastDone)
        return measure
    }

    // MARK: Adding

    private mutating func add(_ batch: Batch) throws {
        if batch.combined != nil { return try merge(batch) }
        let column = codes.codes(of: batch, isKeyed: options.aggregate.isKeyed, &interner, options.stage)
        // The rows are named by memory that only `onTime` keeps.
        var onTime = batch
        defer { withExtendedLifetime((onTime, column)) {} }
        if !batch.behind.isEmpty { onTime.selection = try setBehindApart(batch, column.values) }
        if early != nil { noteFresh(onTime, column.values) }
        if options.aggregate.emission.earlyEvery != nil {
            try addOneByOne(onTime, column.values)
        } else if onTime.count > 0 {
            try add(onTime, onTime.rows, column.values)
        }
    }

    /// Adds states to which events were combined before they came here; the stream has no keys.
    private mutating func merge(_ batch: Batch) throws {
        let slots = slotColumn(batch.count)
        for k in 0..<batch.count {
            guard let bounds = windows.slice(containing: batch.times.values[batch.rows[k]]) else {
                preconditionFailure("events in no window were combined")
            }
            slots[k] = slice(of: bounds, batch.origin).slots.slot(0, store.allocate)
        }
        do { try store.merge(batch, slots: slots) } catch { throw EngineError.stage(options.stage, error) }
        withExtendedLifetime(batch) {}
    }

    /// Adds rows that are not behind.
    mutating func add(_ batch: Batch, _ rows: Rows, _ codes: UnsafePointer<UInt64>) throws {
        if isOneState, let slice = windows.slice(containing: batch.times.values[rows[0]]),
            batch.areTimes(of: rows, from: slice.start, to: slice.end)
        {
            let slot = self.slice(of: slice, batch.origin).slots.slot(0, store.allocate)
            return try store.fold(batch, rows: rows, into: slot, options.stage)
        }
        let (inside, slots) = assignSlots(batch, rows, codes)
        defer { withExtendedLifetime(inside) {} }
        guard slots.count > 0 else { return }
        let chosen = Rows(count: slots.count, indices: inside.map { UnsafePointer($0.values) } ?? rows.indices)
        try store.fold(batch, rows: chosen, slots: slots.baseAddress!, options.stage)
    }

    /// The slot of each row; also the rows themselves where some of them are outside all windows.
    private mutating func assignSlots(
        _ batch: Batch, _ rows: Rows, _ codes: UnsafePointer<UInt64>
    ) -> (inside: Column<UInt32>?, slots: UnsafeBufferPointer<UInt32>) {
        let slots = slotColumn(rows.count)
        let inside = windows.size < windows.every ? Column<UInt32>(capacity: rows.count) : nil
        let times = batch.times.values
        var count = 0
        var k = 0
        while k < rows.count {
            guard let bounds = windows.slice(containing: times[rows[k]]) else {
                statistics.outsideEvents += 1
                side.put(rows[k], at: .outside)
                k += 1
                continue
            }
            let slice = slice(of: bounds, batch.origin)
            let run = SlotRun(
                rows: rows, times: UnsafePointer(times), codes: codes, start: slice.start, end: slice.end,
                slots: slots, inside: inside?.values)
            if isOneState {
                run.assign(slice.slots.slot(0, store.allocate), from: &k, count: &count)
            } else {
                slice.slots.assign(run, from: &k, count: &count, store.allocate)
            }
        }
        return (inside, UnsafeBufferPointer(start: slots, count: count))
    }

    private mutating func slotColumn(_ count: Int) -> UnsafeMutablePointer<UInt32> {
        if let slots, slots.capacity >= count { return slots.values }
        let column = Column<UInt32>(capacity: count)
        slots = column
        return column.values
    }

    mutating func slice(of bounds: (start: Int64, end: Int64), _ origin: Origin) -> StateSlice {
        // The newest slices are at the end, and nearly every event belongs to one of them.
        var at = slices.count
        while at > 0 {
            let slice = slices[at - 1]
            if slice.start == bounds.start, slice.origin == origin { return slice }
            if slice.part < SlicePart(slice: bounds.start, origin: origin) { break }
            at -= 1
        }
        let slice = StateSlice(start: bounds.start, end: bounds.end, origin: origin)
        slices.insert(slice, at: at)
        firings.add(slice: bounds.start)
        return slice
    }

    /// Takes the events that are behind out of the rows: those that are late for all of their windows are counted, the others kept.
    private mutating func setBehindApart(_ batch: Batch, _ codes: UnsafePointer<UInt64>) throws -> Selection {
        let onTime = Column<UInt32>(capacity: batch.count)
        var count = 0
        try batch.forEachMarkedRow { row, mark throws in
            guard let mark else {
                onTime.values[count] = UInt32(row)
                count += 1
                return
            }
            try keepBehind(batch, row, mark, codes[row])
        }
        return Selection(onTime, count: count)
    }

    private mutating func keepBehind(_ batch: Batch, _ row: Int, _ mark: BehindMark, _ code: UInt64) throws {
        guard let slice = windows.slice(containing: batch.times.values[row]) else {
            statistics.outsideEvents += 1
            side.put(row, at: .outside)
            return
        }
        let reached = mark.watermark.nanoseconds
        let expired = firings.expired(at: reached)
        if windows.lastEnd(ofSlice: slice.start) - 1 <= expired {
            statistics.lateEvents += 1
            side.put(row, at: .late)
            return
        }
        statistics.lateWindows += windows.closedCount(ofSlice: slice.start, watermark: expired)
        var single = Batch(
            gathering: [(batch, row)], baseSequence: batch.baseSequence + UInt64(row), watermark: batch.watermark)
        if batch.keepsSources {
            let source = Column<SourcePlace>(capacity: 1)
            source.values[0] = batch.sourcePlace(row)
            (single.sourcePlaces, single.keepsSources) = (source, true)
        }
        single.behind = [BehindMark(row: 0, watermark: mark.watermark)]
        behind.append(BehindRow(batch: single, code: code, slice: slice.start, watermark: reached))
        firings.add(slice: slice.start)
        early?.note(slice: slice.start, code)
        try noteBehind(slice: slice.start, code, watermark: reached)
    }

    // MARK: Giving out

    private mutating func takeRows() throws -> StreamElement? {
        while let fired = closing.first, fired.isEmpty {
            for slot in fired.temporary { store.free(slot) }
            closing.removeFirst()
        }
        guard !closing.isEmpty else {
            dropDoneSlices()
            return nil
        }
        let rows = try closing[0].take(options.batchEvents, interner, store, options)
        defer { sequence += UInt64(rows.count) }
        return .batch(
            rows.batch(options.aggregate, origin: options.origin, baseSequence: sequence, watermark: forwarded))
    }

    /// Lets go of long keys that no open window has, whenever their number has doubled.
    private mutating func forgetKeys() {
        guard interner.count > internedAtLastSweep * 2 else { return }
        var live = Set<UInt64>()
        for slice in slices { slice.slots.forEach { code, _ in live.insert(code) } }
        for row in behind { live.insert(row.code) }
        interner.keepOnly(live)
        internedAtLastSweep = max(interner.count, 1024)
    }
}

extension Batch {
    /// Whether the times of all rows lie in start ..< end.
    fileprivate func areTimes(of rows: Rows, from start: Int64, to end: Int64) -> Bool {
        let length = UInt64(bitPattern: end &- start)
        var inside = true
        if let indices = rows.indices {
            for k in 0..<rows.count {
                inside = inside && UInt64(bitPattern: times.values[Int(indices[k])] &- start) < length
            }
        } else {
            let times = times.values
            for row in 0..<rows.count {
                // Without a branch, so that several rows are looked at at once.
                inside = (UInt64(bitPattern: times[row] &- start) < length) && inside
            }
        }
        return inside
    }
}

extension WindowSpan {
    init(_ start: Int64, _ end: Int64) {
        self.init(start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: end))
    }
}
