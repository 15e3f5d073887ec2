internal import PenstockEvents

/// Joins the events of two inputs that have the same key by the distance of their times.
///
/// Events are kept by key and side in order of time. Once the watermark, less the lateness and less the time in which partners may still come,
/// has passed an event, its rows are put out: in the order of their times, then of their keys, whatever the order of arrival. The output's
/// watermark is held back by the same.
struct TimedJoin: TimedProcessor, SidedProcessor {
    let stage: StageName
    let rule: TimedJoinRule
    let kernel: JoinKernel
    let kind: JoinKind
    private let lateness: Int64
    /// What the output's watermark is behind the input's.
    let delay: Int64
    private let origin: Origin

    let pools: [EventPool]
    private(set) var keys: JoinKeys
    private var places: [UInt64: Int] = [:]
    var sides: [KeySides] = []
    private var unused: [Int] = []
    private var deadlines = DeadlineQueue()
    private var passed: [DeadlineQueue.Deadline] = []
    /// The events that have been passed and are looked at, in order.
    private var due: [DueEvent] = []
    private var given = 0

    var time = StageTime()
    var output: JoinOutput
    private var sequence: UInt64 = 0
    private(set) var failures: FailedEvents
    var statistics = OperatorStatistics()
    var side = SideRows()

    init(_ rule: TimedJoinRule, lateness: Int64, _ kernel: JoinKernel, _ context: OperatorContext, origin: Origin) {
        stage = context.stage
        failures = FailedEvents(context.stage)
        self.rule = rule
        self.kernel = kernel
        self.lateness = lateness
        self.origin = origin
        kind = kernel.kind
        delay = rule.delay(kind) + lateness
        pools = [EventPool(of: kernel.left), EventPool(of: kernel.right)]
        keys = JoinKeys(context.stage)
        output = JoinOutput(of: kernel.output, limit: context.batchEvents)
    }

    mutating func accept(_ element: StreamElement) {
        if case .batch(let batch) = element {
            add(batch)
            side.finish(batch)
        }
        time.observe(element)
    }

    func measure() -> StateMeasure {
        var measure = StateMeasure(keys: places.count, bytes: keys.byteCount)
        for pool in pools { measure.add(events: pool.count, bytesEach: pool.bytesEach) }
        return measure
    }

    mutating func report(to failures: FailedEvents) { self.failures = failures }

    mutating func next() throws -> StreamElement? {
        if reached > forwarded, due.isEmpty, given == 0 { collect() }
        while given < due.count, !output.isFull {
            try giveRows(of: due[given])
            given += 1
        }
        if let batch = output.take(keys, origin: origin, sequence: &sequence, watermark: forwarded) {
            return .batch(batch)
        }
        let hasRisen = reached > forwarded
        forwarded = max(forwarded, reached)
        letGo()
        if let element = time.takeFollowing() { return element }
        return hasRisen && forwarded < .distantFuture ? .watermark(forwarded) : nil
    }

    /// Up to where rows have come.
    private var reached: Timestamp { watermark.held(by: delay) }

    // MARK: Adding

    private mutating func add(_ batch: Batch) {
        let codes = keys.codes(of: batch)
        defer { withExtendedLifetime((batch, codes)) {} }
        batch.forEachMarkedRow { row, mark in
            let time = batch.times.values[row]
            if let mark, time + lateness <= mark.watermark.nanoseconds {
                statistics.lateEvents += 1
                side.put(row, at: batch.input == 0 ? .late : .lateRight)
                return
            }
            let place = batch.place(row, effectiveTime: batch.effectiveTime(row, mark))
            let slot = pools[Int(batch.input)].keep(
                batch.values.base + row * batch.values.element.stride, code: codes.values[row], place: place)
            take(slot, input: batch.input)
        }
    }

    /// Puts an event in its place among those of its key.
    private mutating func take(_ slot: UInt32, input: UInt8) {
        let event = pools[Int(input)][slot]
        let time = event.place.nanoseconds
        if rule.keeps(input) {
            let at = place(of: event.code)
            sides[at].lines[Int(input)].insert(slot, pools[Int(input)])
        }
        if let due = rule.due(time, input: input), due > forwarded.nanoseconds {
            deadlines.add(DeadlineQueue.Deadline(time: due, code: DueEvent.code(slot, input, isExpiry: false)))
        }
        if let expiry = rule.expiry(time, input: input), expiry > forwarded.nanoseconds {
            deadlines.add(DeadlineQueue.Deadline(time: expiry, code: DueEvent.code(slot, input, isExpiry: true)))
        }
    }

    /// The place of the events of a key, for reading; nil where there are none.
    func knownPlace(of code: UInt64) -> Int? { places[code] }

