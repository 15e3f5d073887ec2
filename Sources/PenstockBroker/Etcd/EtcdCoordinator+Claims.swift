public import PenstockLog

extension EtcdCoordinator {
    /// Tries to get a key, once.
    public func claim(
        _ key: CoordinationKey, for holder: String, above floor: UInt32
    ) async throws(CoordinatorError) -> ClaimAnswer {
        try CoordinationLimits.check(name: holder, "a holder's name")
        guard claiming.insert(key).inserted else {
            throw CoordinatorError(
                .contended, "this process is claiming \(key) already", hint: "wait for the answer to that")
        }
        defer { claiming.remove(key) }
        for _ in 0..<CoordinationLimits.attempts {
            let session = try await liveSession()
            if let lease = session.lease(of: key), lease.isHeld {
                return .taken(by: lease.holder, until: lease.heldUntil)
            }
            let found = try await found(key)
            if let claim = found.claim {
                // What is this process's own and not held by it was given back, or its answer was lost.
                guard claim.session == session.id else {
                    return .taken(by: claim.holder, until: try await end(of: claim.session))
                }
                try await delete(key, holding: claim.bytes)
                continue
            }
            let (epoch, overflow) = max(found.epoch, floor).addingReportingOverflow(1)
            guard !overflow else { throw CoordinatorError(.refused, "\(key) has had all epochs that there are") }
            let claim = EtcdClaim(holder: holder, session: session.id, epoch: epoch)
            if let lease = try await put(claim, key, behind: found.revision, session) { return .held(lease) }
        }
        throw CoordinatorError.contended(key)
    }

    private struct Found {
        var claim: EtcdClaim?
        var epoch: UInt32 = 0
        /// When the epoch was changed; 0 for never.
        var revision: Int64 = 0
    }

    /// Who has a key, and the last epoch, as of the same moment.
    private func found(_ key: CoordinationKey) async throws(CoordinatorError) -> Found {
        let request = EtcdRequest.transaction(then: [.get(keys.claim(key)), .get(keys.epoch(key))])
        let body = try await client.call(request, isRepeatable: true, within: requestTimeout)
        let answer = try EtcdAnswers.decode(EtcdAnswers.Transaction.self, body)
        var found = Found()
        if let entry = answer.key(0) {
            guard let claim = EtcdClaim(entry.bytes) else { throw damaged(keys.claim(key)) }
            found.claim = claim
        }
        if let entry = answer.key(1) {
            guard let epoch = UInt32(String(decoding: entry.bytes, as: UTF8.self)) else {
                throw damaged(keys.epoch(key))
            }
            (found.epoch, found.revision) = (epoch, entry.modRevision)
        }
        return found
    }

    /// Puts a claim where nobody has the key and no epoch was given since; nil where somebody was faster.
    private func put(
        _ claim: EtcdClaim, _ key: CoordinationKey, behind revision: Int64, _ session: LeaseSession
    ) async throws(CoordinatorError) -> Lease? {
        let request = EtcdRequest.transaction(
            if: [.isAbsent(keys.claim(key)), .wasChanged(keys.epoch(key), at: revision)],
            then: [
                .put(keys.claim(key), claim.bytes, lease: Int64(session.id)),
                .put(keys.epoch(key), Array(String(claim.epoch).utf8), lease: nil),
            ])
        do throws(CoordinatorError) {
            let body = try await client.call(request, isRepeatable: false, within: requestTimeout)
            let answer = try EtcdAnswers.decode(EtcdAnswers.Transaction.self, body)
            guard answer.succeeded == true else { return nil }
            guard session.holds(at: clock.now()) else { throw tooSlow }
        } catch {
            // It may have been put all the same. It is deleted with the next renewal, if not at once.
            try? await delete(key, holding: claim.bytes)
            throw error
        }
        let lease = Lease(
            key, holder: claim.holder, epoch: claim.epoch, session: session, clock: clock
        ) { [weak self] (lease) throws(CoordinatorError) in
            try await self?.giveBack(lease, claim)
        }
        session.adopt(lease)
        return lease
    }

