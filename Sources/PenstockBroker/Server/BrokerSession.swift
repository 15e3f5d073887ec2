internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// A client's connection to a broker, and what the client has open there.
///
/// Appends are taken on the transport's thread; everything else in tasks, each request in its own.
final class BrokerSession: ConnectionHandler {
    struct Writer: Sendable {
        let opened: PartitionWriters.Opened
        let lane: AppendLane

        var partition: TopicPartition { opened.partition }
        var writer: any PortableWriter { opened.writer }
    }

    struct Producer: Hashable, Sendable {
        let partition: TopicPartition
        let id: UInt32
    }

    struct State {
        var rights: (any ClientRights)?
        /// The client's connection over a fabric, beside this one, and the ticket for it that is out.
        weak var branch: BrokerSession?
        var ticket: UInt64?
        var isGreeted = false
        var writers: [UInt32: Writer] = [:]
        var readers: [UInt32: SessionReader] = [:]
        var groups: [UInt32: any ConsumerGroup] = [:]
        var seats: [UInt32: LocalSeat] = [:]
        var transactions: [UInt32: any PortableTransaction] = [:]
        /// The epochs of the producers' sessions that it has begun.
        var producers: [Producer: UInt32] = [:]
        /// The number of requests that are being worked on, beside appends.
        var requests = 0
        let began: MonotonicInstant
        var lastHeard: MonotonicInstant
        var ending: Task<Void, Never>?
    }

    /// Tells it from the other connections of the broker.
    let number: UInt64
    let broker: Broker
    let wire: WireConnection
    let state: Guarded<State>
    /// The connection on which the client has said who it is, where this one is over a fabric beside it.
    private let origin: BrokerSession?
    /// The bodies of batches that are here or on their way, and not acknowledged.
    private let intake: Intake

    init(_ number: UInt64, _ broker: Broker, _ wire: WireConnection, beside origin: BrokerSession? = nil) {
        self.number = number
        self.broker = broker
        self.wire = wire
        self.origin = origin
        let now = broker.timer.now()
        state = Guarded(State(began: now, lastHeard: now))
        intake = Intake(byteLimit: broker.limits.pendingBytesPerClient)
        guard let rights = origin?.state.withLock({ $0.rights }) else { return }
        state.withLock { ($0.rights, $0.isGreeted) = (rights, true) }
    }

    func received(_ message: IncomingMessage, on connection: any Connection) {
        let now = broker.timer.now()
        let isKnown = state.withLock { state in
            state.lastHeard = now
            return state.rights != nil
        }
        // Nothing large is taken from anybody before it is known who it is.
        guard isKnown || message.payload == nil else { return refuseStranger() }
        wire.receive(message) { [self] envelope, reader, payload in
            guard envelope.kind == .request else { return wire.fail(WireError("a client sends requests")) }
            take(envelope.number, reader, payload)
        }
    }

    func ended(_ reason: FabricError?, of connection: any Connection) {
        let (client, isGreeted) = state.withLock { ($0.rights?.client, $0.isGreeted) }
        // The refusal of whoever has said hello is written down already.
        if client != nil || !isGreeted {
            let isViolated = reason?.code == .protocolViolation || reason?.code == .tooLarge
            broker.audit(
                client == nil ? .refused : isViolated ? .violated : .ended, client ?? "", connection.peer,
                reason?.summary ?? "")
        }
        origin?.wire.end(with: reason)
        state.withLock { $0.branch }?.wire.end(with: reason)
        release()
    }

    /// Ends the connection, and gives back what the client had.
    func end() async {
        wire.connection.close()
        await release().value
    }

    /// Ends the connection where nothing was heard for too long, or who the client is holds no longer.
    func endIfDue() {
        let now = broker.timer.now()
        let (rights, silence) = state.withLock { state in
            // Who has not said who it is has not said anything.
            (state.rights, now - (state.rights != nil ? state.lastHeard : state.began))
        }
        if let expires = rights?.expires, expires <= broker.clock.now() {
            return wire.connection.fail(
                FabricError(.notTrusted, "the token or the certificate of \(wire.connection.peer) has expired"))
        }
        if intake.isBusy {
            // The client's words wait behind its batches, which wait for the disk or still come: the transport gives up one that stands
            // still. The client is told that the broker is there.
            return tellBrokers()
        }
        guard silence > (rights != nil ? broker.limits.silence : broker.limits.helloTimeout) else { return }
        wire.connection.fail(FabricError(.timedOut, "\(wire.connection.peer) has said nothing for \(silence)"))
    }

    // MARK: Requests

    private func take(_ number: UInt64, _ message: WireReader, _ payload: IncomingPayload?) {
        var message = message
        let request: Request
        do {
            request = try message.take()
            try message.end()
        } catch {
            return wire.fail(error)
        }
        if case .hello(let hello) = request { return greet(hello, number) }
        guard let rights = state.withLock({ $0.rights }) else { return refuseStranger() }
        switch request {
        case .ping: answer(number) { _ in }
        case .append(let append): take(append, number, payload)
        case .fabric: offerFabric(number)
        case .leaveTransaction(let transaction):
            // Before the writers are closed, which the client asks for next.
            state.withLock { $0.transactions.removeValue(forKey: transaction) }?.leave()
            answer(number) { _ in }
        default: begin(request, number, rights)
        }
    }

    private func begin(_ request: Request, _ number: UInt64, _ rights: any ClientRights) {
        let count = state.withLock { state in
            state.requests += 1
            return state.requests
        }
        guard count <= broker.limits.requestsPerClient else {
            return wire.fail(WireError("more than \(broker.limits.requestsPerClient) requests at once"))
        }
        Task {
            await self.work(on: request, number, rights)
            state.withLock { $0.requests -= 1 }
        }
    }

