internal import PenstockEvents

/// Calls an author's asynchronous function for each event and gives out the results, each with the time, key and place of its event.
///
/// What comes stands in a queue until it has been given out: events with what has become of them, and between them watermarks and control
/// records, which wait for the results of the events before them. So no result is late, and what a checkpoint has to know is the queue: the
/// events in it are asked for again.
struct AsyncProcessor<In: Sendable, Out: Sendable>: Processor {
    /// The function: nil for an event that has no result.
    typealias Function = @concurrent @Sendable (In) async throws -> Out?

    private let stage: StageName
    private let options: AsyncRequests
    /// The origin of the results: their events may have several, but have come one by one, and the numbers of the results keep that order.
    private let origin: Origin
    private let function: Function
    private let calls = AsyncCalls<Out?>()
    private var waker: Waker?
    private var queue = AsyncQueue<Out>()
    private var requests: [UInt64: Request] = [:]
    /// The requests whose calls are running.
    private var owners: [UInt64: UInt64] = [:]
    private var nextRequest: UInt64 = 0
    private var nextCall: UInt64 = 0
    private var failures: FailedEvents
    /// What records answers, or knows those of an earlier run; nil where every event is asked for and nothing is recorded.
    private var recorder: AnswerRecorder<Out>?
    /// What remembers answers by their keys; nil where every event is asked for.
    private let memory: AnswerLookup<In, Out>?
    /// The requests for keys without an answer yet.
    private var byKey: [AnswerKey: UInt64] = [:]
    /// Whose answers were remembered and whose were not.
    private(set) var statistics = OperatorStatistics()

    /// Events for which there is no result yet: one, or those of one key.
    private struct Request {
        /// What the call does.
        enum Step {
            case asks
            /// It reads a remembered answer.
            case recalls
            /// It remembers the answer.
            case keeps
        }

        var places: [AsyncQueue<Out>.Place]
        var key: AnswerKey?
        var step = Step.asks
        /// Whether somebody was asked.
        var isAsked = false
        var failures = 0
        /// The call that is running; nil while the request rests before the next attempt.
        var call: UInt64?
        /// When the call has taken too long, or the rest is over.
        var due: Int64?
    }

    init(
        _ stage: StageName, _ options: AsyncRequests, origin: Origin = Origin(stage: 0, partition: 0),
        answers: AnswerTape? = nil, memory: AnswerLookup<In, Out>? = nil, _ function: @escaping Function
    ) {
        self.stage = stage
        self.origin = origin
        self.options = options
        self.function = function
        failures = FailedEvents(stage)
        recorder = answers.map { AnswerRecorder($0) }
        self.memory = memory
    }

    var isWaking: Bool { true }

    mutating func begin(with waker: Waker) {
        self.waker = waker
        recorder?.begin(with: waker)
    }

    mutating func report(to failures: FailedEvents) { self.failures = failures }

    var wakeInstant: Int64? { requests.values.compactMap(\.due).min() }

    var takesMore: Bool {
        if let recorder {
            guard !recorder.holdsEnd, !queue.hasEnd else { return false }
            if recorder.waitsForEvent { return true }
        }
        return queue.takesMore && hasRoom
    }

    /// Whether a further event may be asked for.
    private var hasRoom: Bool { queue.held + (recorder?.heldEvents ?? 0) < options.capacity }

    var isHolding: Bool { !queue.isEmpty || recorder?.isHolding == true }

    mutating func accept(_ element: StreamElement) {
        queue.add(element)
        askMore()
    }

    mutating func next() throws -> StreamElement? {
        guard recorder != nil else {
            while let next = try queue.next(options.order, stage) {
                askMore()
                switch next {
                case .element(let element): return element
                case .answers(let leaving):
                    if let results = leaving.results(of: origin) { return .batch(results) }
                }
            }
            return nil
        }
        return try nextRecorded()
    }

    mutating func wake(at now: Int64) {
        for answer in calls.takeAnswers() {
            guard let number = owners.removeValue(forKey: answer.call), let request = requests[number] else { continue }
            switch (request.step, answer.result) {
            case (.asks, .success(let value)):
                if let memory, let key = request.key {
                    keep(value, number, key, memory)
                } else {
                    settle(number, .result(value))
                }
            case (.asks, .failure(let error)): fail(number, error, now)
            case (.recalls, .failure(is AnswerForgotten)): ask(number)
            case (_, .success(let value)): settle(number, .result(value))
            case (_, .failure(let error)): settle(number, .failed(error))
            }
        }
        for (number, request) in requests.filter({ $0.value.due ?? .max <= now }).sorted(by: { $0.key < $1.key }) {
            guard let call = request.call else {
                ask(number)
                continue
            }
            calls.cancel(call)
            owners[call] = nil
            fail(number, RequestTimedOut(timeout: options.timeout ?? .zero), now)
        }
        askMore()
    }

