internal import PenstockEvents

/// Drives a `KeyedProcess` over the events of the keys of an instance.
///
/// Events wait until the watermark has reached their effective time; then they are handled one after the other, and the timers that are due
/// between them. Rows leave once the watermark has reached their time, by (time, key).
struct KeyedProcessor<P: KeyedProcess>: OrderedProcessor {
    let process: P
    let options: ProcessOptions
    let rules: ProcessRules<P>

    let keys = KeyTable()
    let tables: StateTables
    let timers = TimerQueue()
    let clockTimers: ClockTimers
    /// Up to where rows of timers of the machine's clock may leave before the watermark has come there.
    var clockReach = Int64.min
    var waiting: PendingRows
    var due = DueRows<P.Out>()
    /// How many rows of each key have not left.
    var pins: [Int] = []
    var expiries = ExpiryQueue()
    /// The keys that are done with.
    var finished = FinishedKeys()
    /// The earliest time that a later row of a key may have, where that is before the clock.
    var holds: [Int: Int64] = [:]

    var time = StageTime()
    /// The largest finite time of the input: effective times and watermarks.
    var last = Int64.min
    private(set) var clock = Int64.min
    private var hasEnded = false
    private var output = ProcessOutput<P.Out>()
    private var asideCount = 0
    var asideSequence: UInt64 = 0
    private(set) var statistics = OperatorStatistics()
    private var failures: FailedEvents

    init(_ process: P, _ options: ProcessOptions, _ rules: ProcessRules<P>) {
        self.process = process
        failures = FailedEvents(options.stage)
        self.options = options
        self.rules = rules
        tables = StateTables(
            process.states.map(\.definition),
            spilled: options.spill.map { spill in
                SpilledStates(
                    memoryLimit: spill.memoryLimit,
                    store: SpillStore(stage: options.stage, spill.folder, segmentBytes: spill.segmentBytes))
            })
        waiting = PendingRows(turn: rules.turn)
        clockTimers = ClockTimers(isDeclared: process.usesProcessingTime)
    }

    var isWaking: Bool { process.usesProcessingTime }
    var wakeInstant: Int64? { hasEnded ? nil : clockTimers.wakeInstant }

    mutating func begin(with waker: Waker) { clockTimers.begin(waker.clock) }

    mutating func wake(at now: Int64) throws {
        guard !hasEnded else { return }
        try fireClockTimers(upTo: clockTimers.now)
    }

    mutating func accept(_ element: StreamElement) throws {
        output.asides.removeAll(keepingCapacity: true)
        asideCount = 0
        switch element {
        case .batch(let batch):
            var batch = batch
            if !options.isKeyed { batch.keys = nil }
            waiting.add(batch)
            if options.isArrivalOrder { try handleEvents(upTo: .max) }
            time.observe(element)
            try advance(toWatermark: watermark.nanoseconds)
        case .watermark:
            time.observe(element)
            try advance(toWatermark: watermark.nanoseconds)
        case .control, .barrier:
            time.observe(element)
        case .end:
            try finish()
            time.observe(element)
        }
    }

    // Events have their turn later than they come.
    var countsLateAtArrival: Bool { false }

    func measure() -> StateMeasure {
        var measure = StateMeasure(
            keys: keys.count, bytes: tables.byteCount, spilledBytes: tables.spilledByteCount, openWindows: holds.count)
        measure.add(events: waiting.count, bytesEach: MemoryLayout<P.In>.stride + MemoryLayout<Int64>.stride)
        return measure
    }

    mutating func next() throws -> StreamElement? {
        let reach = hasEnded ? Int64.max : held(watermark.nanoseconds)
        if options.isArrivalOrder { due.releaseAll() } else { due.release(upTo: max(reach, clockReach), keys) }
        clockReach = .min
        let baseSequence = due.nextSequence
        if let rows = due.take(options.batchEvents) {
            let batch = Batch(
                rows, keys, isKeyed: options.isKeyed, origin: options.origin, baseSequence: baseSequence,
                watermark: forwarded)
            for row in rows {
                pins[row.slot] -= 1
                forget(row.slot)
            }
            return .batch(batch)
        }
        return time.next(Timestamp(nanoseconds: reach))
    }

    mutating func report(to failures: FailedEvents) { self.failures = failures }