    private func giveBack(_ lease: Lease, _ claim: EtcdClaim) async throws(CoordinatorError) {
        session?.drop(lease)
        // A coordinator that was closed has given back everything.
        guard !isClosed else { return }
        try await delete(lease.key, holding: claim.bytes)
    }

    /// When the lease of another session is over, unless it is renewed.
    private func end(of session: String) async throws(CoordinatorError) -> MonotonicInstant {
        guard let lease = Int64(session) else { return clock.now() + timing.lease }
        let body = try await client.call(.timeToLive(lease), isRepeatable: true, within: requestTimeout)
        let left = try EtcdAnswers.decode(EtcdAnswers.Granted.self, body).seconds
        // The gateway gives whole seconds, rounded down, and -1 for a lease that has gone.
        return clock.now() + .seconds(max(left, -1) + 1)
    }

    private nonisolated func damaged(_ name: String) -> CoordinatorError {
        CoordinatorError(
            .damaged, "the key \(name) of etcd does not hold what was written",
            hint: "see who else writes to it; when no process uses it, delete it")
    }

    // MARK: Values

    /// The value of a key; nil where there is none.
    public func value(of key: CoordinationKey) async throws(CoordinatorError) -> StoredValue? {
        guard !isClosed else { throw CoordinatorError.isClosed }
        let request = EtcdRequest.transaction(then: [.get(keys.value(key))])
        let body = try await client.call(request, isRepeatable: true, within: requestTimeout)
        return Self.stored(try EtcdAnswers.decode(EtcdAnswers.Transaction.self, body).key(0), key)
    }

    /// Changes the value of a key, or deletes it, if the key holds what is expected.
    public func change(
        _ key: CoordinationKey, to bytes: [UInt8]?, expecting expectation: Expectation
    ) async throws(CoordinatorError) -> ChangeAnswer {
        guard !isClosed else { throw CoordinatorError.isClosed }
        try CoordinationLimits.check(value: bytes, of: key)
        let name = keys.value(key)
        let comparisons: [EtcdRequest.Comparison] =
            switch expectation {
            case .anything: []
            case .nothing: [.isAbsent(name)]
            case .revision(let revision): [.wasChanged(name, at: Int64(clamping: revision))]
            }
        let operation = bytes.map { EtcdRequest.Operation.put(name, $0, lease: nil) } ?? .delete(name)
        let body = try await client.call(
            .transaction(if: comparisons, then: [operation], else: [.get(name)]),
            isRepeatable: expectation == .anything, within: requestTimeout)
        let answer = try EtcdAnswers.decode(EtcdAnswers.Transaction.self, body)
        if answer.succeeded == true { return .done(revision: answer.revision) }
        return .conflict(Self.stored(answer.key(0), key))
    }

    /// The values and claims of all keys that begin with `prefix`.
    public func snapshot(under prefix: String) async throws(CoordinatorError) -> CoordinationSnapshot {
        guard !isClosed else { throw CoordinatorError.isClosed }
        let values = try await range(under: keys.values + prefix).compactMap { entry in
            Self.key(entry, behind: keys.values).flatMap { Self.stored(entry, $0) }
        }
        let claims = try await range(under: keys.claims + prefix).compactMap { entry -> ClaimedKey? in
            guard let key = Self.key(entry, behind: keys.claims), let claim = EtcdClaim(entry.bytes) else { return nil }
            return ClaimedKey(key: key, holder: claim.holder, epoch: claim.epoch)
        }
        return CoordinationSnapshot(
            values: values.sorted { $0.key < $1.key }, claims: claims.sorted { $0.key < $1.key })
    }

    private static func stored(_ entry: EtcdAnswers.KeyValue?, _ key: CoordinationKey) -> StoredValue? {
        entry.map { StoredValue(key: key, bytes: $0.bytes, revision: UInt64(clamping: $0.modRevision)) }
    }

    private static func key(_ entry: EtcdAnswers.KeyValue, behind prefix: String) -> CoordinationKey? {
        try? CoordinationKey(String(entry.keyText.dropFirst(prefix.count)))
    }
}
