internal import PenstockEvents

/// Lets what an asynchronous stage gives out leave in an order that can be repeated: answers that are known in the order in which they left
/// before, new ones when they have been recorded.
struct AnswerRecorder<Out: Sendable> {
    /// What following the known answers has brought.
    enum Followed {
        case answers(AsyncQueue<Out>.Leaving)
        /// There is something to wait for.
        case nothing
        /// No further answer is known.
        case over
    }

    /// The most answers that leave together.
    private static var followedLimit: Int { 4096 }

    private let tape: AnswerTape
    private let coding: any ValueCoding
    /// Whether known answers are left.
    private(set) var isFollowing = true
    /// Whether the event to which the next known answer belongs has not come yet.
    private(set) var waitsForEvent = false
    /// Whether the end of the input stands among what leaves.
    private(set) var holdsEnd = false
    /// What leaves when it has been recorded, in order.
    private(set) var leaving: [AsyncQueue<Out>.Next] = []
    /// How many events there are among it.
    private(set) var heldEvents = 0
    /// The last watermark that has left.
    var sentWatermark = Timestamp.distantPast
    /// The offset behind the last answer that has left.
    private var position: UInt64 = 0
    /// The events without an answer, by their numbers, while answers are known.
    private var open: [UInt64: AsyncQueue<Out>.Place] = [:]

    init(_ tape: AnswerTape) {
        self.tape = tape
        guard let coding = ValueType(Out.self).coding else {
            preconditionFailure("a plan records answers of a type that cannot be written")
        }
        self.coding = coding
    }

    func begin(with waker: Waker) { tape.begin(with: waker) }

    var isHolding: Bool { !leaving.isEmpty }

    /// An element leaves the stage.
    mutating func sent(_ element: StreamElement) -> StreamElement {
        if case .watermark(let time) = element { sentWatermark = time }
        if case .end = element { holdsEnd = false }
        return element
    }

    // MARK: Known answers

    /// The next known answers to events that have come.
    /// - Throws: `EngineError` that names the event where the next answer is not to it, or there is none.
    mutating func follow(_ queue: inout AsyncQueue<Out>, _ failures: FailedEvents) throws -> Followed {
        while let place = queue.take() { open[queue.number(at: place)] = place }
        waitsForEvent = false
        var events: [(place: AsyncQueue<Out>.Place, value: Out?)] = []
        guard case .answer(var known) = try nextKnown(queue, failures) else {
            if isFollowing { return .nothing }
            queue.giveBack(open.sorted { $0.key < $1.key }.map(\.value))
            open = [:]
            return .over
        }
        while let place = open[known.record.number] {
            if let last = events.last, !place.follows(last.place) { break }
            let event = queue.eventPlace(at: place)
            guard event.nanoseconds == known.time else {
                let error = AnswerOfOther(run: tape.run, topic: tape.rule.topic, time: known.time)
                throw failures.failure(at: event, error)
            }
            do { events.append((place, try known.record.answer(Out.self, coding))) } catch {
                throw failures.failure(at: event, error)
            }
            open[known.record.number] = nil
            position = known.end
            guard events.count < Self.followedLimit, let next = tape.next(behind: events.count) else { break }
            known = next
        }
        tape.pass(events.count)
        if !events.isEmpty { return .answers(queue.give(events)) }
        // The queue has no end as long as events may come.
        guard !queue.hasEnd else {
            let first = open.min { $0.key < $1.key }
            guard let first else { return .nothing }
            let error = AnswerOfOther(run: tape.run, topic: tape.rule.topic, time: known.time)
            throw failures.failure(at: queue.eventPlace(at: first.value), error)
        }
        waitsForEvent = true
        return .nothing
    }

    private mutating func nextKnown(
        _ queue: AsyncQueue<Out>, _ failures: FailedEvents
    ) throws -> AnswerTape.Next {
        let next = try tape.next()
        guard case .over = next else { return next }
        if tape.isFollowing, tape.rule.missing == .fails {
            guard let first = open.min(by: { $0.key < $1.key }) else { return next }
            let error = AnswerMissing(run: tape.run, topic: tape.rule.topic)
            throw failures.failure(at: queue.eventPlace(at: first.value), error)
        }
        isFollowing = false
        return next
    }

    // MARK: New answers

    /// Takes what leaves next, and begins to record it.
    mutating func add(_ next: AsyncQueue<Out>.Next) throws {
        leaving.append(next)
        switch next {
        case .element(.end): holdsEnd = true
        case .element: break
        case .answers(let answers):
            heldEvents += answers.count
            guard !tape.isFollowing else { return }
            let records = try zip(answers.numbers, answers.values).map { try AnswerRecord(of: $0, $1, coding) }
            tape.add(records, times: answers.times)
        }
    }

    /// What leaves next and has been recorded, or nil.
    /// - Throws: what recording has thrown.
    mutating func takeRecorded() throws -> AsyncQueue<Out>.Next? {
        guard let first = leaving.first else { return nil }
        if case .answers(let answers) = first {
            if !tape.isFollowing {
                guard let end = try tape.takeAcknowledged() else { return nil }
                position = end
            }
            heldEvents -= answers.count
        }
        return leaving.removeFirst()
    }

    // MARK: Checkpoints

    func snapshot(into chunk: inout StateEncoder) { chunk.put(position) }

    mutating func restore(_ chunk: inout StateDecoder) throws {
        position = try chunk.integer()
        try tape.begin(at: position)
    }
}

extension AnswerTape {
    /// How far answers had left by what a stage that records them has written into a checkpoint.
    static func position(in chunk: StateChunk) -> UInt64? {
        var decoder = StateDecoder(chunk)
        return try? decoder.integer()
    }
}