    mutating func takeSide() -> (port: SidePort, batch: Batch)? {
        guard let port = output.asides.first?.port else { return nil }
        let asides = output.asides.filter { $0.port == port }
        output.asides.removeAll { $0.port == port }
        asideCount = output.asides.count
        var builder = ColumnBuilder<P.In>(capacity: asides.count)
        var behind: [BehindMark] = []
        for (row, aside) in asides.enumerated() {
            guard let value = aside.value as? P.In else { preconditionFailure("an event of another type") }
            builder.append(value, time: aside.time)
            guard aside.effectiveTime > aside.time else { continue }
            behind.append(
                BehindMark(row: UInt32(row), watermark: Timestamp(nanoseconds: aside.effectiveTime - 1)))
        }
        let (values, times, count) = builder.take(capacity: 1)
        let batch = Batch(
            origin: options.origin, baseSequence: asideSequence, rowCount: count, times: times, values: values,
            keys: options.isKeyed ? keys.column(asides.map { ($0.hash, $0.keyBytes) }) : nil, behind: behind,
            watermark: .distantPast)
        asideSequence += UInt64(count)
        return (port, batch)
    }

    var sideDelay: Int64 { rules.delay }

    // MARK: Time

    private mutating func advance(toWatermark limit: Int64) throws {
        guard limit > .min else { return }
        last = max(last, limit)
        try advance(to: limit - rules.delay)
    }

    private mutating func advance(to limit: Int64) throws {
        guard limit > .min else { return }
        try handleEvents(upTo: limit)
        try fireTimers(upTo: limit)
        for slot in expiries.take(upTo: limit) where keys.isTaken[slot] {
            try inTables { try tables.expire(slot, at: limit) }
            if let end = tables.deadline(slot) { expiries.add(end, slot) }
            forget(slot)
            try inTables { try tables.settle(slot) }
        }
        for slot in timers.sweep(keys) { forget(slot) }
    }

    private mutating func finish() throws {
        last = max(last, waiting.latest)
        try advance(to: last)
        clock = max(clock, last)
        // What has the end of time as its effective time: the rest that a stage before has put out at its end.
        try handleEvents(upTo: .max)
        hasEnded = true
        try fireTimers(upTo: .max)
        try fireClockTimers(upTo: .max)
        guard let finish = rules.finish else { return }
        let last = last
        for slot in (0..<keys.slotCount).filter({ keys.isTaken[$0] }).sorted(by: { keys.precedes($0, $1) }) {
            try call(slot, at: last) { process, state, _, output, _ in
                try finish(process, last, state, &output)
            }
        }
    }

    private func held(_ watermark: Int64) -> Int64 {
        guard watermark > .min else { return watermark }
        let watermark = watermark - rules.delay
        guard let earliest = holds.values.min() else { return watermark }
        return min(watermark, earliest - 1)
    }

    private mutating func handleEvents(upTo limit: Int64) throws {
        let (batches, rows) = waiting.take(upTo: limit)
        for row in rows {
            let batch = batches[row.batch]
            // In the order of arrival timers wait for the watermark.
            let turn = options.isArrivalOrder ? row.effectiveTime : row.instant
            if turn < .max, !options.isArrivalOrder { try fireTimers(upTo: turn - 1) }
            let slot = keys.slot(batch.keys, row.row)
            let instant = turn < .max ? turn : max(clock, batch.times.values[row.row])
            do {
                try call(
                    slot, at: instant, time: batch.times.values[row.row],
                    isBehind: row.effectiveTime > batch.times.values[row.row]
                ) { process, state, timers, output, context in
                    let event = batch.values.base.assumingMemoryBound(to: P.In.self)[row.row]
                    try process.process(event, state: state, timers: &timers, output: &output, context: context)
                }
            } catch let error as EngineError {
                throw error
            } catch {
                try failures.refuse(batch, row: row.row, effectiveTime: whenTimeReaches(turn), error)
                forget(slot)
            }
        }
        withExtendedLifetime(batches) {}
    }

    private mutating func fireTimers(upTo limit: Int64) throws {
        while let (slot, timer) = timers.take(upTo: limit, keys) { try fire(timer, slot, at: timer.time) }
    }

    mutating func fire(
        _ timer: TimerQueue.Timer, _ slot: Int, at instant: Int64, isProcessingTime: Bool = false
    ) throws {
        let fired = FiredTimer(
            name: timer.name, time: Timestamp(nanoseconds: timer.time), isEndOfInput: hasEnded,
            isProcessingTime: isProcessingTime)
        do {
            try call(slot, at: instant, time: timer.time) { process, state, timers, output, context in
                try process.onTimer(fired, state: state, timers: &timers, output: &output, context: context)
            }
        } catch let error as EngineError {
            throw error
        } catch {
            let failure = TimerFailed(stage: options.stage, timer: fired, error: error)
            guard failures.goesOn else { throw EngineError.stage(options.stage, failure) }
            let key = keys.isLong ? keys.bytes[slot] : nil
            failures.leaveOut(
                FailedEvents.Row(
                    code: keys.hashes[slot], key: key, isKeyed: options.isKeyed, window: nil, time: timer.time,
                    effectiveTime: hasEnded ? .max : whenTimeReaches(instant)), failure)
            forget(slot)
        }
    }

