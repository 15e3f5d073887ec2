internal import PenstockEvents

/// Shows the events of a control stream to each event of the data: those whose effective time is not later than its own, applied in canonical
/// order.
///
/// All events wait until the watermark of both inputs has reached their effective time, which is then the time of their rows.
struct BroadcastJoin: TimedProcessor {
    private let stage: StageName
    private let kernel: BroadcastKernel
    private let origin: Origin
    private let pools: [EventPool]
    private var state: KeptValue
    private var deadlines = DeadlineQueue()
    private var passed: [DeadlineQueue.Deadline] = []
    private var due: [DueEvent] = []
    private var given = 0
    private var keys: JoinKeys
    var time = StageTime()
    private var output: JoinOutput
    private var sequence: UInt64 = 0
    private var failures: FailedEvents

    init(_ kernel: BroadcastKernel, _ context: OperatorContext, origin: Origin) {
        stage = context.stage
        failures = FailedEvents(context.stage)
        self.kernel = kernel
        self.origin = origin
        pools = [EventPool(of: kernel.data), EventPool(of: kernel.control)]
        state = KeptValue(kernel.state, kernel.makeState)
        keys = JoinKeys(context.stage)
        output = JoinOutput(of: kernel.output, limit: context.batchEvents)
    }

    mutating func accept(_ element: StreamElement) {
        if case .batch(let batch) = element {
            add(batch)
        }
        time.observe(element)
    }

    func measure() -> StateMeasure {
        var measure = StateMeasure(bytes: keys.byteCount)
        for pool in pools { measure.add(events: pool.count, bytesEach: pool.bytesEach) }
        return measure
    }

    mutating func report(to failures: FailedEvents) { self.failures = failures }

    mutating func next() throws -> StreamElement? {
        if watermark > forwarded, due.isEmpty { collect() }
        while given < due.count, !output.isFull {
            try handle(due[given])
            given += 1
        }
        if let batch = output.take(keys, origin: origin, sequence: &sequence, watermark: forwarded) {
            return .batch(batch)
        }
        due.removeAll(keepingCapacity: true)
        given = 0
        let hasRisen = watermark > forwarded
        forwarded = max(forwarded, watermark)
        if let element = time.takeFollowing() { return element }
        return hasRisen && forwarded < .distantFuture ? .watermark(forwarded) : nil
    }

    private mutating func add(_ batch: Batch) {
        let codes = keys.codes(of: batch)
        let pool = pools[Int(batch.input)]
        batch.forEachMarkedRow { row, mark in
            let place = batch.place(row, effectiveTime: batch.effectiveTime(row, mark))
            let slot = pool.keep(
                batch.values.base + row * batch.values.element.stride, code: codes.values[row], place: place)
            wait(slot, batch.input)
        }
        withExtendedLifetime((batch, codes)) {}
    }

    private mutating func wait(_ slot: UInt32, _ input: UInt8) {
        let time = pools[Int(input)][slot].place.effectiveNanoseconds
        deadlines.add(DeadlineQueue.Deadline(time: time, code: DueEvent.code(slot, input, isExpiry: false)))
    }

    private mutating func collect() {
        deadlines.take(upTo: watermark.nanoseconds, into: &passed)
        for deadline in passed {
            let (slot, input) = DueEvent.event(deadline.code)
            due.append(DueEvent(time: deadline.time, slot: slot, input: input, event: pools[Int(input)][slot]))
        }
        passed.removeAll(keepingCapacity: true)
        due.sort { a, b in
            if a.time != b.time { return a.time < b.time }
            return a.input == b.input ? a.event.place < b.event.place : a.input > b.input
        }
    }

    private mutating func handle(_ due: DueEvent) throws {
        let event = due.event
        do {
            if due.input == 1 {
                let changed = failures.goesOn ? KeptValue(state.element) { state.element.copy(state.base, $0) } : state
                try kernel.update(event.value, changed.base)
                state = changed
            } else {
                try kernel.makeRow(event.value, state.base, output.room(1))
                output.added(1)
                output.label(code: event.code, time: due.time)
            }
        } catch {
            try failures.refuse(
                event.place, event.value, pools[Int(due.input)].element, effectiveTime: due.time, error)
        }
        pools[Int(due.input)].free(due.slot)
    }

    // MARK: Checkpoints

    func snapshot(into writer: inout StateWriter) throws {
        try writer.chunk { chunk in
            chunk.put(watermark.nanoseconds)
            chunk.put(forwarded.nanoseconds)
            chunk.put(sequence)
            try state.element.writable().write(state.base, &chunk)
            for (input, pool) in pools.enumerated() {
                let coding = try pool.element.writable()
                for slot in pool.used {
                    chunk.put(UInt8(input))
                    keys.put(pool[slot].code, into: &chunk)
                    chunk.put(pool[slot].place)
                    try coding.write(pool[slot].value, &chunk)
                }
            }
        }
    }

    mutating func restore(_ chunks: [StateChunk]) throws {
        for chunk in chunks {
            var decoder = StateDecoder(chunk)
            watermark = try decoder.watermark()
            forwarded = try decoder.watermark()
            sequence = try decoder.integer()
            let coding = try kernel.state.writable()
            state = try KeptValue(kernel.state) { try coding.read(&decoder, $0) }
            deadlines.take(upTo: forwarded.nanoseconds, into: &passed)
            while !decoder.isAtEnd {
                let input: UInt8 = try decoder.integer()
                guard input < 2 else { throw StateDamaged() }
                let code = try keys.code(from: &decoder)
                let place = try decoder.place()
                let coding = try pools[Int(input)].element.writable()
                wait(try pools[Int(input)].keep(code: code, place: place) { try coding.read(&decoder, $0) }, input)
            }
        }
    }
}