    func close() async { await calls.close() }

    // MARK: Requests

    /// Asks for the next events, as many as there is room for.
    private mutating func askMore() {
        // As long as answers are known, nobody is asked.
        guard recorder?.isFollowing != true else { return }
        while hasRoom, let place = queue.take() {
            guard let memory, let key = memory.key(queue.value(at: place, as: In.self)) else {
                ask(add(Request(places: [place])))
                continue
            }
            if let number = byKey[key] {
                requests[number]?.places.append(place)
                continue
            }
            switch memory.find(key) {
            case .outcome(let outcome):
                queue.settle(place, outcome)
                statistics.rememberedEvents += 1
            case .stored: recall(add(Request(places: [place], key: key)), key, memory)
            case .nothing: ask(add(Request(places: [place], key: key)))
            }
        }
    }

    private mutating func add(_ request: Request) -> UInt64 {
        defer { nextRequest += 1 }
        requests[nextRequest] = request
        if let key = request.key { byKey[key] = nextRequest }
        return nextRequest
    }

    private mutating func ask(_ number: UInt64) {
        guard let place = requests[number]?.places[0] else { preconditionFailure("nobody wants an answer") }
        requests[number]?.isAsked = true
        let function = function
        let value = queue.value(at: place, as: In.self)
        call(number, .asks) { try await function(value) }
    }

    private mutating func recall(_ number: UInt64, _ key: AnswerKey, _ memory: AnswerLookup<In, Out>) {
        call(number, .recalls) { try await memory.recall(key) }
    }

    private mutating func keep(_ value: Out?, _ number: UInt64, _ key: AnswerKey, _ memory: AnswerLookup<In, Out>) {
        guard let place = requests[number]?.places[0] else { preconditionFailure("nobody wants an answer") }
        let time = Timestamp(nanoseconds: queue.eventPlace(at: place).nanoseconds)
        call(number, .keeps) {
            try await memory.keep(value, for: key, time: time)
            return value
        }
    }

    private mutating func call(
        _ number: UInt64, _ step: Request.Step, _ body: @escaping @concurrent @Sendable () async throws -> Out?
    ) {
        guard let waker, var request = requests[number] else { preconditionFailure("a stage asks before it has begun") }
        request.step = step
        request.call = nextCall
        // Only what is asked outside may take too long.
        request.due = step == .asks ? options.timeout.map { waker.clock.nanoseconds + $0.nanoseconds } : nil
        requests[number] = request
        owners[nextCall] = number
        calls.begin(nextCall, waker, body)
        nextCall += 1
    }

    private mutating func settle(_ number: UInt64, _ outcome: AsyncQueue<Out>.Outcome) {
        guard let request = requests.removeValue(forKey: number) else { return }
        if let key = request.key {
            byKey[key] = nil
            if request.isAsked { statistics.askedEvents += 1 }
            statistics.rememberedEvents += request.places.count - (request.isAsked ? 1 : 0)
        }
        for place in request.places { queue.settle(place, outcome) }
    }

    private mutating func fail(_ number: UInt64, _ error: any Error, _ now: Int64) {
        guard var request = requests[number] else { return }
        request.failures += 1
        guard request.failures > options.retries.count else {
            request.call = nil
            request.due = now + options.retries.delay(before: request.failures - 1)
            requests[number] = request
            return
        }
        settle(number, .failed(RequestFailed(attempts: request.failures, error: error)))
    }

    // MARK: Recorded answers

    private mutating func nextRecorded() throws -> StreamElement? {
        while recorder?.isFollowing == true {
            if let element = queue.nextMark() { return recorder?.sent(element) }
            switch try recorder?.follow(&queue, failures) {
            case .answers(let leaving)?:
                if let results = leaving.results(of: origin) { return .batch(results) }
            case .over?: askMore()
            case .nothing?, nil: return nil
            }
        }
        while let next = try queue.next(options.order, stage) { try recorder?.add(next) }
        while let next = try recorder?.takeRecorded() {
            askMore()
            switch next {
            case .element(let element): return recorder?.sent(element)
            case .answers(let leaving):
                if let results = leaving.results(of: origin) { return .batch(results) }
            }
        }
        return nil
    }

    // MARK: Checkpoints

    func snapshot(into state: inout StateWriter) throws {
        try state.chunk { chunk in
            recorder?.snapshot(into: &chunk)
            try queue.write(
                &chunk, leaving: recorder?.leaving ?? [], sent: recorder?.sentWatermark)
        }
    }

    mutating func restore(_ chunks: [StateChunk]) throws {
        for chunk in chunks {
            var decoder = StateDecoder(chunk)
            try recorder?.restore(&decoder)
            try queue.read(&decoder, ValueType(In.self))
            recorder?.sentWatermark = queue.forwarded
        }
        // The events are asked for when the stage runs.
        waker?.wake()
    }
}
