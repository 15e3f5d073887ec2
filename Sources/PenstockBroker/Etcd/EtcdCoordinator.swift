internal import NIOCore
internal import PenstockEvents
public import PenstockLog

/// Coordination over etcd, version 3.4 or later, by its JSON gateway.
///
/// A session is a lease of etcd, which lasts for the lease and the margin; its holder believes in it for the lease only. Epochs are counted
/// per key, in a key of its own that is changed in the same transaction as the claim. The names of all keys begin with a namespace:
/// `penstock/NAME/`. An address of another machine needs the caller's word that plain text is allowed; TLS comes later.
public actor EtcdCoordinator: Coordinator {
    /// The lease and its margin.
    public nonisolated let timing: LeaseTiming
    /// The clock by which leases count.
    public nonisolated let clock: any MonotonicClock

    /// The thread from which etcd is asked: a busy program does not keep a renewal waiting.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private nonisolated let thread = StorageThread(label: "penstock-broker.etcd")
    nonisolated let keys: EtcdKeys
    nonisolated let client: EtcdClient
    nonisolated let requestTimeout: Duration
    private nonisolated let updates = Updates()

    var session: LeaseSession?
    private var keeper: SessionKeeper?
    private var beginning: Task<Result<LeaseSession, CoordinatorError>, Never>?
    /// Keys that a call of this process is about to claim.
    var claiming: Set<CoordinationKey> = []
    /// Claims that nobody believes in any more, and that could not be deleted yet.
    private var undeleted: [(key: CoordinationKey, content: [UInt8])] = []
    private(set) var isClosed = false

    /// A coordinator; nothing is asked of etcd before the first call.
    /// - Parameters:
    ///   - endpoints: `http://HOST:PORT` of each member of the cluster.
    ///   - namespace: what the processes have in common: a job, or a facility. As a key.
    ///   - requestTimeout: how long a request may take with all its attempts; nil for half of the lease, and at most five seconds.
    ///   - allowsPlaintext: whether others than this machine may be spoken to without encryption.
    /// - Throws: `CoordinatorError` with code `invalidConfiguration` or `invalidKey`.
    public init(
        endpoints: [String], namespace: String, timing: LeaseTiming = LeaseTiming(),
        requestTimeout: Duration? = nil, allowsPlaintext: Bool = false,
        clock: any MonotonicClock = SystemMonotonicClock()
    ) throws(CoordinatorError) {
        try timing.validate()
        var parsed: [EtcdEndpoint] = []
        for endpoint in endpoints { parsed.append(try EtcdEndpoint(endpoint, allowsPlaintext: allowsPlaintext)) }
        guard !parsed.isEmpty else {
            throw CoordinatorError(
                .invalidConfiguration, "no address of etcd is given", hint: "write http://HOST:PORT")
        }
        self.timing = timing
        self.clock = clock
        self.requestTimeout = requestTimeout ?? min(timing.lease / 2, .seconds(5))
        keys = EtcdKeys(namespace: try CoordinationKey(namespace))
        client = EtcdClient(parsed)
    }

    // MARK: The session

    /// The session of this process; begins one where there is none that holds.
    func liveSession() async throws(CoordinatorError) -> LeaseSession {
        guard !isClosed else { throw CoordinatorError.isClosed }
        if let session, session.holds(at: clock.now()) { return session }
        let task = beginning ?? Task { await beginSession() }
        beginning = task
        return try await task.value.get()
    }

    private func beginSession() async -> Result<LeaseSession, CoordinatorError> {
        defer { beginning = nil }
        if let session {
            session.end(.lapsed)
            await revoke(session)
        }
        keeper = nil
        let beganAt = clock.now()
        do throws(CoordinatorError) {
            let body = try await client.call(
                .grant(seconds: grantedSeconds), isRepeatable: true, within: requestTimeout)
            let granted = try EtcdAnswers.decode(EtcdAnswers.Granted.self, body)
            let session = LeaseSession(id: granted.ID, lease: timing.lease, beganAt: beganAt)
            guard granted.seconds >= grantedSeconds, session.holds(at: clock.now()) else { throw tooSlow }
            guard !isClosed else {
                await revoke(session)
                throw CoordinatorError.isClosed
            }
            self.session = session
            keeper = SessionKeeper(session, timing: timing, clock: clock) { [weak self] in
                await self?.renew(session) ?? false
            }
            return .success(session)
        } catch {
            return .failure(error)
        }
    }

    nonisolated var tooSlow: CoordinatorError { .tooSlow("etcd", lease: timing.lease) }

    /// What etcd is asked for: a holder stops believing a margin earlier.
    private nonisolated var grantedSeconds: Int64 {
        let (seconds, attoseconds) = (timing.lease + timing.margin).components
        return attoseconds > 0 ? seconds + 1 : seconds
    }

    private func renew(_ session: LeaseSession) async -> Bool {
        guard session.ending.value == nil, let lease = Int64(session.id) else { return false }
        let sentAt = clock.now()
        do {
            let body = try await client.call(.keepAlive(lease), isRepeatable: true, within: requestTimeout)
            let kept = try EtcdAnswers.decode(EtcdAnswers.KeptAlive.self, body)
            if let result = kept.result, result.seconds > 0 {
                session.renew(sentAt: sentAt, by: clock)
            } else {
                session.end(.revoked)
            }
        } catch {
            if !session.holds(at: clock.now()) { session.end(.lapsed) }
        }
        await deleteClaims()
        return session.ending.value == nil
    }

    private func revoke(_ session: LeaseSession) async {
        guard let lease = Int64(session.id) else { return }
        // Where it fails the lease runs out by itself.
        _ = try? await client.call(.revoke(lease), isRepeatable: true, within: requestTimeout)
    }

    // MARK: Claims that are over

    /// Lets others have the key of a claim of this process.
    func delete(_ key: CoordinationKey, holding content: [UInt8]) async throws(CoordinatorError) {
        undeleted.append((key, content))
        if let error = await deleteClaims() { throw error }
    }

    @discardableResult
    private func deleteClaims() async -> CoordinatorError? {
        while let (key, content) = undeleted.first {
            let name = keys.claim(key)
            let request = EtcdRequest.transaction(if: [.holds(name, content)], then: [.delete(name)])
            do throws(CoordinatorError) {
                _ = try await client.call(request, isRepeatable: true, within: requestTimeout)
            } catch {
                return error
            }
            // Another call may have been faster meanwhile.
            undeleted.removeAll { $0.key == key && $0.content == content }
        }
        return nil
    }

    // MARK: Members

    /// Makes this process one of the members.
    public func join(name: String, address: String) async throws(CoordinatorError) -> Membership {
        try CoordinationLimits.check(name: name, "a member's name")
        try CoordinationLimits.check(name: address, "a member's address")
        let session = try await liveSession()
        if let membership = session.membership, membership.isCurrent {
            throw CoordinatorError(
                .refused, "this process is a member already, as \(membership.member.name)",
                hint: "leave first, or use another coordinator")
        }
        let put = EtcdRequest.Operation.put(
            keys.member(session.id), Array("\(name)\n\(address)".utf8), lease: Int64(session.id))
        _ = try await client.call(.transaction(then: [put]), isRepeatable: true, within: requestTimeout)
        guard session.holds(at: clock.now()) else { throw tooSlow }
        let member = Member(id: session.id, name: name, address: address)
        let membership = Membership(member) { [weak self] (membership) throws(CoordinatorError) in
            try await self?.leave(membership)
        }
        session.adopt(membership)
        return membership
    }

    private func leave(_ membership: Membership) async throws(CoordinatorError) {
        session?.drop(membership)
        let delete = EtcdRequest.Operation.delete(keys.member(membership.member.id))
        _ = try await client.call(.transaction(then: [delete]), isRepeatable: true, within: requestTimeout)
    }

    /// The members, sorted.
    public func members() async throws(CoordinatorError) -> [Member] {
        guard !isClosed else { throw CoordinatorError.isClosed }
        let range = try await range(under: keys.members)
        return range.compactMap { entry in
            let lines = String(decoding: entry.bytes, as: UTF8.self).split(separator: "\n")
            guard lines.count == 2 else { return nil }
            return Member(
                id: String(entry.keyText.dropFirst(keys.members.count)), name: String(lines[0]),
                address: String(lines[1]))
        }.sorted()
    }

    func range(under prefix: String) async throws(CoordinatorError) -> [EtcdAnswers.KeyValue] {
        let body = try await client.call(.range(under: prefix), isRepeatable: true, within: requestTimeout)
        return try EtcdAnswers.decode(EtcdAnswers.Range.self, body).kvs ?? []
    }

    // MARK: Streams and the end

    /// The members now, and again when somebody has come or gone.
    public nonisolated func memberUpdates() -> AsyncStream<[Member]> {
        follow { (coordinator) throws(CoordinatorError) in try await coordinator.members() }
    }

    /// What `snapshot` gives, now and again when it has changed.
    public nonisolated func updates(under prefix: String) -> AsyncStream<CoordinationSnapshot> {
        follow { (coordinator) throws(CoordinatorError) in try await coordinator.snapshot(under: prefix) }
    }

    private nonisolated func follow<Element: Equatable & Sendable>(
        _ fetch: @escaping @Sendable (EtcdCoordinator) async throws(CoordinatorError) -> Element
    ) -> AsyncStream<Element> {
        let watch = EtcdWatch(client, prefix: keys.prefix, clock: clock, timing: timing, timeout: requestTimeout)
        return updates.stream { [weak self] yield in
            await watch.run { [weak self] in
                guard let self else { return false }
                do throws(CoordinatorError) { yield(try await fetch(self)) } catch { return error.code != .closed }
                return true
            }
        }
    }

    /// Gives back all claims, leaves the members, and ends all streams.
    public func close() async {
        guard !isClosed else { return }
        isClosed = true
        updates.close()
        keeper = nil
        _ = await beginning?.value
        if let session {
            session.end(.released)
            await revoke(session)
        }
        session = nil
        client.close()
    }
}
