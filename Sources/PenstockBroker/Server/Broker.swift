public import PenstockEvents
public import PenstockFabric
public import PenstockLog

/// Serves a log to clients in other processes, over any transport.
///
/// The log stays whole for this process too: the broker uses it as anybody would. A partition that clients write to has one writer, the
/// broker's; what several clients append to it forms common groups.
public final class Broker: Sendable {
    /// The bounds of a broker.
    public struct Limits: Sendable, Hashable {
        /// How long a client may be silent before its connection is given up.
        public var silence = Duration.seconds(15)
        /// How long a client may take to say who it is.
        public var helloTimeout = Duration.seconds(10)
        /// The most bytes of what is answered to a fetch, with at least one batch.
        public var fetchBytes = 1 << 20
        /// Bytes of batches of a connection that are here and not acknowledged; more stay with the client.
        public var pendingBytesPerClient = 128 << 20
        /// Requests of a connection that are worked on at once, appends apart. Whoever sends more is not a client of ours.
        public var requestsPerClient = 16_384
        /// Writers, readers, groups, memberships and transactions of a connection, of each so many.
        public var objectsPerClient = 4096
        /// What groups hold whose members are clients.
        public var groups = GroupLimits()

        /// The default limits.
        public init() {}
    }

    /// What the broker is called.
    public let name: String
    let log: any LogStore
    let clock: any WallClock
    let timer: any MonotonicClock
    let limits: Limits
    let writers: PartitionWriters
    let groups: SharedGroups
    /// The place among the brokers that serve the same log; nil for the only one.
    let cluster: BrokerCluster?
    private let rights: @Sendable (ClientIntroduction) throws(LogError) -> any ClientRights

    private struct State {
        var listeners: [any Listener] = []
        var sessions: [UInt64: BrokerSession] = [:]
        /// How many connections there were.
        var accepted: UInt64 = 0
        var isWatched = false
        /// The brokers have come or gone, and nobody has looked yet what follows.
        var isSettling = false
        var mustSettle = false
        var audit: Audit?
        var fabric: FabricDoor?
        var isClosed = false
    }

    private let state = Guarded(State())
    private let counted = Guarded(BrokerCounts())

    /// A broker of a log, which nobody can reach yet.
    ///
    /// - Parameters:
    ///   - log: The log; its writers and readers must be of this process.
    ///   - name: What the broker is called; of several the name of its place.
    ///   - cluster: The place among several brokers that serve the log, whose leases the log was opened with; nil for the only one.
    ///   - clock: Tells when tokens and certificates have expired.
    ///   - timer: By which it waits, and counts how long clients are silent.
    ///   - randomNumbers: Tell what it gives to the members of a group from what an earlier broker gave them; they decide nothing.
    ///   - rights: Decides what a client may do, and throws to refuse it; `BrokerAccess` is made for this.
    public init(
        _ log: any LogStore, name: String = "broker", limits: Limits = Limits(),
        cluster: BrokerCluster? = nil, clock: any WallClock = SystemWallClock(),
        timer: any MonotonicClock = SystemMonotonicClock(), randomNumbers: any RandomSource = SystemRandomSource(),
        rights: @escaping @Sendable (ClientIntroduction) throws(LogError) -> any ClientRights
    ) {
        self.log = log
        self.clock = clock
        self.timer = timer
        self.name = cluster?.name ?? name
        self.limits = limits
        groups = SharedGroups(limits: limits.groups, clock: timer, randomNumbers: randomNumbers)
        self.rights = rights
        self.cluster = cluster
        // What nobody uses is free for a broker that begins, and a topic that nobody uses can be deleted.
        writers = PartitionWriters(log, keepsIdle: cluster == nil)
    }

    /// Accepts clients at an address.
    /// - Returns: The listener, with the address that was chosen.
    /// - Throws: As `Transport.listen`; `FabricError` with code `closed` after `close`.
    @discardableResult
    public func listen(at address: FabricAddress, over transport: any Transport) async throws(FabricError)
        -> any Listener
    {
        let depot = SlabDepot(transport)
        let listener = try await transport.listen(at: address) { [weak self] connection in
            self?.accept(WireConnection(connection: connection, limits: transport.limits, depot: depot))
        }
        let (isClosed, isFirst) = state.withLock { state in
            if state.isClosed { return (true, false) }
            state.listeners.append(listener)
            defer { state.isWatched = true }
            return (false, !state.isWatched)
        }
        if isFirst { watch() }
        if isClosed {
            await listener.close()
            throw FabricError(.closed, "the broker \(name) is closed")
        }
        return listener
    }

