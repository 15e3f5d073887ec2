internal import PenstockEvents

/// What a stage with asynchronous requests has taken and not yet given out, in order.
struct AsyncQueue<Out: Sendable> {
    /// What has become of an event.
    enum Outcome {
        case open
        case result(Out?)
        case failed(any Error)
        case given
    }

    /// Where an event stands: the number of its part and its place among the part's events.
    struct Place {
        fileprivate let part: UInt64
        fileprivate let index: Int
    }

    /// A batch, and what has become of its events.
    private struct Part {
        let batch: Batch
        let rows: [Int]
        var outcomes: [Outcome]
        /// How many events, from the first, were taken to ask for them.
        var taken = 0
        /// How many events have been given out, and in order up to which.
        var given = 0
        var givenInOrder = 0

        var isOver: Bool { given == rows.count }
    }

    private enum Item {
        case part(Part)
        case mark(StreamElement)
    }

    /// The most entries that may stand in the queue: of batches and of what comes between them.
    private static var itemLimit: Int { 4096 }

    private var items: [Item] = []
    /// The number of the first item.
    private var first: UInt64 = 0
    /// The number of the first item that may have events nobody has asked for.
    private var toTake: UInt64 = 0
    private var untaken = 0
    private var forwarded = Timestamp.distantPast
    /// The last watermark in the queue.
    private var known = Timestamp.distantPast
    private var hasEnd = false

    /// How many events were taken to ask for them and have not been given out.
    private(set) var held = 0

    /// Whether every event that has come was taken, and more may come.
    var takesMore: Bool { untaken == 0 && !hasEnd && items.count < Self.itemLimit }

    /// Whether everything that has come has been given out.
    var isEmpty: Bool { items.isEmpty }

    // MARK: Coming in

    mutating func add(_ element: StreamElement) {
        switch element {
        case .batch(let batch):
            guard batch.count > 0 else { return add(watermark: batch.watermark) }
            var rows: [Int] = []
            rows.reserveCapacity(batch.count)
            batch.forEachRow { rows.append($0) }
            items.append(
                .part(Part(batch: batch, rows: rows, outcomes: Array(repeating: .open, count: rows.count))))
            untaken += rows.count
            known = max(known, batch.watermark)
        case .watermark(let time):
            add(watermark: time)
        case .control:
            items.append(.mark(element))
        case .end:
            hasEnd = true
            items.append(.mark(element))
        case .barrier:
            break
        }
    }

    private mutating func add(watermark time: Timestamp) {
        guard time > known else { return }
        known = time
        if case .mark(.watermark)? = items.last { items.removeLast() }
        items.append(.mark(.watermark(time)))
    }

    // MARK: Asking

    /// The next event that nobody has asked for, or nil.
    mutating func take() -> Place? {
        guard untaken > 0 else { return nil }
        toTake = max(toTake, first)
        while true {
            let index = Int(toTake - first)
            if case .part(var part) = items[index], part.taken < part.rows.count {
                let place = Place(part: toTake, index: part.taken)
                part.taken += 1
                items[index] = .part(part)
                untaken -= 1
                held += 1
                return place
            }
            toTake += 1
        }
    }

    /// The value of an event.
    func value<In>(at place: Place, as type: In.Type) -> In {
        guard case .part(let part) = items[Int(place.part - first)] else {
            preconditionFailure("no event stands there")
        }
        return part.batch.values.base.assumingMemoryBound(to: In.self)[part.rows[place.index]]
    }

    /// Says what has become of an event.
    mutating func settle(_ place: Place, _ outcome: Outcome) {
        let index = Int(place.part - first)
        guard case .part(var part) = items[index] else { preconditionFailure("no event stands there") }
        part.outcomes[place.index] = outcome
        items[index] = .part(part)
    }

    // MARK: Going out

