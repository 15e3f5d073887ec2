internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// One end of a TCP connection on its event loop: the greeting, the frames that come, the frames that go, and the end.
///
/// The client says `hello`, the listener answers `welcome`, or `bye` where it does not want the connection. The side
/// that closes says `bye` behind what it has sent and waits; the other side closes the socket when it has read that
/// far, so nothing is lost on the way. An end of the stream without `bye` is a peer that is gone.
final class TCPStream: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The name by which both ends of a TLS connection agree on the protocol.
    static let applicationProtocol = "penstock/1"

    /// Which end this is.
    enum Role {
        case client(any ConnectionHandler, EventLoopPromise<TCPConnection>, until: NIODeadline)
        case server(TCPAdmission)
    }

    /// What this end wants of TLS.
    enum Security {
        case plaintext
        /// With a certificate for the host of this name; nil where NIOSSL looks for the peer's address in it, or for
        /// nothing.
        case tls(host: String?)
    }

    private enum Phase {
        /// Until the transport is secure.
        case handshake
        case greeting
        case open(any ConnectionHandler)
        case ended
    }

    /// Nil when the connection has ended: a handler may hold its connection, which holds the stream.
    private var role: Role?
    let limits: FabricLimits
    let gauge: TCPGauge
    private let security: Security
    private let roster: TCPRoster
    /// What the peer is called; nil until it is known from the socket.
    private var address: String?
    private var phase = Phase.handshake
    private var greetingTimer: Scheduled<Void>?
    var context: ChannelHandlerContext?
    private(set) var connection: TCPConnection?

    // What comes; see the extension for reading.
    var reader: FrameReader
    var arrived = ByteBuffer()
    var incoming = Incoming.frame
    var isReading = false
    var isReadHeld = false

    // What goes; see the extension for writing.
    var writer = FrameWriter()
    var isWriting = false
    var isLeaving = false
    var hasSaidGoodbye = false

    /// Looks whether the peer still moves, while something is expected of it.
    var watch: Scheduled<Void>?
    var lastProgress = NIODeadline.now()

    /// - Parameter address: what a client calls its peer.
    init(
        _ role: Role, address: String?, _ security: Security, _ limits: FabricLimits, _ roster: TCPRoster,
        _ gauge: TCPGauge
    ) {
        self.role = role
        self.address = address
        self.security = security
        self.limits = limits
        self.roster = roster
        self.gauge = gauge
        reader = FrameReader(limits)
    }

    var peer: FabricPeer { connection?.peer ?? FabricPeer(address: address ?? "an unknown address") }

    private var isSecure: Bool { if case .tls = security { true } else { false } }
    var isEnded: Bool { if case .ended = phase { true } else { false } }
    var isOpen: Bool { if case .open = phase { true } else { false } }

    // MARK: The beginning

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { channelActive(context: context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if address == nil { address = TCPFailure.text(of: context.remoteAddress) }
        let timeout = limits.connectTimeout
        var deadline = NIODeadline.now() + TimeAmount(timeout)
        if case .client(_, _, let until)? = role { deadline = until }
        greetingTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
            end(FabricError(.timedOut, "\(peer) has not finished the greeting within \(timeout)"), .reset)
        }
        if case .server(let admission)? = role, !admission.arrived(self) {
            return end(
                FabricError(.refused, "too many connections are being greeted: that of \(peer) is refused"), .reset)
        }
        if case .plaintext = security { greet(identity: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted(let agreed) = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard agreed == Self.applicationProtocol else {
            return end(
                FabricError(
                    .notTrusted, "\(peer) does not agree on the protocol \(Self.applicationProtocol)",
                    hint: "is it another service that uses TLS?"), .reset)
        }
        let certificate = (try? context.pipeline.syncOperations.nioSSL_peerCertificate()) ?? nil
        if case .tls(let host?) = security, certificate?.isFor(host: host) != true {
            let detail = certificate.map { "; \($0.summaryForPeople)" } ?? ""
            return end(
                FabricError(
                    .notTrusted, "\(peer) has no certificate for a host of that name\(detail)",
                    hint: "connect by one of the certificate's alternative names"), .reset)
        }
        greet(identity: certificate?.penstockIdentity)
    }

    private func greet(identity: String?) {
        guard case .handshake = phase, let context else { return }
        phase = .greeting
        let peer = FabricPeer(address: peer.address, identity: identity)
        connection = TCPConnection(peer, limits, self, on: context.eventLoop)
        if case .client? = role { writeBare(.hello) }
    }

    /// Does what a frame of the greeting asks for.
    func handleGreeting(_ kind: FrameHeader.Kind) throws(FabricError) {
        guard let connection, let role else { return }
        switch (role, kind) {
        case (.client(let handler, let connected, _), .welcome):
            guard roster.join(connection) else { return end(FabricError.transportClosed, .reset) }
            begin(handler)
            connected.succeed(connection)
        case (.client, .bye):
            end(FabricError(.refused, "\(peer) does not accept the connection"), .orderly)
        case (.server(let admission), .hello):
            guard roster.join(connection), let handler = admission.admit(connection, of: self) else {
                writeBare(.bye)
                return end(FabricError(.refused, "the connection of \(peer) was not accepted"), .orderly)
            }
            writeBare(.welcome)
            begin(handler)
            obey()
        default:
            throw FabricError(.protocolViolation, "the peer has begun with a frame of the kind \(kind)")
        }
    }

    private func begin(_ handler: any ConnectionHandler) {
        phase = .open(handler)
        greetingTimer?.cancel()
    }

    /// The handler, while it is to be told of what comes.
    var listeningHandler: (any ConnectionHandler)? {
        guard case .open(let handler) = phase, connection?.isListening == true else { return nil }
        return handler
    }

    // MARK: The end

    /// How the socket is closed.
    enum Ending {
        /// What has been written goes out, and TLS says goodbye.
        case orderly
        /// At once; the peer's system throws away what it has not read.
        case reset
        /// It is closed already, or who reports the failure closes it.
        case byItself
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .ended: return
        case .handshake where isSecure, .greeting where isSecure:
            let certificate = (try? context.pipeline.syncOperations.nioSSL_peerCertificate()) ?? nil
            end(TCPFailure.handshake(error, with: peer, certificate), .byItself)
        default: end(TCPFailure.stream(error, from: peer), .reset)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch phase {
        case .open: end(TCPFailure.gone(peer), .byItself)
        default: end(FabricError(.refused, "\(peer) has closed the connection during the greeting"), .byItself)
        }
        context.fireChannelInactive()
    }

    /// Ends the connection for the reason, once; whoever waits for something is told.
    func end(_ reason: FabricError?, _ ending: Ending) {
        let previous = phase
        if case .ended = previous { return }
        phase = .ended
        greetingTimer?.cancel()
        watch?.cancel()
        close(ending)
        let wasClosing = connection?.isClosing ?? false
        let orders = connection?.finish()
        let failure = reason ?? .wasClosed(to: peer)
        if case .pulling(let pull) = incoming { pull.pulled(failure) }
        if case .pull(_, let pulled) = orders?.answer { pulled(failure) }
        for frame in writer.removeAll() + (orders?.frames ?? []) { frame.released(failure) }
        (arrived, incoming) = (ByteBuffer(), .frame)
        tell(previous, wasClosing ? nil : reason, failure)
        (connection, role) = (nil, nil)
    }

    private func tell(_ previous: Phase, _ reason: FabricError?, _ failure: FabricError) {
        if let connection { roster.leave(connection) }
        if case .server(let admission)? = role { admission.left(self) }
        if case .open(let handler) = previous {
            if let connection { handler.ended(reason, of: connection) }
            return
        }
        switch role {
        case .client(_, let connected, _): connected.fail(failure)
        case .server(let admission): admission.rejected(failure)
        case nil: break
        }
    }

    private func close(_ ending: Ending) {
        guard let context else { return }
        switch ending {
        case .byItself: break
        case .orderly: context.close(promise: nil)
        case .reset:
            // Past TLS, which would say goodbye and wait for an answer.
            let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLHandler.self)
            (context.channel as? any SocketOptionProvider)?.setSoLinger(.atOnce).whenFailure { _ in }
            (tls ?? context).close(promise: nil)
        }
    }
}
