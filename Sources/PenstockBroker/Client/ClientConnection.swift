internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// A client's connection to a broker: sends requests, and hands each answer to whoever waits for it.
final class ClientConnection: ConnectionHandler {
    /// What a broker has answered.
    struct Answer: Sendable {
        var message: WireReader
        /// What came beside it.
        let payload: Payload.Storage?
    }

    private struct Waiting {
        /// When it has waited too long; nil for never.
        let deadline: MonotonicInstant?
        let take: @Sendable (Result<Answer, LogError>) -> Void
    }

    private struct State {
        var wire: WireConnection?
        var waiting: [UInt64: Waiting] = [:]
        var next: UInt64 = 1
        var nextTransaction: UInt32 = 1
        var lastHeard: MonotonicInstant
        /// Payloads that are on their way here.
        var pulling = 0
        var silence = Duration.zero
        var end: LogError?
        /// The one over which the client has said who it is, or the one over a fabric beside that: both end together.
        weak var other: ClientConnection?
    }

    /// Where the broker is.
    let address: FabricAddress
    private let limits: RemoteLog.Limits
    /// Called when the broker says where the brokers of its log are.
    let told: @Sendable ([String]) -> Void
    let depot: SlabDepot
    private let transportLimits: FabricLimits
    private let timer: any MonotonicClock
    private let state: Guarded<State>

    init(
        to address: FabricAddress, _ limits: RemoteLog.Limits, _ transport: any Transport, _ depot: SlabDepot,
        _ timer: any MonotonicClock, told: @escaping @Sendable ([String]) -> Void
    ) {
        self.address = address
        self.told = told
        self.limits = limits
        self.depot = depot
        self.timer = timer
        transportLimits = transport.limits
        state = Guarded(State(lastHeard: timer.now()))
    }

    /// Says hello on a connection that was made with this as its handler.
    func greet(_ connection: any Connection, as hello: Hello) async throws(LogError) {
        let wire = WireConnection(connection: connection, limits: transportLimits, depot: depot)
        state.withLock { $0.wire = wire }
        let patience = transportLimits.connectTimeout
        let impatience = Task { [timer] in
            await timer.sleep(for: patience)
            if Task.isCancelled { return }
            connection.fail(FabricError(.timedOut, "the broker has not answered the hello within \(patience)"))
        }
        defer { impatience.cancel() }
        do throws(LogError) {
            let welcome: Welcome = try await call(.hello(hello))
            told(welcome.brokers)
            watch(silence: .milliseconds(Int(welcome.silence)))
        } catch {
            connection.close()
            throw error
        }
    }

    /// Goes on over a connection that was made with this as its handler, by a ticket that came over `origin`.
    func join(_ connection: any Connection, beside origin: ClientConnection) {
        let wire = WireConnection(connection: connection, limits: transportLimits, depot: depot)
        let silence = origin.state.withLock { state in
            state.other = self
            return state.silence
        }
        state.withLock { ($0.wire, $0.other) = (wire, origin) }
        watch(silence: silence)
        if !origin.isOpen { connection.close() }
    }

    /// When the answer to a request that is sent now has come too late.
    var deadline: MonotonicInstant { timer.now() + limits.requestTimeout }

    /// Whether requests can be sent.
    var isOpen: Bool { state.withLock { $0.wire != nil && $0.end == nil } }

    /// Sends a request and waits for its answer, within the time that requests may take.
    /// - Throws: What the broker has answered; `LogError` with code `unreachable` or `timedOut`.
    func call<Value: WireValue & Sendable>(_ request: Request) async throws(LogError) -> Value {
        var answer = try await answer(to: request)
        do { return try answer.message.take() } catch { throw malformed(error) }
    }

    /// As `call`, where there is nothing in the answer.
    func perform(_ request: Request) async throws(LogError) { _ = try await answer(to: request) }

    /// As `call`, with the answer as it is.
    func answer(to request: Request) async throws(LogError) -> Answer {
        let answer = Latch<Result<Answer, LogError>>()
        send(request, deadline: deadline) { answer.set($0) }
        return try await answer.waitEvenIfCancelled().get()
    }

    /// As `answer(to:)` of a request that may wait for long, until the task is cancelled.
    /// - Throws: As `call`; `LogError` with code `cancelled`.
    func answerOrCancellation(of request: Request) async throws(LogError) -> Answer {
        let cancelled = LogError(.cancelled, "waiting for records was cancelled")
        if Task.isCancelled { throw cancelled }
        let answer = Latch<Result<Answer, LogError>>()
        send(request, deadline: nil) { answer.set($0) }
        guard let result = await answer.wait() else { throw cancelled }
        return try result.get()
    }

