internal import CFabric

/// One connection, as the progress thread has it: an endpoint of its own, so that what goes wrong with a peer ends this
/// connection only.
///
/// Belongs to the progress thread. A client's link says hello to the listener's endpoint; the listener makes a link for
/// it, which answers with a welcome from its own endpoint; the client confirms to that. From then on frames go between
/// these two.
final class Link {
    enum Phase {
        /// A client's hello is under way.
        case greeting
        /// A server's welcome is under way. Nothing else leaves before the client has confirmed it.
        case confirming
        case open
        /// This side wants to go, and waits for its payloads to be released.
        case closing
        /// A bye is under way.
        case leaving(Leaving)
        case ended
    }

    struct Leaving {
        let reason: FabricError?
        var isSent = false
        /// Whether the peer's bye has come, or none is waited for.
        var isAnswered: Bool
    }

    enum Role {
        case client(hello: Greeting, done: @Sendable (Result<any Connection, FabricError>) -> Void)
        case server(hello: Greeting, welcome: Greeting)
    }

    let context: ProgressContext
    let connection: LibfabricConnection
    let role: Role
    let handshake: Handshake
    /// Who is told; nil where nobody wanted the connection.
    let handler: (any ConnectionHandler)?
    var phase: Phase
    /// Nil when the link has ended.
    var endpoint: Endpoint?
    var destination: fi_addr_t
    /// The address of the peer's endpoint; empty until it is known.
    var peerAddress: [UInt8] = []
    var epoch: UInt64 = 0
    /// When the phase must be over.
    var phaseDeadline = UInt64.max
    /// When the provider must have taken what it does not take now.
    var stallDeadline = UInt64.max
    /// Whether completions are being looked at.
    private var isPolling = false
    /// What is called when the link has ended.
    var ended: () -> Void = {}

    var sending: LinkSending
    var receiving: LinkReceiving
    var pulling = LinkPulling()

    let id: UInt64

    /// How long the frames of a bye may take: long enough for a peer that runs.
    static let farewellTimeout = Duration.milliseconds(300)

    /// How long a connection that the provider has lost may take to come back.
    static let lostTimeout = Duration.seconds(1)

    init(
        _ context: ProgressContext, _ connection: LibfabricConnection, _ role: Role, _ handshake: Handshake,
        _ handler: (any ConnectionHandler)?, _ endpoint: Endpoint, to destination: fi_addr_t
    ) {
        self.context = context
        self.connection = connection
        self.role = role
        self.handshake = handshake
        self.handler = handler
        self.endpoint = endpoint
        self.destination = destination
        sending = LinkSending(slots: endpoint.slots.sends, context.limits)
        receiving = LinkReceiving(slots: endpoint.slots.receives)
        id = connection.link
        switch role {
        case .client: phase = .greeting
        case .server(let hello, _):
            phase = .confirming
            peerAddress = hello.address
        }
    }

    /// The slots of a connection's endpoint under the limits.
    static func slots(_ limits: FabricLimits, _ info: FabricInfo) -> Endpoint.Slots {
        Endpoint.Slots(
            byteCount: (limits.frameBytes + 63) / 64 * 64, receives: min(64, info.receives),
            sends: min(32, info.transmits / 2),
            reads: min(16, info.transmits / 2))
    }

    /// Posts the receives and sends the first frame.
    func begin() {
        phaseDeadline = context.deadline(in: context.limits.connectTimeout)
        attempt { () throws(FabricError) in
            for slot in 0..<receiving.arrived.count { try post(receive: slot) }
            switch role {
            case .client(let hello, _):
                sending.control.append(
                    ControlFrame(.hello, hello.encoded(handshake.ofHello(hello))))
            case .server(let hello, let welcome):
                let proof = handshake.ofWelcome(welcome, to: hello, epoch: epoch)
                sending.control.append(ControlFrame(.welcome, welcome.encoded(proof)))
            }
        }
    }

    /// Tells a client that nobody wants the connection, and ends after a while: the client does not answer, and what
    /// has been sent is lost if the endpoint is closed before it is read.
    func refuse(_ farewell: Farewell) {
        attempt { () throws(FabricError) in leave(nil, farewell, within: context.limits.connectTimeout) }
    }

    // MARK: What happens to it

    /// Looks for what has come; false where nothing has.
    func poll() -> Bool {
        guard let endpoint else { return false }
        isPolling = true
        let hasCome = endpoint.poll { operation, byteCount, error in
            if let error {
                if case .read = operation { pulling.reads -= 1 }
                return operationFailed(error)
            }
            switch operation {
            case .receive(let slot): received(slot: slot, byteCount)
            case .send(let slot): sent(slot: slot)
            case .read(let payload, let byteCount): read(payload, byteCount)
            }
        }
        isPolling = false
        if hasCome { attempt { () throws(FabricError) in } }
        return hasCome
    }

    /// Does something, then whatever is to be done because of it. A failure ends the connection.
    func attempt(_ body: () throws(FabricError) -> Void) {
        if case .ended = phase { return }
        do throws(FabricError) {
            try body()
            // What several completions have brought about is done at once.
            if isPolling { return }
            try settle()
            try pump()
            try settle()
        } catch {
            giveUp(error)
        }
    }

    /// Looks at what the users of the connection have asked for.
    func look() {
        let wishes = connection.take()
        attempt { () throws(FabricError) in
            for message in wishes.messages { sending.waiting.append(message) }
            if let failure = wishes.failure { return leave(failure, .gaveUp(failure.summary)) }
            if wishes.isClosing { sending.isClosing = true }
        }
    }

    /// An operation has failed: the peer is gone, or refuses what was asked for, and the endpoint is of no use any
    /// more.
    func operationFailed(_ error: Int) {
        if case .ended = phase { return }
        if case .leaving(let leaving) = phase { return finish(leaving.reason) }
        let reason = context.domain.library.reason(error)
        if error == Int(FI_ETRUNC) {
            return giveUp(
                FabricError(.protocolViolation, "\(connection.peer) has sent a frame that is longer than any"))
        }
        if case .greeting = phase {
            return finish(FabricError(.refused, "\(connection.peer) cannot be reached: \(reason)"))
        }
        finish(FabricError(.peerGone, "the connection to \(connection.peer) has broken: \(reason)"))
    }

    /// Looks at the deadlines; gives the earliest that is left.
    func expire() -> UInt64 {
        if context.now >= phaseDeadline {
            switch phase {
            case .greeting, .confirming:
                finish(
                    FabricError(.timedOut, "\(connection.peer) has not answered in \(context.limits.connectTimeout)"))
            case .closing:
                giveUp(
                    FabricError(
                        .timedOut, "\(connection.peer) has not released payloads in \(context.limits.pullTimeout)"))
            case .leaving(let leaving): finish(leaving.reason)
            case .open, .ended: break
            }
        }
        if context.now >= pulling.deadline {
            pulling.deadline = .max
            giveUp(
                FabricError(
                    .timedOut, "a payload of \(connection.peer) has not come on in \(context.limits.pullTimeout)"))
        }
        if context.now >= stallDeadline {
            let gone = FabricError(.peerGone, "\(connection.peer) cannot be reached any more")
            finish(
                isLost
                    ? gone
                    : FabricError(.timedOut, "\(connection.peer) has taken nothing in \(context.limits.pullTimeout)"))
        }
        if case .ended = phase { return .max }
        return min(phaseDeadline, pulling.deadline, stallDeadline)
    }
}
