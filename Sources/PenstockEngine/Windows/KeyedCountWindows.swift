internal import PenstockEvents

/// Aggregates keyed events in windows of a number of events: a row after each `every` events of a key over its last `size`.
///
/// Events count in canonical order, so an event waits until the watermark has reached its effective time. Rows that become due in one step
/// leave by (time, key). At the end of input what is left of each key is one row more, marked as not complete.
struct KeyedCountWindows<A: Accumulator>: NumberedProcessor {
    private let stage: StageName
    private let windows: CountWindows
    private let aggregate: Aggregate
    private let origin: Origin
    private let batchEvents: Int

    var waiting: [WaitingEvent<A.Number>] = []
    var keys: [UInt64: KeyState] = [:]
    var interner = KeyInterner()
    private var scratch = NumberScratch()
    private var codes = KeyCodes()
    var time = StageTime()
    private var due: [DueRow] = []
    private var given = 0
    var sequence: UInt64 = 0
    /// The number of the first row of this run.
    var baseSequence: UInt64 = 0
    private var failures: FailedEvents
    private(set) var statistics = OperatorStatistics()

    struct KeyState {
        var numbers: [A.Number] = []
        var times: [Int64] = []
        /// Events since the last row.
        var fresh = 0
    }

    private struct DueRow {
        let time: Int64
        let code: UInt64
        let result: AggregateResult
        let window: WindowSpan
        let isComplete: Bool
    }

    init(stage: StageName, windows: CountWindows, aggregate: Aggregate, origin: Origin, batchEvents: Int) {
        failures = FailedEvents(stage)
        self.stage = stage
        self.windows = windows
        self.aggregate = aggregate
        self.origin = origin
        self.batchEvents = batchEvents
    }

    mutating func accept(_ element: StreamElement) throws {
        if case .batch(let batch) = element { try enqueue(batch) }
        time.observe(element)
        switch element {
        case .batch, .watermark: try advance()
        case .control, .barrier: break
        case .end:
            try advance()
            try finishKeys()
        }
    }

    mutating func report(to failures: FailedEvents) { self.failures = failures }

    mutating func next() throws -> StreamElement? {
        if let rows = takeRows() { return rows }
        return time.next()
    }

    func measure() -> StateMeasure {
        var measure = StateMeasure(keys: keys.count, bytes: interner.byteCount)
        measure.bytes += keys.capacity * MemoryLayout<(UInt64, KeyState)>.stride
        measure.add(events: waiting.count, bytesEach: MemoryLayout<WaitingEvent<A.Number>>.stride)
        for (_, key) in keys {
            if key.fresh > 0 { measure.openWindows += 1 }
            measure.add(
                events: key.numbers.count, bytesEach: MemoryLayout<A.Number>.stride + MemoryLayout<Int64>.stride)
        }
        return measure
    }

    private mutating func enqueue(_ batch: Batch) throws {
        let codes = codes.codes(of: batch, isKeyed: aggregate.isKeyed, &interner, stage)
        let numbers = try scratch.numbers(of: A.Number.self, aggregate.numbers, batch, stage)
        try batch.forEachMarkedRow { row, mark throws in
            let event = WaitingEvent(
                place: batch.place(row, effectiveTime: batch.effectiveTime(row, mark)), code: codes.values[row],
                number: numbers[row])
            if windows.isArrivalOrder { try add(event) } else { waiting.append(event) }
        }
    }

    private mutating func advance() throws {
        let limit = watermark.nanoseconds
        let reached = waiting.filter { $0.time <= limit }.sorted()
        guard !reached.isEmpty else { return }
        waiting.removeAll { $0.time <= limit }
        for event in reached { try add(event) }
        due = inOrder(due)
    }

    private mutating func add(_ event: WaitingEvent<A.Number>) throws {
        // Taken out of the table while it changes, so that its arrays are not copied.
        var key = keys.removeValue(forKey: event.code) ?? KeyState()
        key.numbers.append(event.number)
        key.times.append(event.time)
        key.fresh += 1
        if key.numbers.count > windows.size {
            key.numbers.removeFirst(key.numbers.count - windows.size)
            key.times.removeFirst(key.times.count - windows.size)
        }
        if key.fresh == windows.every {
            if let row = try row(event.code, key, isComplete: true) { due.append(row) }
            key.fresh = 0
            if windows.size == windows.every {
                key.numbers.removeAll(keepingCapacity: true)
                key.times.removeAll(keepingCapacity: true)
            }
        }
        keys[event.code] = key
    }