    /// Offers clients that have said who they are a way over a fabric too, for everything that they send and read from then on. Each comes
    /// in by a secret of its own, which it was given over its other connection; nobody else is let in.
    /// - Throws: As `LibfabricTransport`; `FabricError` with code `closed` after `close`.
    public func offer(_ choice: FabricChoice, limits: FabricLimits = FabricLimits()) async throws(FabricError) {
        let door = try FabricDoor(choice, limits)
        try await door.open(at: choice) { [weak self] wire, origin in self?.accept(wire, beside: origin) }
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.fabric == nil else { return false }
            state.fabric = door
            return true
        }
        guard isTaken else {
            await door.close()
            throw FabricError(.closed, "the broker \(name) is closed, or offers a fabric already")
        }
    }

    /// The way over a fabric that clients may take.
    var fabric: FabricDoor? { state.withLock { $0.fabric } }

    /// The provider of the fabric that clients are offered; nil where there is none.
    public var fabricProvider: String? { fabric?.provider }

    /// The endpoint of the fabric that clients are offered.
    package var fabricAddress: FabricAddress? { fabric?.address }

    /// From now on writes down in the topic `penstock.audit` who connects, who is refused, and what is denied to whom.
    /// - Throws: `LogError` where the topic cannot be opened, or somebody else writes to it.
    public func startAudit() async throws(LogError) {
        let audit = try await Audit(log, of: cluster?.name, clock)
        let isNeeded = state.withLock { state in
            if state.isClosed || state.audit != nil { return false }
            state.audit = audit
            return true
        }
        if !isNeeded { await audit.close() }
    }

    /// Takes the place among the brokers, from which clients reach this one at `address`. Before that it answers nobody.
    /// - Parameter waiting: Called where another broker goes by the same name: it is waited for until it is found dead, or has left.
    /// - Throws: As `Coordinator.join`; `CoordinatorError` with code `refused` where the other one stays.
    public func join(
        at address: FabricAddress, waiting: (Member) -> Void = { _ in }
    ) async throws(CoordinatorError) {
        guard let cluster else { preconditionFailure("a broker without a place has none to take") }
        try await cluster.join(at: "\(address)", waiting: waiting) { [weak self] in self?.settle() }
    }

    /// Counts something, and writes it down, where that is wanted.
    func audit(_ kind: AuditEntry.Kind, _ client: String, _ peer: FabricPeer, _ detail: String = "") {
        counted.withLock { $0.note(kind) }
        state.withLock { $0.audit }?.note(kind, client: client, peer: "\(peer)", detail)
    }

    /// What has come to it since it began.
    public var counts: BrokerCounts { counted.withLock { $0 } }

    /// How many connections of clients there are. A program has one, another where it reads, and one over a fabric beside each.
    public var clientCount: Int { state.withLock { $0.sessions.count } }

    /// Accepts nobody any more, ends all connections, and gives all partitions up. What was acknowledged is kept.
    public func close() async {
        // Others are to have everything, and the clients know of them, before this one is gone.
        await cluster?.leave()
        let (listeners, sessions) = state.withLock { state in
            state.isClosed = true
            defer { state.listeners = [] }
            return (state.listeners, state.sessions.valuesInOrder)
        }
        for listener in listeners { await listener.close() }
        for session in sessions {
            if cluster != nil { session.tellBrokers() }
            await session.end()
        }
        await fabric?.close()
        await groups.close()
        await writers.closeAll()
        await state.withLock { $0.audit }?.close()
        await cluster?.close()
    }

    // MARK: Settling

    var sessions: [BrokerSession] { state.withLock { $0.sessions.valuesInOrder } }

    /// Whether the caller is to settle what follows from a change; else whoever does it does it once more.
    func beginSettling() -> Bool {
        state.withLock { state in
            if state.isClosed { return false }
            defer { state.isSettling = true }
            state.mustSettle = state.isSettling
            return !state.isSettling
        }
    }

    /// Whether something has changed meanwhile.
    func settleAgain() -> Bool {
        state.withLock { state in
            defer { (state.isSettling, state.mustSettle) = (state.mustSettle, false) }
            return state.mustSettle
        }
    }

    // MARK: Clients

    func admit(_ hello: Hello, _ peer: FabricPeer) throws(LogError) -> any ClientRights {
        try rights(
            ClientIntroduction(name: hello.client, token: hello.token, session: hello.session, peer: peer))
    }

    /// Where the members of a group meet. The one place that knows which broker has a group.
    /// - Throws: `LogError` where that is another broker.
    func groups(of group: String) throws(LogError) -> SharedGroups {
        try cluster?.check(TopicPartition(positionsOf: group))
        return groups
    }

    func forget(_ session: BrokerSession) {
        state.withLock { $0.sessions[session.number] = nil }
    }

    private func accept(_ wire: WireConnection, beside origin: BrokerSession? = nil) -> BrokerSession? {
        let number = state.withLock { state in
            state.accepted += 1
            return state.accepted
        }
        let session = BrokerSession(number, self, wire, beside: origin)
        if let origin {
            guard origin.adopt(session), let client = session.state.withLock({ $0.rights })?.client else { return nil }
            audit(.connected, client, wire.connection.peer, "over \(fabric?.provider ?? "a fabric")")
        }
        return state.withLock { state in
            if state.isClosed { return nil }
            state.sessions[session.number] = session
            return session
        }
    }

    // Ends the connections of clients that have fallen silent, or whose proof of who they are has run out.
    private func watch() {
        timer.call(every: min(limits.silence, limits.helloTimeout) / 3) { [weak self] in
            guard let sessions = self?.state.withLock({ $0.isClosed ? nil : $0.sessions.valuesInOrder }) else {
                return false
            }
            for session in sessions { session.endIfDue() }
            return true
        }
    }
}
