internal import PenstockEvents

/// Aggregates keyed events in tumbling and sliding windows over event time.
///
/// On-time events go into the pane of their slice and origin. Events behind their source's bound, which are rare, are kept apart and looked
/// at when a window closes. A window closes when the watermark reaches its last instant; it is put together from its slices in time
/// order, within a slice from its origins in order, so that sums have the same bits however the events were batched or shared out.
struct KeyedTimeWindows<A: Accumulator>: TimedProcessor {
    private let stage: StageName
    private let windows: TimeWindows
    let aggregate: Aggregate
    private let origin: Origin
    private let batchEvents: Int

    /// Whether the origins of a slice need not be kept apart.
    private let isOrderFree: Bool

    var panes: [SlicePane<A>] = [] {
        didSet { spans = panes.map { PaneSpan(start: $0.start, end: $0.end, origin: $0.origin) } }
    }
    /// The spans of the panes, to find one without touching the others.
    private var spans: [PaneSpan] = []
    var behind: [BehindEvent<A.Number>] = []
    var interner = KeyInterner()
    private var internedAtLastSweep = 1024
    private var scratch = NumberScratch()
    private var codes = KeyCodes()
    var lastClosedEnd: Int64?
    var time = StageTime()
    private var closing: ClosingWindow<A>?
    /// The rows that leave next; here so that their memory is used again.
    private var rows = ClosedRows()
    var sequence: UInt64 = 0
    /// The number of the first row of this run.
    var baseSequence: UInt64 = 0
    private(set) var statistics = OperatorStatistics()
    private var side = SideRows()
    private(set) var failures: FailedEvents

    init(
        stage: StageName, windows: TimeWindows, aggregate: Aggregate, origin: Origin, batchEvents: Int,
        isOrderFree: Bool = false
    ) {
        self.isOrderFree = isOrderFree
        failures = FailedEvents(stage)
        self.stage = stage
        self.windows = windows
        self.aggregate = aggregate
        self.origin = origin
        self.batchEvents = batchEvents
    }

    mutating func accept(_ element: StreamElement) throws {
        if case .batch(let batch) = element {
            try fold(batch)
            side.finish(batch)
        }
        time.observe(element)
    }

    mutating func next() throws -> StreamElement? {
        while true {
            if closing != nil, let rows = takeRows() { return rows }
            guard try closeNextWindow() else { break }
        }
        forgetKeys()
        return time.next()
    }

    mutating func report(to failures: FailedEvents) { self.failures = failures }

    mutating func connect(_ sides: Set<SidePort>) { side.connect(sides) }

    mutating func takeSide() -> (port: SidePort, batch: Batch)? { side.take() }

    func measure() -> StateMeasure {
        var measure = StateMeasure()
        for pane in panes {
            measure.keys += pane.table.count
            measure.bytes += pane.table.byteCount
        }
        measure.add(events: behind.count, bytesEach: MemoryLayout<BehindEvent<A.Number>>.stride)
        measure.bytes += interner.byteCount
        let starts = Set(panes.map { $0.start }).union(behind.map { $0.slice }).sorted()
        (measure.openWindows, measure.firstEnd) = windows.open(slices: starts, behind: lastClosedEnd)
        return measure
    }

    // MARK: Adding

    private mutating func fold(_ batch: Batch) throws {
        if batch.combined != nil { return merge(batch) }
        let numbers = try scratch.numbers(of: A.Number.self, aggregate.numbers, batch, stage)
        let codes = codes.codes(of: batch, isKeyed: aggregate.isKeyed, &interner, stage)
        var onTime = batch
        if !batch.behind.isEmpty { onTime.selection = try setBehindApart(batch, codes.values, numbers) }
        // The rows are named by memory that only `onTime` keeps.
        defer { withExtendedLifetime(onTime) {} }
        let rows = onTime.rows
        var k = 0
        while k < rows.count {
            let time = batch.times.values[rows[k]]
            guard let place = place(of: time, isOrderFree ? Self.anyOrigin : batch.origin) else {
                statistics.outsideEvents += 1
                side.put(rows[k], at: .outside)
                k += 1
                continue
            }
            let pane = panes[place]
            let paneRows = PaneRows(
                rows: rows, start: pane.start, end: pane.end, times: UnsafePointer(batch.times.values),
                codes: UnsafePointer(codes.values), numbers: numbers)
            A.fold(paneRows, from: &k, into: &pane.table)
        }
    }

