internal import Dispatch
internal import PenstockEvents

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Moves messages and memory over the fabric of a cluster, by way of libfabric: Slingshot, InfiniBand, EFA, Omni-Path,
/// or TCP.
///
/// A payload is one remote read from the sender's registered memory into the receiver's. One thread of its own does
/// everything, for all connections; it sleeps when nothing happens. Nothing is encrypted: use it within one allocation,
/// with tickets, and TLS elsewhere.
///
/// A transport is bound to one interface. Listening addresses are those of endpoints (`FabricAddress.endpoint`), which
/// clients hear of by other means. Keep the transport as long as its connections: they end with it.
public final class LibfabricTransport: Transport {
    /// How the thread waits.
    public struct Progress: Sendable, Hashable {
        /// For how long it looks for more after something has come, before it sleeps. Costs a processor, and saves the
        /// time of waking up; worth 10 to 20 µs where processors are free.
        public var pollBudget: Duration

        /// A way of waiting; by default without polling on machines of one or two processors.
        public init(pollBudget: Duration? = nil) {
            self.pollBudget = pollBudget ?? (sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 2 ? .microseconds(15) : .zero)
        }
    }

    /// The name of the provider.
    public let name: String
    /// What messages and payloads may be.
    public let limits: FabricLimits
    private let domain: FabricDomain
    private let queue = ProgressQueue()
    /// Whether pools register their arenas once; else each payload is registered by itself.
    private let registersArenas: Bool

    /// A transport over a provider.
    /// - Parameters:
    ///   - interface: the number or name of this host on the network to use; loopback by default.
    ///   - tickets: what lets clients in, or nil where everybody on the fabric may connect.
    /// - Throws: `FabricError` with code `unavailable` where libfabric is missing or too old, or the provider is not there.
    public convenience init(
        provider: FabricProvider = .automatic, interface: String = "127.0.0.1", limits: FabricLimits = FabricLimits(),
        progress: Progress = Progress(), tickets: FabricTickets? = nil
    ) throws(FabricError) {
        try self.init(
            provider, interface, limits, progress, tickets, library: FabricLibrary.defaultPath, forced: [])
    }

    /// - Parameter forced: what is done although the provider does not want it; for tests.
    init(
        _ provider: FabricProvider, _ interface: String, _ limits: FabricLimits, _ progress: Progress = Progress(),
        _ tickets: FabricTickets? = nil, library path: String = FabricLibrary.defaultPath, forced: RegistrationMode = []
    ) throws(FabricError) {
        let library = try FabricLibrary(path: path)
        let infos = try FabricInfo.all(library, interface: interface)
        guard let name = FabricProviderPolicy.choose(provider, among: infos.map(\.provider)),
            let info = infos.first(where: { $0.provider == name })
        else {
            let wanted = if case .named(let name) = provider { name } else { "a provider that can be used" }
            throw FabricError(
                .unavailable, "libfabric \(FabricLibrary.text(library.version)) has no \(wanted) at \(interface)",
                hint: FabricProviderPolicy.howToInstall(provider))
        }
        let domain = try FabricDomain(info, forced: forced)
        self.name = name
        self.limits = limits
        self.domain = domain
        registersArenas = domain.mode.pins && !domain.mode.contains(.endpoint)
        try Self.start(domain, queue, limits, progress, tickets)
    }

    deinit { _ = queue.submit(.stop(done: {})) }

    /// Starts the thread, on which everything that only it touches is made.
    private static func start(
        _ domain: FabricDomain, _ queue: ProgressQueue, _ limits: FabricLimits, _ progress: Progress,
        _ tickets: FabricTickets?
    ) throws(FabricError) {
        guard queue.event >= 0 else {
            throw FabricError(
                .unavailable, "the system gives no event descriptor", hint: "raise the limit of open files (ulimit -n)")
        }
        let outcome = Guarded<FabricError?>(nil)
        let isReady = DispatchSemaphore(value: 0)
        try ProgressThread.start {
            func work() -> [@Sendable () -> Void] {
                do throws(FabricError) {
                    let context = try ProgressContext(domain, limits, tickets, queue)
                    isReady.signal()
                    return ProgressLoop(context, pollBudget: progress.pollBudget).run()
                } catch {
                    outcome.withLock { $0 = error }
                    isReady.signal()
                    return []
                }
            }
            // Told when everything that the thread had is closed.
            for done in work() { done() }
        }
        isReady.wait()
        if let error = outcome.withLock({ $0 }) { throw error }
    }