    /// Sends a request, and what is to go beside it; `take` is called once with the answer, on a thread of the transport.
    func send(
        _ request: Request, payload: SlabRange? = nil, deadline: MonotonicInstant?,
        _ take: @escaping @Sendable (Result<Answer, LogError>) -> Void
    ) {
        let (sending, end): ((WireConnection, UInt64)?, LogError?) = state.withLock { state in
            guard let wire = state.wire, state.end == nil else { return (nil, state.end) }
            defer { state.next += 1 }
            state.waiting[state.next] = Waiting(deadline: deadline, take: take)
            return ((wire, state.next), nil)
        }
        guard let (wire, number) = sending else { return take(.failure(end ?? Self.lost("it is closed"))) }
        wire.send(
            Envelope(.request, number), payload: payload,
            lost: { [weak self] error in
                // The end of the connection tells everybody; this is what was too large, or had no room.
                guard error.code == .tooLarge || error.code == .queueFull || error.code == .outOfMemory else { return }
                self?.finish(number, .failure(LogError(error)))
            }
        ) { $0.put(request) }
    }

    /// A number for a transaction.
    func nextTransaction() -> UInt32 {
        state.withLock { state in
            defer { state.nextTransaction += 1 }
            return state.nextTransaction
        }
    }

    /// Ends the connection when what was handed over is sent.
    func close() {
        let wire = state.withLock { $0.wire }
        wire?.connection.close()
    }

    // MARK: What comes

    func received(_ message: IncomingMessage, on connection: any Connection) {
        let now = timer.now()
        let hasPayload = message.payload != nil
        let wire = state.withLock { state in
            state.lastHeard = now
            if hasPayload { state.pulling += 1 }
            return state.wire ?? WireConnection(connection: connection, limits: transportLimits, depot: depot)
        }
        wire.receive(message) { [self] envelope, message, payload in
            guard let payload else {
                if hasPayload { hasPulled() }
                return take(envelope, message, nil)
            }
            wire.pull(payload) { [self] slab in
                hasPulled()
                let bytes = UnsafeRawBufferPointer(rebasing: slab.bytes[0..<payload.byteCount])
                take(envelope, message, Payload.Storage(bytes, of: slab))
            }
        }
    }

    // A payload is here as a whole.
    private func hasPulled() {
        let now = timer.now()
        state.withLock { state in
            state.lastHeard = now
            state.pulling -= 1
        }
    }

    private func take(_ envelope: Envelope, _ message: WireReader, _ payload: Payload.Storage?) {
        var message = message
        switch envelope.kind {
        case .answer where envelope.number == Envelope.unasked:
            if let brokers: [String] = try? message.take() { told(brokers) }
        case .answer: finish(envelope.number, .success(Answer(message: message, payload: payload)))
        case .failure:
            do { finish(envelope.number, .failure(try message.take())) } catch {
                finish(envelope.number, .failure(malformed(error)))
            }
        case .request: state.withLock { $0.wire }?.fail(WireError("a broker sends no requests"))
        }
    }

    private func finish(_ number: UInt64, _ result: Result<Answer, LogError>) {
        state.withLock { $0.waiting.removeValue(forKey: number) }?.take(result)
    }

    func ended(_ reason: FabricError?, of connection: any Connection) {
        let (waiting, error, other) = state.withLock { state in
            let error = Self.lost(reason?.summary ?? "it was closed")
            state.end = state.end ?? error
            defer { state.waiting = [:] }
            return (state.waiting, error, state.other)
        }
        other?.state.withLock { $0.wire }?.end(with: reason)
        for (_, one) in waiting.sorted(by: { $0.key < $1.key }) { one.take(.failure(error)) }
    }

    // MARK: Silence

    // Says something where nothing else is said, and gives up what waits too long, and a broker that is silent.
    private func watch(silence: Duration) {
        state.withLock { $0.silence = silence }
        timer.call(every: silence / 3) { [weak self] in
            guard let self, isOpen else { return false }
            look(silence)
            return true
        }
    }

    private func look(_ silence: Duration) {
        let now = timer.now()
        let (late, isSilent, wire) = state.withLock { state in
            // What else the broker has said waits behind a payload; the transport gives up one that stands still.
            if state.pulling > 0 { return ([UInt64: Waiting](), false, state.wire) }
            let late = state.waiting.filter { $0.value.deadline.map { $0 < now } ?? false }
            for number in late.keys { state.waiting[number] = nil }
            return (late, now - state.lastHeard > silence, state.wire)
        }
        if isSilent {
            wire?.connection.fail(FabricError(.timedOut, "the broker has said nothing for \(silence)"))
        } else {
            send(.ping, deadline: nil) { _ in }
        }
        for (_, one) in late.sorted(by: { $0.key < $1.key }) {
            one.take(
                .failure(
                    LogError(
                        .timedOut, "the broker has not answered within \(limits.requestTimeout)",
                        hint: "what was asked may have been done; look before asking again")))
        }
    }

    private static func lost(_ why: String) -> LogError {
        LogError(
            .unreachable, "the connection to the broker was lost: \(why)", hint: "it is tried again when it is needed")
    }

    private func malformed(_ error: WireError) -> LogError {
        LogError(
            .unreachable, "the broker has answered what cannot be understood: \(error)",
            hint: "use the same release on both sides")
    }
}
