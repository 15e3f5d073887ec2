internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import PenstockEvents

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Messages and payloads over TCP, in plain text or in TLS 1.3.
///
/// One port, no address in what is sent, no connection back: so it works through proxies and port forwarding. A payload
/// follows its message in the stream; while its receiver does not pull it, TCP holds the sender back, and what comes
/// behind it waits too.
public final class TCPTransport: Transport {
    /// For how long `close` lets connections come to their end.
    private static let farewell = TimeAmount.seconds(5)

    /// `tcp`, or `tls`.
    public let name: String
    /// What messages and payloads may be.
    public let limits: FabricLimits
    /// What stands in the transport's own memory, for tests and figures.
    package let gauge = TCPGauge()

    private let security: TCPSecurity
    private let files: Guarded<TLSFiles?>
    private let group: MultiThreadedEventLoopGroup
    private let rejected: @Sendable (FabricError) -> Void
    private let roster = TCPRoster()

    /// A transport with threads of its own, which `close` ends.
    /// - Parameters:
    ///   - security: plain text, or TLS with files that are read here.
    ///   - threads: how many threads serve the connections; each connection stays on one.
    ///   - rejected: is told of each connection that has come to a listener and was not accepted, and why; must not
    ///     block.
    /// - Throws: `FabricError` with code `invalidIdentity` that names the file which cannot be used.
    public init(
        limits: FabricLimits = FabricLimits(), security: TCPSecurity, threads: Int = 1,
        rejected: @escaping @Sendable (FabricError) -> Void = { _ in }
    ) throws(FabricError) {
        name = if case .plaintext = security { "tcp" } else { "tls" }
        self.security = security
        files = Guarded(try TLSFiles.read(security))
        self.limits = limits
        self.rejected = rejected
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    }

    /// Reads the files of the identity again, for the connections that come from now on; those that are there stay.
    /// - Throws: `FabricError` with code `invalidIdentity` that names the file which cannot be used; then the old ones
    ///   are used on.
    public func reload() throws(FabricError) {
        let files = try TLSFiles.read(security)
        self.files.withLock { $0 = files }
    }

    /// Memory for payloads: any is as good as another for TCP.
    /// - Throws: `FabricError` with code `outOfMemory`.
    public func makePool(slabBytes: Int, slabs: Int) throws(FabricError) -> SlabPool {
        try SlabPool(slabBytes: slabBytes, slabs: slabs)
    }

    // MARK: Listening

    /// Listens at a host and a port; 0 for one that the system chooses. Names the host as it was given in the
    /// listener's address.
    /// - Throws: `FabricError` with code `addressInUse`, `invalidAddress`, `closed`, `unavailable`, or
    ///   `invalidIdentity` where TLS has no certificate to show.
    public func listen(
        at address: FabricAddress, _ accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?
    ) async throws(FabricError) -> any Listener {
        let (host, port) = try hostAndPort(address)
        if let files = files.withLock({ $0 }), files.server == nil {
            throw FabricError(
                .invalidIdentity, "nobody can be let in at \(address) over TLS without a certificate",
                hint: "name the files of a certificate chain and of its private key")
        }
        guard roster.begin() else { throw FabricError.transportClosed }
        defer { roster.finish() }
        let admission = TCPAdmission(limits, accept, rejected: rejected)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [files, limits, roster, gauge] channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    let files = files.withLock { $0 }
                    if let context = files?.server { try operations.addHandler(NIOSSLServerHandler(context: context)) }
                    try operations.addHandler(
                        TCPStream(
                            .server(admission), address: nil, files == nil ? .plaintext : .tls(host: nil), limits,
                            roster, gauge))
                    try Self.configure(channel)
                }
            }
        do {
            let channel = try await bootstrap.bind(host: host, port: port).get()
            let listener = TCPListener(
                .host(host, port: channel.localAddress?.port ?? port), channel, admission, roster)
            if roster.join(listener) { return listener }
            await listener.close()
        } catch {
            throw TCPFailure.listening(error, at: address)
        }
        throw FabricError.transportClosed
    }

    // MARK: Connecting

    /// Connects to a host, by name or number, and a port, and returns when the listener has accepted the connection.
    /// - Throws: `FabricError` with code `refused`, `timedOut`, `invalidAddress`, `notTrusted`, `protocolViolation`,
    ///   `closed` or `unavailable`.
    public func connect(
        to address: FabricAddress, _ handler: any ConnectionHandler
    ) async throws(FabricError) -> any Connection {
        let (host, port) = try hostAndPort(address)
        guard roster.begin() else { throw FabricError.transportClosed }
        defer { roster.finish() }
        let deadline = NIODeadline.now() + TimeAmount(limits.connectTimeout)
        let connected = group.next().makePromise(of: TCPConnection.self)
        // A number is looked for among the certificate's addresses, and is not sent as a name.
        let name = (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
        ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(limits.connectTimeout))
            .channelInitializer { [files, limits, roster, gauge] channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    let files = files.withLock { $0 }
                    if let context = files?.client {
                        try operations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: name))
                    }
                    let security = files == nil ? TCPStream.Security.plaintext : .tls(host: name)
                    let role = TCPStream.Role.client(handler, connected, until: deadline)
                    try operations.addHandler(
                        TCPStream(role, address: "\(address)", security, limits, roster, gauge))
                    try Self.configure(channel)
                }
            }
            .connect(host: host, port: port)
            .whenFailure { connected.fail($0) }
        do { return try await connected.futureResult.get() } catch {
            throw roster.isClosed ? FabricError.transportClosed : TCPFailure.connecting(error, to: address, limits)
        }
    }

    /// Sets what both ends want from the socket and from its buffers.
    private static func configure(_ channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        // A peer whose machine has gone is missed within half a minute also where nothing is sent, and proxies keep the
        // way open.
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        for (name, seconds) in [(TCP_KEEPIDLE, 15), (TCP_KEEPINTVL, 5), (TCP_KEEPCNT, 3)] {
            try options.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: name)), value: .init(seconds))
        }
        // One read, and one piece, is what stands in memory beside what the system has.
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(
                minimum: 4 << 10, initial: 16 << 10, maximum: TCPStream.receiveBytes))
        try options.setOption(
            .writeBufferWaterMark, value: .init(low: FrameWriter.pieceBytes / 4, high: FrameWriter.pieceBytes))
    }

    private func hostAndPort(_ address: FabricAddress) throws(FabricError) -> (String, Int) {
        guard case .host(let host, let port) = address, (0...65_535).contains(port) else {
            throw FabricError(
                .invalidAddress, "\(address) is no address for TCP", hint: "write HOST:PORT, such as 127.0.0.1:7400")
        }
        return (host, port)
    }

    // MARK: The end

    /// Closes listeners and connections, gives what was handed over some seconds to arrive, and ends the threads.
    public func close() async {
        guard let (listeners, connections) = roster.close() else { return }
        for listener in listeners { await listener.close() }
        for connection in connections { connection.close() }
        let deadline = group.next().scheduleTask(in: Self.farewell) { [roster] in
            for connection in roster.connections { connection.fail(FabricError.transportClosed) }
        }
        await roster.waitUntilEmpty()
        deadline.cancel()
        // It fails only where the group is shut down already.
        try? await group.shutdownGracefully()
    }
}