    private mutating func place(of code: UInt64) -> Int {
        if let at = places[code] { return at }
        let at = unused.popLast() ?? sides.count
        if at == sides.count { sides.append(KeySides()) }
        places[code] = at
        return at
    }

    // MARK: Giving

    /// Takes out the events that have been passed and puts them into the order of their rows.
    private mutating func collect() {
        deadlines.take(upTo: reached.nanoseconds, into: &passed)
        for deadline in passed where !DueEvent.isExpiry(deadline.code) {
            let (slot, input) = DueEvent.event(deadline.code)
            due.append(DueEvent(time: deadline.time, slot: slot, input: input, event: pools[Int(input)][slot]))
        }
        let keys = keys
        due.sort { a, b in
            if a.time != b.time { return a.time < b.time }
            if a.event.code != b.event.code { return keys.precedes(a.event.code, b.event.code) }
            if a.input != b.input { return a.input > b.input }
            return a.event.place < b.event.place
        }
        given = 0
    }

    /// Lets go of what has given its rows and is not needed any more.
    private mutating func letGo() {
        for event in due where !rule.keeps(event.input) { pools[Int(event.input)].free(event.slot) }
        due.removeAll(keepingCapacity: true)
        given = 0
        // All passed events are still there: one that expires only names its key.
        let expired = passed.lazy.filter { DueEvent.isExpiry($0.code) }.map { DueEvent.event($0.code) }
        var codes = Set(expired.map { [pools] in pools[Int($0.input)][$0.slot].code })
        if case .session = rule { codes.formUnion(ended) }
        ended.removeAll(keepingCapacity: true)
        passed.removeAll(keepingCapacity: true)
        for code in codes {
            guard let at = places[code] else { continue }
            drop(at, passedBy: forwarded.nanoseconds)
            if sides[at].isEmpty {
                places[code] = nil
                sides[at] = KeySides()
                unused.append(at)
            }
        }
        keys.forget { [places, pools] in Set(places.keys).union(pools.flatMap(\.codes)) }
    }

    /// The keys of sessions that have ended.
    var ended: Set<UInt64> = []

    // MARK: Checkpoints

    func snapshot(into state: inout StateWriter) throws {
        state.chunk { chunk in
            chunk.put(watermark.nanoseconds)
            chunk.put(forwarded.nanoseconds)
            chunk.put(sequence)
        }
        var groups = GroupedState()
        for (input, pool) in pools.enumerated() {
            let coding = try pool.element.writable()
            for slot in pool.used {
                let event = pool[slot]
                try groups.put(keys.group(of: event.code)) { chunk in
                    chunk.put(UInt8(input))
                    keys.put(event.code, into: &chunk)
                    chunk.put(event.place)
                    try coding.write(event.value, &chunk)
                }
            }
        }
        groups.write(into: &state)
    }

    mutating func restore(_ state: [StateChunk]) throws {
        for chunk in state where chunk.group == nil {
            var decoder = StateDecoder(chunk)
            watermark = max(watermark, try decoder.watermark())
            forwarded = max(forwarded, try decoder.watermark())
            sequence = max(sequence, try decoder.integer())
        }
        deadlines.take(upTo: forwarded.nanoseconds, into: &passed)
        for chunk in state where chunk.group != nil {
            var decoder = StateDecoder(chunk)
            while !decoder.isAtEnd {
                let input: UInt8 = try decoder.integer()
                guard input < 2 else { throw StateDamaged() }
                let code = try keys.code(from: &decoder)
                let place = try decoder.place()
                let coding = try pools[Int(input)].element.writable()
                let slot = try pools[Int(input)].keep(code: code, place: place) { try coding.read(&decoder, $0) }
                take(slot, input: input)
            }
        }
    }
}

/// The events of both sides of a key.
struct KeySides {
    var lines = [Timeline(), Timeline()]
    /// Up to where sessions have given their rows.
    var given = Int64.min

    var isEmpty: Bool { lines[0].isEmpty && lines[1].isEmpty }
}

/// An event that has been passed.
struct DueEvent {
    /// When it was due.
    let time: Int64
    let slot: UInt32
    let input: UInt8
    let event: KeptEvent

    /// A slot, an input and what is due, as one number.
    static func code(_ slot: UInt32, _ input: UInt8, isExpiry: Bool) -> UInt64 {
        UInt64(slot) | UInt64(input) << 32 | (isExpiry ? 1 << 40 : 0)
    }

    static func isExpiry(_ code: UInt64) -> Bool { code >> 40 != 0 }

    static func event(_ code: UInt64) -> (slot: UInt32, input: UInt8) {
        (UInt32(truncatingIfNeeded: code), UInt8(truncatingIfNeeded: code >> 32))
    }
}