    /// Adds accumulators to which events were combined before they came here.
    private mutating func merge(_ batch: Batch) {
        let codes = codes.codes(of: batch, isKeyed: aggregate.isKeyed, &interner, stage)
        let accumulators = UnsafeRawPointer(batch.values.base).assumingMemoryBound(to: A.self)
        var k = 0
        while k < batch.count {
            guard let place = place(of: batch.times.values[batch.rows[k]], Self.anyOrigin) else {
                preconditionFailure("events in no window were combined")
            }
            let pane = panes[place]
            let rows = PaneRows(
                rows: batch.rows, start: pane.start, end: pane.end, times: UnsafePointer(batch.times.values),
                codes: UnsafePointer(codes.values), numbers: accumulators)
            A.mergeRows(rows, from: &k, into: &pane.table)
        }
        withExtendedLifetime((batch, codes)) {}
    }

    /// The origin of panes whose origins need not be kept apart.
    private static var anyOrigin: Origin { Origin(stage: 0, partition: 0) }

    /// The pane of a slice and an origin, which is made if need be.
    mutating func pane(of slice: (start: Int64, end: Int64), _ origin: Origin) -> SlicePane<A> {
        guard let place = place(of: slice.start, origin) else { preconditionFailure("a slice outside of all windows") }
        return panes[place]
    }

    /// The place of the pane of an event, which is made if need be; nil where the event is in no window.
    private mutating func place(of time: Int64, _ origin: Origin) -> Int? {
        // The newest slices are at the end, and nearly every event belongs to one of them.
        var place = spans.count - 1
        while place >= 0 {
            let span = spans[place]
            if time >= span.start, time < span.end, span.origin == origin { return place }
            place -= 1
        }
        guard let slice = windows.slice(containing: time) else { return nil }
        let at = 1 + (spans.lastIndex { ($0.start, $0.origin) < (slice.start, origin) } ?? -1)
        // The slice before had about as many keys.
        let pane = SlicePane<A>(
            start: slice.start, end: slice.end, origin: origin, keys: at > 0 ? panes[at - 1].table.count : 0)
        panes.insert(pane, at: at)
        return at
    }

    /// Takes the events that are behind out of the rows: those that are late for all of their windows are counted, the others kept.
    private mutating func setBehindApart(
        _ batch: Batch, _ codes: UnsafePointer<UInt64>, _ numbers: UnsafePointer<A.Number>
    ) throws -> Selection {
        let onTime = Column<UInt32>(capacity: batch.count)
        var count = 0
        batch.forEachMarkedRow { row, mark in
            guard let mark else {
                onTime.values[count] = UInt32(row)
                count += 1
                return
            }
            keepBehind(
                row,
                BehindEvent(
                    time: batch.times.values[row], watermark: mark.watermark.nanoseconds, origin: batch.origin,
                    code: codes[row], number: numbers[row]))
        }
        return Selection(onTime, count: count)
    }

    private mutating func keepBehind(_ row: Int, _ event: BehindEvent<A.Number>) {
        guard let slice = windows.slice(containing: event.time) else {
            statistics.outsideEvents += 1
            side.put(row, at: .outside)
            return
        }
        if windows.lastEnd(ofSlice: slice.start) - 1 <= event.watermark {
            statistics.lateEvents += 1
            side.put(row, at: .late)
            return
        }
        statistics.lateWindows += windows.closedCount(ofSlice: slice.start, watermark: event.watermark)
        var kept = event
        kept.slice = slice.start
        behind.append(kept)
    }

    // MARK: Closing

    /// Puts the next window together whose last instant the watermark has reached; false when there is none.
    private mutating func closeNextWindow() throws -> Bool {
        while let slice = earliestSlice {
            var end = windows.firstEnd(ofSlice: slice)
            if let lastClosedEnd, end <= lastClosedEnd { end = lastClosedEnd + windows.every }
            if end > windows.lastEnd(ofSlice: slice) {
                drop(slice: slice)
                continue
            }
            guard end - 1 <= watermark.nanoseconds else { return false }
            lastClosedEnd = end
            closing = try assemble(
                WindowSpan(
                    start: Timestamp(nanoseconds: end - windows.size), end: Timestamp(nanoseconds: end)))
            return true
        }
        return false
    }