    /// When time has come so far that something has its turn at `instant`.
    private func whenTimeReaches(_ instant: Int64) -> Int64 { instant == .max ? instant : instant + rules.delay }

    // MARK: Handlers

    private mutating func call(
        _ slot: Int, at instant: Int64, time: Int64? = nil, isBehind: Bool = false,
        _ handler: (P, KeyedState, inout KeyTimers, inout ProcessOutput<P.Out>, ProcessContext<P.Key>) throws -> Void
    ) throws {
        clock = max(clock, instant)
        let place = try inTables { try tables.open(slot) }
        output.clock = clock
        let state = KeyedState(tables: tables, slot: place, clock: clock)
        var keyTimers = KeyTimers(
            queue: timers, clockQueue: clockTimers, keys: keys, slot: slot, clock: clock, hasEnded: hasEnded)
        let context = ProcessContext<P.Key>(
            stage: options.stage, clock: Timestamp(nanoseconds: clock), time: Timestamp(nanoseconds: time ?? clock),
            isBehind: isBehind, report: options.report, hash: keys.hashes[slot], bytes: keys.bytes[slot],
            isFinished: finished.contains(slot, keys))
        if failures.goesOn {
            let (putBackStates, putBackTimers) = (tables.keep(slot), timers.keep(slot, keys))
            do {
                try handler(process, state, &keyTimers, &output, context)
                if let time = output.illegalTime {
                    throw RowBeforeClock(stage: options.stage, time: time, clock: clock)
                }
            } catch {
                putBackStates()
                putBackTimers()
                output.rows.removeAll(keepingCapacity: true)
                output.asides.removeLast(output.asides.count - asideCount)
                output.illegalTime = nil
                throw error
            }
        } else {
            try handler(process, state, &keyTimers, &output, context)
        }
        try takeOutput(slot)
        if output.finishesKey {
            finished.insert(slot, keys)
            output.finishesKey = false
        }
        if let hold = rules.hold { holds[slot] = hold(process, state) }
        if clockTimers.isUndeclared {
            throw EngineError.stage(options.stage, ProcessingTimeUndeclared(stage: options.stage))
        }
        while let timer = timers.takeImmediate() { try fire(timer, slot, at: clock) }
        while let timer = clockTimers.queue.takeImmediate() { try fireClockTimer(timer, slot) }
        // What was written later is gone later, so that one instant a key is enough.
        if tables.takeMayExpire(), !expiries.has(slot), let end = tables.deadline(slot) { expiries.add(end, slot) }
        forget(slot)
        try inTables { try tables.settle(slot) }
        try checkSize()
    }

    /// What goes wrong with states on disk is no matter of the event or the timer whose key they belong to.
    private func inTables<Result>(_ work: () throws -> Result) throws -> Result {
        do { return try work() } catch { throw EngineError.stage(options.stage, error) }
    }

    private mutating func takeOutput(_ slot: Int) throws {
        if let time = output.illegalTime {
            throw EngineError.stage(options.stage, RowBeforeClock(stage: options.stage, time: time, clock: clock))
        }
        for index in output.asides.indices.suffix(from: asideCount) {
            output.asides[index].hash = keys.hashes[slot]
            output.asides[index].keyBytes = keys.bytes[slot]
            if output.asides[index].port == .outside {
                statistics.outsideEvents += 1
            } else {
                statistics.lateEvents += 1
            }
        }
        asideCount = output.asides.count
        guard !output.rows.isEmpty else { return }
        while pins.count <= slot { pins.append(0) }
        pins[slot] += output.rows.count
        for row in output.rows { due.add(row.value, time: row.time, slot: slot, isAtEnd: row.isAtEnd) }
        output.rows.removeAll(keepingCapacity: true)
    }

    // MARK: Keys

    /// Forgets a key of which nothing is known any more.
    mutating func forget(_ slot: Int) {
        guard keys.isTaken[slot], slot >= pins.count || pins[slot] == 0, timers.isEmpty(slot),
            clockTimers.queue.isEmpty(slot), tables.isEmpty(slot), !timers.hasImmediate,
            !clockTimers.queue.hasImmediate
        else { return }
        keys.remove(slot)
        tables.forget(slot)
        expiries.remove(slot)
        holds[slot] = nil
    }

    private func checkSize() throws {
        guard let limit = options.stateLimit, tables.wholeByteCount > limit else { return }
        throw EngineError.stage(
            options.stage,
            StateOverLimit(stage: options.stage, bytes: tables.wholeByteCount, limit: limit, keys: keys.count))
    }
}
