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

        /// Whether it stands behind another one in the same part, so that both can leave in one batch.
        func follows(_ other: Place) -> Bool { part == other.part && index > other.index }
    }

    /// Events of one part that leave, with what came of them.
    struct Leaving {
        /// The batch of the events, with the watermark that has left before them.
        var requests: Batch
        let rows: [Int]
        let values: [Out?]
        /// Their numbers among all events that have come.
        let numbers: [UInt64]

        var count: Int { rows.count }

        /// The times of the events.
        var times: [Int64] { rows.map { requests.times.values[$0] } }
    }

    /// What leaves next.
    enum Next {
        case element(StreamElement)
        case answers(Leaving)
    }

    /// A batch, and what has become of its events.
    struct Part {
        let batch: Batch
        let rows: [Int]
        let numbers: [UInt64]
        var outcomes: [Outcome]
        /// How many events, from the first, were taken to ask for them.
        var taken = 0
        /// How many events have been given out, and in order up to which.
        var given = 0
        var givenInOrder = 0

        var isOver: Bool { given == rows.count }
    }

    enum Item {
        case part(Part)
        case mark(StreamElement)
    }

    /// The most entries that may stand in the queue: of batches and of what comes between them.
    private static var itemLimit: Int { 4096 }

    private(set) var items: [Item] = []
    /// The number of the first item.
    private var first: UInt64 = 0
    /// The number of the first item that may have events nobody has asked for.
    private var toTake: UInt64 = 0
    private var untaken = 0
    /// Events that were taken and given back, in order.
    private var givenBack: ArraySlice<Place> = []
    /// The watermark that has been given out.
    var forwarded = Timestamp.distantPast
    /// The last watermark in the queue.
    var known = Timestamp.distantPast
    /// Whether the end stands in the queue, behind which nothing comes.
    private(set) var hasEnd = false
    /// The number of the next event that comes.
    var nextNumber: UInt64 = 0

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
            let next = nextNumber + UInt64(batch.count)
            add(batch, numbers: Array(nextNumber..<next))
            nextNumber = next
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

    mutating func add(_ batch: Batch, numbers: [UInt64]) {
        var rows: [Int] = []
        rows.reserveCapacity(batch.count)
        batch.forEachRow { rows.append($0) }
        let outcomes = Array(repeating: Outcome.open, count: rows.count)
        items.append(.part(Part(batch: batch, rows: rows, numbers: numbers, outcomes: outcomes)))
        untaken += rows.count
        known = max(known, batch.watermark)
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
        if let place = givenBack.popFirst() {
            untaken -= 1
            held += 1
            return place
        }
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

    /// Events that were taken, but about which nobody has asked, are to be taken again before all others.
    mutating func giveBack(_ places: [Place]) {
        givenBack = places[...]
        untaken += places.count
        held -= places.count
    }

    private func part(at place: Place) -> Part {
        guard case .part(let part) = items[Int(place.part - first)] else {
            preconditionFailure("no event stands there")
        }
        return part
    }

    /// The value of an event.
    func value<In>(at place: Place, as type: In.Type) -> In {
        let part = part(at: place)
        return part.batch.values.base.assumingMemoryBound(to: In.self)[part.rows[place.index]]
    }

    /// The number of an event among all that have come.
    func number(at place: Place) -> UInt64 { part(at: place).numbers[place.index] }

    /// Where an event was read, for errors.
    func eventPlace(at place: Place) -> EventPlace {
        let part = part(at: place)
        return part.batch.place(of: part.rows[place.index])
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
    mutating func next(_ order: AsyncRequests.Order, _ stage: StageName) throws -> Next? {
        if let element = nextMark() { return .element(element) }
        var index = 0
        while index < items.count, case .part(var part) = items[index] {
            let leaving = try take(from: &part, order, stage)
            items[index] = .part(part)
            if let leaving { return .answers(leaving) }
            // Behind a watermark results wait for all before it.
            guard order == .unordered, part.batch.watermark <= forwarded else { return nil }
            index += 1
        }
        return nil
    }

    /// What stands before the first event that has not been given out, or nil.
    mutating func nextMark() -> StreamElement? {
        while let item = items.first {
            switch item {
            case .mark(let element):
                removeFirst()
                if case .watermark(let time) = element {
                    guard time > forwarded else { continue }
                    forwarded = time
                }
                if case .end = element { hasEnd = false }
                return element
            case .part(let part):
                guard part.isOver else { return nil }
                removeFirst()
                guard part.batch.watermark > forwarded else { continue }
                forwarded = part.batch.watermark
                return .watermark(forwarded)
            }
        }
        return nil
    }

    private mutating func removeFirst() {
        items.removeFirst()
        first += 1
    }

    /// Takes what has come of a part and can be given out now; nil where there is nothing.
    private mutating func take(
        from part: inout Part, _ order: AsyncRequests.Order, _ stage: StageName
    ) throws -> Leaving? {
        var taken: [(index: Int, value: Out?)] = []
        var index = order == .ordered ? part.givenInOrder : 0
        scan: while index < part.rows.count {
            switch part.outcomes[index] {
            case .open:
                if order == .ordered { break scan }
            case .given:
                break
            case .result(let value):
                taken.append((index, value))
            case .failed(let error):
                guard taken.isEmpty else { break scan }
                let row = part.rows[index]
                throw EngineError.stageFailed(
                    stage: stage, sequence: part.batch.baseSequence + UInt64(row),
                    time: Timestamp(nanoseconds: part.batch.times.values[row]), error)
            }
            index += 1
        }
        if order == .ordered { part.givenInOrder = index }
        return taken.isEmpty ? nil : give(taken, of: &part)
    }

    /// Gives out events of one part, each behind the one before it, with what came of them.
    mutating func give(_ events: [(place: Place, value: Out?)]) -> Leaving {
        guard let part = events.first?.place.part, case .part(var taken) = items[Int(part - first)] else {
            preconditionFailure("no event stands there")
        }
        let leaving = give(events.map { (index: $0.place.index, value: $0.value) }, of: &taken)
        items[Int(part - first)] = .part(taken)
        return leaving
    }

    private mutating func give(_ events: [(index: Int, value: Out?)], of part: inout Part) -> Leaving {
        for event in events { part.outcomes[event.index] = .given }
        part.given += events.count
        held -= events.count
        var requests = part.batch
        requests.watermark = forwarded
        return Leaving(
            requests: requests, rows: events.map { part.rows[$0.index] }, values: events.map(\.value),
            numbers: events.map { part.numbers[$0.index] })
    }
}