    private var earliestSlice: Int64? {
        // A loop, not a key path: for a generic type that one would be looked up by name for every batch.
        var earliest = panes.first?.start
        for event in behind { earliest = min(earliest ?? event.slice, event.slice) }
        return earliest
    }

    private mutating func drop(slice: Int64) {
        panes.removeAll { $0.start == slice }
        behind.removeAll { $0.slice == slice }
    }

    private func assemble(_ window: WindowSpan) throws -> ClosingWindow<A> {
        let (start, end) = (window.start.nanoseconds, window.end.nanoseconds)
        let inside = panes.filter { $0.start >= start && $0.start < end }
        let late = behind.filter { $0.slice >= start && $0.slice < end && end - 1 > $0.watermark }
        if inside.count == 1, late.isEmpty { return try close(window, inside[0].table) }
        var merged = PaneTable<A>(like: inside.reduce(0) { max($0, $1.table.count) })
        let lateParts = Dictionary(grouping: late, by: SlicePart.init)
        var remaining = lateParts.keys.sorted()[...]
        func mergeLate(_ part: SlicePart) {
            var apart = PaneTable<A>()
            for event in lateParts[part] ?? [] { apart.add(event.code, event.number) }
            A.merge(apart, into: &merged)
        }
        // Panes are in order of slice and origin; the late events of a slice and origin stand behind its pane.
        for pane in inside {
            while let part = remaining.first, part < SlicePart(pane) { mergeLate(remaining.removeFirst()) }
            A.merge(pane.table, into: &merged)
        }
        for part in remaining { mergeLate(part) }
        return try close(window, merged)
    }

    private func close(_ window: WindowSpan, _ table: borrowing PaneTable<A>) throws -> ClosingWindow<A> {
        guard !table.overflows || failures.goesOn else { throw EngineError.overflow(stage: stage, window: window) }
        leaveOut(table.overflowed, window)
        return ClosingWindow(window, table, interner)
    }

    private mutating func takeRows() -> StreamElement? {
        let (limit, keys) = (batchEvents, interner)
        closing?.take(limit, keys, into: &rows)
        guard rows.count > 0 else {
            closing = nil
            return nil
        }
        defer { sequence += UInt64(rows.count) }
        return .batch(
            rows.batch(aggregate, origin: origin, baseSequence: sequence, watermark: forwarded))
    }

    /// Lets go of long keys that no open window has, whenever their number has doubled.
    private mutating func forgetKeys() {
        guard interner.count > internedAtLastSweep * 2 else { return }
        var live = Set<UInt64>()
        for pane in panes { for key in A.results(of: pane.table) { live.insert(key.code) } }
        for event in behind { live.insert(event.code) }
        interner.keepOnly(live)
        internedAtLastSweep = max(interner.count, 1024)
    }
}

/// The accumulators of one slice of time and one origin.
final class SlicePane<A: Accumulator> {
    let start: Int64
    let end: Int64
    let origin: Origin
    var table: PaneTable<A>

    /// A pane for about so many keys.
    init(start: Int64, end: Int64, origin: Origin, keys: Int = 0) {
        table = PaneTable(like: keys)
        self.start = start
        self.end = end
        self.origin = origin
    }

    var span: WindowSpan { WindowSpan(start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: end)) }
}

/// What a pane is for.
private struct PaneSpan: BitwiseCopyable {
    let start: Int64
    let end: Int64
    let origin: Origin
}

/// An event further out of order than its source's bound allows, which some window may still take.
struct BehindEvent<Number: BitwiseCopyable> {
    let time: Int64
    let watermark: Int64
    let origin: Origin
    let code: UInt64
    let number: Number
    var slice: Int64 = 0
}

extension SlicePart {
    fileprivate init(_ pane: SlicePane<some Accumulator>) { self.init(slice: pane.start, origin: pane.origin) }

    fileprivate init(_ event: BehindEvent<some BitwiseCopyable>) { self.init(slice: event.slice, origin: event.origin) }
}
