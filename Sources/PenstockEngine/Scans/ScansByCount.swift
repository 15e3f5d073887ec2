internal import PenstockEvents

/// Windows of scans that end when everything that was announced has come; the key is the scan.
///
/// A scan is complete when every producer has ended and, of each, the numbers that came and those declared missing are as many as it has
/// announced. What a scan knows already, or does not take any more, leaves as surplus. Of a complete scan nothing is kept but that it was there.
struct ScansByCount<ID: EventKey, Value: Sendable>: OrderedProcess {
    typealias Key = ID
    typealias Row = CountedScan<ID, Value>

    let part: @Sendable (Value) -> ScanPart
    /// How many producers a scan has whose begin does not list them.
    let producers: Int

    let ledger = ValueState("ledger", of: ScanLedger.self)
    let events = ListState("events", of: Value.self)
    /// Producer and number of each event.
    let places = ListState("places", of: Place.self)

    struct Place: Sendable, BitwiseCopyable {
        let producer: Int
        let number: Int
        let time: Int64
    }

    var delay: Int64 { 0 }

    func turn(of event: Value, at effectiveTime: Int64) -> PendingRows.Turn { (effectiveTime, 1) }

    func hold(_ state: KeyedState) -> Int64? {
        guard let ledger = state[ledger], ledger.first < .max else { return nil }
        return ledger.first
    }

    func process(
        _ event: Value, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Row>,
        context: ProcessContext<ID>
    ) throws {
        let clock = context.clock.nanoseconds
        let part = part(event)
        guard !context.isFinished else {
            if part.isOfProducer { output.leave(event, at: .surplus, time: context.time, effective: clock) }
            return
        }
        var known = state[ledger] ?? ScanLedger()
        // Taken out while it changes, so that its sets are not copied.
        state[ledger] = nil
        known.name(context.key)
        switch part {
        case .event(let producer, let number):
            if known.take(producer, number) {
                known.note(clock)
                state.append(event, to: events)
                let place = Place(producer: producer, number: number, time: context.time.nanoseconds)
                state.append(place, to: places)
            } else {
                output.leave(event, at: .surplus, time: context.time, effective: clock)
            }
        case .begin(let listed):
            known.listed = Array(Set((known.listed ?? []) + listed)).sorted()
        case .end(let producer, let expected):
            if let before = known.producers[producer]?.expected, before != expected {
                throw EndsDisagree(
                    stage: context.stage, scan: "\(context.key)", producer: producer, expected: [before, expected])
            }
            known.note(clock)
            known.end(producer, expected)
            dropBeyond(producer, expected, state, &output, context)
        case .missing(let producer, let numbers):
            known.declareMissing(producer, numbers)
        }
        if known.isFull(producers) {
            // Of a scan that has given a row at the end of an earlier run nothing but what it lacked may have come since.
            if known.first == .max { known.note(clock) }
            put(known, context.key, isAtEnd: false, state, &output)
            output.finishesKey = true
        } else {
            state[ledger] = known
        }
    }

    func finish(last: Int64, state: KeyedState, output: inout ProcessOutput<Row>) throws {
        guard var known = state[ledger], known.first < .max, let key = known.key(as: ID.self) else {
            return
        }
        put(known, key, isAtEnd: true, state, &output)
        // A run that goes on behind the end counts on, and gives another row where more comes.
        known.first = .max
        state[ledger] = known
    }

    /// Events whose numbers are not below what their producer has announced are none of the scan.
    private func dropBeyond(
        _ producer: Int, _ expected: Int, _ state: KeyedState, _ output: inout ProcessOutput<Row>,
        _ context: ProcessContext<ID>
    ) {
        let (values, numbered) = (state[events], state[places])
        let isBeyond = { (place: Place) in place.producer == producer && place.number >= expected }
        guard numbered.contains(where: isBeyond) else { return }
        for (value, place) in zip(values, numbered) where isBeyond(place) {
            output.leave(
                value, at: .surplus, time: Timestamp(nanoseconds: place.time), effective: context.clock.nanoseconds)
        }
        state[events] = zip(values, numbered).filter { !isBeyond($1) }.map(\.0)
        state[places] = numbered.filter { !isBeyond($0) }
    }

    private func put(
        _ known: ScanLedger, _ id: ID, isAtEnd: Bool, _ state: KeyedState, _ output: inout ProcessOutput<Row>
    ) {
        let counts = known.producers.sorted { $0.key < $1.key }.map { producer, count in
            Row.ProducerCount(
                producer: producer, received: count.received.count, expected: count.expected,
                missing: count.missing.sorted())
        }
        let isComplete = !isAtEnd && counts.allSatisfy(\.missing.isEmpty)
        output.appendHeld(
            Row(id: id, events: state[events], counts: counts, isComplete: isComplete), at: known.last)
        state.clear(events)
        state.clear(places)
    }
}

/// What is known of a scan that ends by counts.
struct ScanLedger: Codable, Sendable {
    struct Producer: Codable, Sendable {
        var received: Set<Int> = []
        var missing: Set<Int> = []
        var expected: Int?
    }

    var producers: [Int: Producer] = [:]
    /// The producers that the begin has listed.
    var listed: [Int]?
    /// The first and the last effective time of events and ends.
    var first = Int64.max
    var last = Int64.min
    private var keyBytes: [UInt8]?

    mutating func note(_ time: Int64) {
        first = min(first, time)
        last = max(last, time)
    }

    /// Whether an event belongs to the scan; then it is counted.
    mutating func take(_ producer: Int, _ number: Int) -> Bool {
        let known = producers[producer] ?? Producer()
        guard number >= 0, number < known.expected ?? .max, !known.missing.contains(number) else {
            return false
        }
        return producers[producer, default: Producer()].received.insert(number).inserted
    }

    mutating func end(_ producer: Int, _ expected: Int) {
        var known = producers[producer] ?? Producer()
        known.expected = expected
        known.received = known.received.filter { $0 < expected }
        known.missing = known.missing.filter { $0 < expected }
        producers[producer] = known
    }

    mutating func declareMissing(_ producer: Int, _ numbers: [Int]) {
        var known = producers[producer] ?? Producer()
        for number in numbers where number >= 0 && number < known.expected ?? .max && !known.received.contains(number) {
            known.missing.insert(number)
        }
        producers[producer] = known
    }

    /// Whether every producer has ended and nothing is absent.
    func isFull(_ count: Int) -> Bool {
        let taking = listed ?? producers.keys.sorted()
        guard listed != nil || producers.count >= count else { return false }
        return taking.allSatisfy { producer in
            guard let known = producers[producer], let expected = known.expected else { return false }
            return known.received.count + known.missing.count >= expected
        }
    }

    mutating func name(_ key: some EventKey) { keyBytes = CanonicalBytes(key).bytes }

    func key<Key: EventKey>(as type: Key.Type) -> Key? {
        keyBytes.map { $0.withUnsafeBytes { Key(canonicalBytes: $0) } }
    }
}

extension ScanPart {
    /// Whether a producer has sent it, an event or its end, and nobody else.
    fileprivate var isOfProducer: Bool {
        switch self {
        case .event, .end: true
        case .begin, .missing: false
        }
    }
}