    /// The providers that this machine has, at all its interfaces.
    /// - Throws: `FabricError` with code `unavailable` where libfabric is missing or too old.
    public static func providers() throws(FabricError) -> [FabricProviderDescription] {
        try FabricInfo.all(try FabricLibrary(), interface: nil).map { info in
            FabricProviderDescription(
                name: info.provider, fabric: info.fabric, domain: info.domain,
                refusal: FabricProviderPolicy.refusal(of: info.provider))
        }
    }

    /// The version of the library, such as `1.17`.
    /// - Throws: `FabricError` with code `unavailable` where libfabric is missing or too old.
    public static func libraryVersion() throws(FabricError) -> String {
        FabricLibrary.text(try FabricLibrary().version)
    }

    /// Whether a provider has the network's hardware move memory.
    public static func movesMemoryByHardware(_ provider: String) -> Bool {
        FabricProviderPolicy.byHardware.contains(provider)
    }

    /// Slabs whose arena is registered once where that pins memory; elsewhere each payload is registered while it is
    /// offered.
    /// - Throws: `FabricError` with code `outOfMemory`, or `unavailable` where the fabric refuses the memory.
    public func makePool(slabBytes: Int, slabs: Int) throws(FabricError) -> SlabPool {
        try SlabPool(slabBytes: slabBytes, slabs: slabs) { arena throws(FabricError) in
            registersArenas ? try MemoryRegion(domain, arena) : nil
        }
    }

    /// Listens at the transport's interface: the host must be that one, by the number that it was given.
    public func listen(
        at address: FabricAddress, _ accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?
    ) async throws(FabricError) -> any Listener {
        let port = try port(of: address)
        let outcome: Result<LibfabricListener, FabricError> = await withCheckedContinuation { continuation in
            let request = ListenRequest(port: port, accept: accept) { continuation.resume(returning: $0) }
            if !queue.submit(.listen(request)) { continuation.resume(returning: .failure(.transportClosed)) }
        }
        return try outcome.get()
    }

    private func port(of address: FabricAddress) throws(FabricError) -> Int {
        guard case .host(let host, let port) = address else {
            throw FabricError(
                .invalidAddress, "\(address) is no address to listen at", hint: "write HOST:PORT; port 0 is any")
        }
        let own = domain.info.text(domain.info.sourceAddress).split(separator: ":").first.map(String.init)
        guard !domain.info.isIPv4 || host == own else {
            throw FabricError(
                .invalidAddress, "\(host) is not the interface of this transport, \(own ?? domain.info.domain)",
                hint: "make a transport for the interface to listen at")
        }
        guard domain.info.isIPv4 || port == 0 else {
            throw FabricError(.invalidAddress, "\(name) has no ports", hint: "write \(host):0")
        }
        return port
    }

    /// Connects to the endpoint of a listener within `limits.connectTimeout`.
    /// - Throws: `FabricError` with code `refused`, `timedOut`, `invalidAddress`, `notTrusted`, `closed` or `unavailable`.
    public func connect(
        to address: FabricAddress, _ handler: any ConnectionHandler
    ) async throws(FabricError) -> any Connection {
        try await connect(to: address, showing: nil, handler)
    }

    /// Connects to the endpoint of a listener, and shows the ticket that it has issued.
    /// - Throws: As `connect(to:_:)`; `FabricError` with code `notTrusted` where the ticket is not known there.
    public func connect(
        to address: FabricAddress, showing ticket: FabricTicket?, _ handler: any ConnectionHandler
    ) async throws(FabricError) -> any Connection {
        guard case .endpoint(let bytes) = address, domain.info.isAddress(bytes) else {
            throw FabricError(
                .invalidAddress, "\(address) is not the address of an endpoint of \(name)",
                hint: "use the address that the listener tells")
        }
        let outcome: Result<any Connection, FabricError> = await withCheckedContinuation { continuation in
            let request = ConnectRequest(address: bytes, ticket: ticket, handler: handler) {
                continuation.resume(returning: $0)
            }
            if !queue.submit(.connect(request)) { continuation.resume(returning: .failure(.transportClosed)) }
        }
        return try outcome.get()
    }

    /// Closes everything, in order: returns when all connections have ended, which payloads that nobody releases may
    /// delay by `limits.pullTimeout`.
    public func close() async {
        await withCheckedContinuation { continuation in
            if !queue.submit(.stop(done: { continuation.resume() })) { continuation.resume() }
        }
    }
}
