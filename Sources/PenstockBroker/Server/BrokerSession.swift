internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// A client's connection to a broker, and what the client has open there.
///
/// Appends are taken on the transport's thread; everything else in tasks, each request in its own.
final class BrokerSession: ConnectionHandler {
    struct Writer: Sendable {
        let partition: TopicPartition
        let writer: any PortableWriter
        let lane: AppendLane
    }

    struct State {
        var rights: (any ClientRights)?
        var isGreeted = false
        var writers: [UInt32: Writer] = [:]
        var readers: [UInt32: SessionReader] = [:]
        var groups: [UInt32: any ConsumerGroup] = [:]
        var transactions: [UInt32: any PortableTransaction] = [:]
        /// The number of requests that are being worked on, beside appends.
        var lastHeard = ContinuousClock.now
        var ending: Task<Void, Never>?
    }

    let broker: Broker
    let wire: WireConnection
    let state = Guarded(State())

    init(_ broker: Broker, _ wire: WireConnection) {
        self.broker = broker
        self.wire = wire
    }

    func received(_ message: IncomingMessage, on connection: any Connection) {
        state.withLock { $0.lastHeard = .now }
        wire.receive(message) { [self] envelope, reader, payload in
            guard envelope.kind == .request else { return wire.fail(WireError("a client sends requests")) }
            take(envelope.number, reader, payload)
        }
    }

    func ended(_ reason: FabricError?, of connection: any Connection) { release() }

    /// Ends the connection, and gives back what the client had.
    func end() async {
        wire.connection.close()
        await release().value
    }

    /// Ends the connection where nothing was heard for too long, or who the client is holds no longer.
    func endIfDue() {
        let (rights, silence) = state.withLock { ($0.rights, ContinuousClock.now - $0.lastHeard) }
        if let expires = rights?.expires, expires <= broker.clock.now() {
            return wire.connection.fail(
                FabricError(.notTrusted, "the token or the certificate of \(wire.connection.peer) has expired"))
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
        switch request {
        case .hello(let hello): greet(hello, number)
        case .ping: answer(number) { _ in }
        case .append(let append): take(append, number, payload)
        case .leaveTransaction(let transaction):
            // Before the writers are closed, which the client asks for next.
            state.withLock { $0.transactions.removeValue(forKey: transaction) }?.leave()
            answer(number) { _ in }
        default:
            guard let rights = state.withLock({ $0.rights }) else { return refuseStranger() }
            Task { await self.work(on: request, number, rights) }
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
                let welcome = Welcome(
                    broker: broker.name, silence: UInt32(broker.limits.silence / .milliseconds(1)),
                    fetchBytes: UInt32(broker.limits.fetchBytes))
                answer(number) { $0.put(welcome) }
            } catch {
                refuse(number, error)
                wire.connection.close()
            }
        }
    }

    private func refuseStranger() { wire.fail(WireError("a client says hello first")) }

    private func take(_ append: Append, _ number: UInt64, _ payload: IncomingPayload?) {
        let (rights, writer, transaction) = state.withLock { state in
            (state.rights, state.writers[append.writer], state.transactions[append.transaction])
        }
        guard rights != nil else { return refuseStranger() }
        guard let payload else { return wire.fail(WireError("an append has a body")) }
        guard let writer, append.transaction == 0 || transaction != nil else {
            payload.decline()
            return refuse(
                number, LogError(.closed, "there is no writer or transaction of this number any more"))
        }
        let body: AppendBody
        do throws(FabricError) { body = try AppendBody(payload.byteCount, from: wire.depot) } catch {
            return wire.connection.fail(error)
        }
        let lane = writer.lane
        let place = lane.add(
            AppendLane.Entry(
                append: append, slab: body.storage, bodyByteCount: body.byteCount, transaction: transaction
            ) { [self] result in
                switch result {
                case .success(let acknowledgement): answer(number) { $0.put(acknowledgement) }
                case .failure(let error): refuse(number, error)
                }
            })
        body.pull(payload) { lane.arrive(place) }
    }

    // MARK: Answers

    func answer(_ number: UInt64, payload: SlabRange? = nil, _ fill: (inout WireWriter) -> Void) {
        wire.send(Envelope(.answer, number), payload: payload, fill)
    }

    func refuse(_ number: UInt64, _ error: LogError) {
        wire.send(Envelope(.failure, number)) { $0.put(error) }
    }

    // MARK: The end

    @discardableResult
    private func release() -> Task<Void, Never> {
        broker.forget(self)
        return state.withLock { state in
            if let ending = state.ending { return ending }
            let (writers, readers) = (state.writers, state.readers)
            let (groups, transactions) = (state.groups, state.transactions)
            (state.writers, state.readers, state.groups, state.transactions) = ([:], [:], [:], [:])
            let ending = Task { [broker] in
                // As the end of a process: whoever goes on decides about what is open.
                for transaction in transactions.values { transaction.leave() }
                for reader in readers.values { await reader.close() }
                for writer in writers.values { try? await broker.writers.giveBack(writer.partition) }
                for group in groups.values { try? await group.close() }
            }
            state.ending = ending
            return ending
        }
    }
}