    private func greet(_ hello: Hello, _ number: UInt64) {
        let isFirst = state.withLock { state in
            defer { state.isGreeted = true }
            return !state.isGreeted
        }
        guard isFirst else { return wire.fail(WireError("a client says hello once")) }
        Task {
            do throws(LogError) {
                guard hello.version == Hello.version else {
                    throw LogError(
                        .newerFormat,
                        "the client speaks version \(hello.version) of the protocol, the broker \(broker.name) version \(Hello.version)",
                        hint: "use the same release on both sides")
                }
                let rights = try broker.admit(hello, wire.connection.peer)
                state.withLock { $0.rights = rights }
                broker.audit(.connected, rights.client, wire.connection.peer)
                let welcome = Welcome(
                    broker: broker.name, silence: UInt32(broker.limits.silence / .milliseconds(1)),
                    fetchBytes: UInt32(broker.limits.fetchBytes), brokers: broker.addresses)
                answer(number) { $0.put(welcome) }
            } catch {
                broker.audit(.refused, hello.client, wire.connection.peer, error.summary)
                refuse(number, error)
                wire.connection.close()
            }
        }
    }

    private func offerFabric(_ number: UInt64) {
        let offer = origin == nil ? broker.fabric?.offer(to: self) : nil
        let former = state.withLock { state in
            defer { state.ticket = offer?.ticket.number }
            return state.ticket
        }
        if let former { broker.fabric?.withdraw(former) }
        answer(number) { $0.put(offer) }
    }

    /// Goes with a connection over a fabric; false where this one has ended.
    func adopt(_ branch: BrokerSession) -> Bool {
        state.withLock { state in
            guard state.ending == nil, state.branch == nil else { return false }
            (state.branch, state.ticket) = (branch, nil)
            return true
        }
    }

    private func refuseStranger() { wire.fail(WireError("a client says hello first")) }

    private func take(_ append: Append, _ number: UInt64, _ payload: IncomingPayload?) {
        let (writer, transaction) = state.withLock { state in
            (state.writers[append.writer], state.transactions[append.transaction])
        }
        guard let payload else { return wire.fail(WireError("an append has a body")) }
        guard let writer, append.transaction == 0 || transaction != nil else {
            payload.decline()
            return refuse(number, broker.gone("there is no writer or transaction of this number any more"))
        }
        if case .producer(let stamp) = append.claim, !owns(stamp, in: writer.partition) {
            payload.decline()
            return refuse(number, unknownProducer(stamp, in: writer.partition))
        }
        let byteCount = payload.byteCount
        let place = writer.lane.add(
            AppendLane.Entry(append: append, bodyByteCount: byteCount, transaction: transaction) { [self] result in
                intake.giveRoom(byteCount)
                switch result {
                case .success(let acknowledgement): answer(number) { $0.put(acknowledgement) }
                case .failure(let error): refuse(number, error)
                }
            })
        intake.whenRoom(byteCount) { [self] in pull(payload, writer.lane, place) }
    }

    private func pull(_ payload: IncomingPayload, _ lane: AppendLane, _ place: UInt64) {
        do throws(FabricError) {
            try AppendBody.pull(payload, from: wire.depot) { storage in
                if let storage { lane.arrive(place, in: storage) } else { lane.abandon() }
            }
        } catch {
            wire.connection.fail(error)
        }
    }

    // Who appends in the name of another one would use up his numbers, and what he appends would be taken for done.
    private func owns(_ stamp: ProducerStamp, in partition: TopicPartition) -> Bool {
        let epoch = state.withLock { $0.producers[Producer(partition: partition, id: stamp.producer)] }
        return epoch.map { stamp.epoch <= $0 } ?? false
    }

    private func unknownProducer(_ stamp: ProducerStamp, in partition: TopicPartition) -> LogError {
        LogError(
            .unknownProducer,
            "\(wire.connection.peer) appends to \(partition) as the producer \(stamp.producer), whose session it has not begun",
            hint: "open the producer again, over this connection", place: .init(partition: partition))
    }

    // MARK: Answers

    func answer(_ number: UInt64, payload: SlabRange? = nil, _ fill: (inout WireWriter) -> Void) {
        wire.send(Envelope(.answer, number), payload: payload, lost: lost, fill)
    }

    func refuse(_ number: UInt64, _ error: LogError) {
        wire.send(Envelope(.failure, number), lost: lost) { $0.put(error) }
    }

    // Who waits for an answer that cannot be sent would wait for ever.
    private func lost(_ error: FabricError) {
        guard error.code == .queueFull || error.code == .outOfMemory || error.code == .tooLarge else { return }
        wire.connection.fail(error)
    }

    // MARK: The end

    @discardableResult
    private func release() -> Task<Void, Never> {
        broker.forget(self)
        intake.end()
        if let ticket = state.withLock({ $0.ticket }) { broker.fabric?.withdraw(ticket) }
        return state.withLock { state in
            if let ending = state.ending { return ending }
            let (writers, readers) = (state.writers, state.readers)
            let (groups, transactions, seats) = (state.groups, state.transactions, state.seats)
            (state.writers, state.readers, state.groups, state.transactions) = ([:], [:], [:], [:])
            state.seats = [:]
            let ending = Task { [broker] in
                for seat in seats.valuesInOrder { seat.detach() }
                // As the end of a process: whoever goes on decides about what is open.
                for transaction in transactions.valuesInOrder { transaction.leave() }
                for reader in readers.valuesInOrder { await reader.close() }
                for writer in writers.valuesInOrder { try? await broker.writers.giveBack(writer.opened) }
                for group in groups.valuesInOrder { try? await group.close() }
            }
            state.ending = ending
            return ending
        }
    }
}