    private mutating func finishKeys() throws {
        var rest: [DueRow] = []
        for code in keys.keys.sorted() {
            guard let key = keys[code], key.fresh > 0 else { continue }
            if windows.dropsRest {
                statistics.outsideEvents += key.fresh
                continue
            }
            if let row = try row(code, key, isComplete: false) { rest.append(row) }
        }
        keys = [:]
        // Behind all others: which rows leave in this last step depends on the watermarks before it.
        due += inOrder(rest)
    }

    /// The row of a key; nil where its sum overflows and the stage goes on without it.
    private func row(_ code: UInt64, _ key: KeyState, isComplete: Bool) throws -> DueRow? {
        let kept = key.numbers.count
        let span = windows.span(of: key.times.suffix(kept))
        let numbers = key.numbers.suffix(kept)
        var accumulator = A.Kept(numbers[numbers.startIndex])
        for number in numbers.dropFirst() { _ = accumulator.add(number) }
        guard accumulator.fits, aggregate.sumLimits?.contains(accumulator.result.integer) != false else {
            guard failures.goesOn else { throw EngineError.overflow(stage: stage, window: span) }
            let time = span.end.nanoseconds - 1
            failures.leaveOut(
                FailedEvents.Row(
                    code: code, key: interner.key(code), isKeyed: aggregate.isKeyed, window: span, time: time,
                    effectiveTime: isComplete ? time : BehindMark.endOfInput.nanoseconds + 1), IntegerOverflow())
            return nil
        }
        return DueRow(
            time: span.end.nanoseconds - 1, code: code, result: accumulator.result, window: span, isComplete: isComplete
        )
    }

    private func inOrder(_ rows: [DueRow]) -> [DueRow] {
        let hasLongKeys = interner.count > 0
        // Stable, so that rows of one key and time keep their order.
        let order = rows.indices.sorted { i, j in
            let (a, b) = (rows[i], rows[j])
            if a.time != b.time { return a.time < b.time }
            if a.code == b.code { return i < j }
            return hasLongKeys ? interner.precedes(a.code, b.code) : SplitMix64.unmix(a.code) < SplitMix64.unmix(b.code)
        }
        return order.map { rows[$0] }
    }

    private mutating func takeRows() -> StreamElement? {
        guard given < due.count else {
            due = []
            given = 0
            return nil
        }
        var rows = ClosedRows()
        for row in due[given..<min(given + batchEvents, due.count)] {
            rows.append(
                code: row.code, key: interner.key(row.code), result: row.result, window: row.window,
                isComplete: row.isComplete, time: row.time)
        }
        given += rows.count
        defer { sequence += UInt64(rows.count) }
        return .batch(rows.batch(aggregate, origin: origin, baseSequence: sequence, watermark: forwarded))
    }
}

/// Windows of a number of events.
public struct CountWindows: Sendable, Hashable {
    /// The number of events of a window, positive.
    public let size: Int
    /// The number of events between two rows, positive.
    public let every: Int
    /// Whether what is left at the end of input is dropped and counted, and does not give a row.
    public let dropsRest: Bool
    /// Whether events count as they come, without waiting for the watermark.
    public let isArrivalOrder: Bool

    /// Windows of the last `size` events, one after each `every` events.
    public init(size: Int, every: Int, dropsRest: Bool = false, isArrivalOrder: Bool = false) {
        self.size = size
        self.every = every
        self.dropsRest = dropsRest
        self.isArrivalOrder = isArrivalOrder
    }

    /// The most events of a window: they are kept in memory for each key.
    public static let largest = 1 << 24

    /// The window of events with these effective times, in the order in which they count.
    func span(of times: ArraySlice<Int64>) -> WindowSpan {
        guard !isArrivalOrder else { return WindowSpan(times.min() ?? 0, (times.max() ?? 0) + 1) }
        return WindowSpan(times.first ?? 0, (times.last ?? 0) + 1)
    }

    /// What is wrong with the numbers, or nil.
    var defect: String? {
        if size <= 0 || every <= 0 {
            return "a count window's length and step must be positive, but they are \(size) and \(every)"
        }
        return size > CountWindows.largest ? "a count window is longer than 2^24 events" : nil
    }
}

/// An event that waits for its place in the canonical order.
struct WaitingEvent<Number: BitwiseCopyable>: Comparable {
    let place: EventPlace
    let code: UInt64
    let number: Number

    /// The effective time.
    var time: Int64 { place.effectiveNanoseconds }

    static func < (a: Self, b: Self) -> Bool { a.place < b.place }

    static func == (a: Self, b: Self) -> Bool { a.place == b.place }
}