    /// What can be given out next, or nil.
    /// - Throws: `EngineError.stageFailed` where it is the turn of an event that has no result.
    mutating func next(_ order: AsyncRequests.Order, _ stage: StageName) throws -> StreamElement? {
        var index = 0
        while index < items.count {
            switch items[index] {
            case .mark(let element):
                guard index == 0 else { return nil }
                removeFirst()
                if case .watermark(let time) = element {
                    guard time > forwarded else { continue }
                    forwarded = time
                }
                if case .end = element { hasEnd = false }
                return element
            case .part(var part):
                let results = try take(from: &part, order, stage)
                items[index] = .part(part)
                if let results { return .batch(results) }
                if index == 0, part.isOver {
                    removeFirst()
                    guard part.batch.watermark > forwarded else { continue }
                    forwarded = part.batch.watermark
                    return .watermark(forwarded)
                }
                // Behind a watermark results wait for all before it.
                guard order == .unordered, part.batch.watermark <= forwarded else { return nil }
                index += 1
            }
        }
        return nil
    }

    private mutating func removeFirst() {
        items.removeFirst()
        first += 1
    }

    /// Takes the results of a part that can be given out now; nil where there are none.
    private mutating func take(
        from part: inout Part, _ order: AsyncRequests.Order, _ stage: StageName
    ) throws -> Batch? {
        var results: [(row: Int, value: Out)] = []
        var index = order == .ordered ? part.givenInOrder : 0
        scan: while index < part.rows.count {
            switch part.outcomes[index] {
            case .open:
                if order == .ordered { break scan }
            case .given:
                break
            case .result(let value):
                if let value { results.append((part.rows[index], value)) }
                part.outcomes[index] = .given
                part.given += 1
                held -= 1
            case .failed(let error):
                guard results.isEmpty else { break scan }
                let row = part.rows[index]
                throw EngineError.stageFailed(
                    stage: stage, sequence: part.batch.baseSequence + UInt64(row),
                    time: Timestamp(nanoseconds: part.batch.times.values[row]), error)
            }
            index += 1
        }
        if order == .ordered { part.givenInOrder = index }
        guard !results.isEmpty else { return nil }
        // The place, the time, the key and the mark of each result are those of its event, in the columns of the batch.
        var batch = part.batch
        let values = ValueColumn(ValueType(Out.self), capacity: batch.rowCount)
        let rows = Column<UInt32>(capacity: results.count)
        for (k, result) in results.enumerated() {
            (values.base.assumingMemoryBound(to: Out.self) + result.row).initialize(to: result.value)
            rows.values[k] = UInt32(result.row)
        }
        let selection = Selection(rows, count: results.count)
        values.setInitialized(count: batch.rowCount, live: selection)
        batch.values = values
        batch.selection = selection
        batch.watermark = forwarded
        return batch
    }

    // MARK: Checkpoints

    private enum Kind: UInt8 {
        case events = 0
        case watermark = 1
        case control = 2
    }

    /// Writes what stands in the queue: of batches the events that have not been given out.
    func write(_ state: inout StateEncoder) throws {
        state.put(forwarded.nanoseconds)
        for item in items {
            switch item {
            case .part(let part):
                let left = part.rows.indices.filter { !part.outcomes[$0].isGiven }
                guard !left.isEmpty else {
                    state.put(Kind.watermark.rawValue)
                    state.put(part.batch.watermark.nanoseconds)
                    continue
                }
                let rows = Column<UInt32>(capacity: left.count)
                for (k, index) in left.enumerated() { rows.values[k] = UInt32(part.rows[index]) }
                var batch = part.batch
                batch.selection = Selection(rows, count: left.count)
                state.put(Kind.events.rawValue)
                try state.put(batch)
            case .mark(.watermark(let time)):
                state.put(Kind.watermark.rawValue)
                state.put(time.nanoseconds)
            case .mark(.control(let record)):
                state.put(Kind.control.rawValue)
                state.put(record.encoded())
            case .mark:
                break
            }
        }
    }

    /// Brings back what `write` wrote.
    mutating func read(_ state: inout StateDecoder, _ element: ValueType) throws {
        forwarded = Timestamp(nanoseconds: try state.integer())
        known = forwarded
        while !state.isAtEnd {
            switch Kind(rawValue: try state.integer()) {
            case .events: add(.batch(try state.batch(of: element)))
            case .watermark: add(.watermark(Timestamp(nanoseconds: try state.integer())))
            case .control:
                let record = try Array(try state.data()).withUnsafeBytes { try ControlRecord(decoding: $0) }
                add(.control(record))
            case nil: throw StateDamaged()
            }
        }
    }
}

extension AsyncQueue.Outcome {
    fileprivate var isGiven: Bool { if case .given = self { true } else { false } }
}
