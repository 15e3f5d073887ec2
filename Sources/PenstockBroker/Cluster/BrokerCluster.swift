internal import PenstockEvents
public import PenstockLog

/// A broker's place among those that serve the same log: which partitions are to be its own, and the leases of those that it has.
///
/// Every partition, and every consumer group, is to be the broker's that `Rendezvous` chooses among the members. It claims what it is asked
/// for, and gives it back when another one is to have it. So there is nothing that all of them would have to agree on, but the leases.
public final class BrokerCluster: PartitionLeases, Sendable {
    /// What the broker is called; no other one of the log has this name.
    public let name: String
    let coordinator: any Coordinator
    /// How long a claim waits for who has the partition: longer than it takes to find him dead.
    private let patience: Duration

    private struct State {
        var membership: Membership?
        var members: [Member] = []
        var leases: [TopicPartition: Lease] = [:]
        var changed: (@Sendable () -> Void)?
        var tasks: [Task<Void, Never>] = []
        var isClosed = false
    }

    private let state = Guarded(State())

    /// A place that nobody knows of yet.
    /// - Parameters:
    ///   - coordinator: What the brokers agree by. It is closed with the place.
    ///   - name: What the broker is called, as a part of a `CoordinationKey`.
    /// - Throws: `CoordinatorError` with code `invalidValue`.
    public init(_ coordinator: any Coordinator, name: String) throws(CoordinatorError) {
        guard !name.contains("/"), (try? CoordinationKey(name)) != nil else {
            throw CoordinatorError(
                .invalidValue, "\(name) cannot be the name of a broker",
                hint: "use letters, digits, '.', '_' and '-', and no dot at the beginning")
        }
        self.coordinator = coordinator
        self.name = name
        patience = (coordinator.timing.lease + coordinator.timing.margin) * 2
    }

    /// Takes the place, from which clients reach the broker at `address`.
    /// - Parameters:
    ///   - waiting: Called once where another broker goes by the same name, which may be dead, or about to leave.
    ///   - changed: Called when members have come or gone, or a lease was lost.
    /// - Throws: As `Coordinator.join`; `CoordinatorError` with code `refused` where another broker goes by the same name.
    func join(
        at address: String, waiting: (Member) -> Void, changed: @escaping @Sendable () -> Void
    ) async throws(CoordinatorError) {
        let (first, members) = try await joinAlone(at: address, waiting)
        let keeping = Task { [weak self] in
            var membership = first
            // Whoever was taken for dead, and is not, comes back.
            while await membership.ended() != nil, let self, !self.isClosed {
                while !self.isClosed {
                    do throws(CoordinatorError) {
                        membership = try await self.joinAlone(at: address) { _ in }.membership
                        self.take(membership)
                        break
                    } catch {
                        try? await self.coordinator.clock.sleep(
                            until: self.coordinator.clock.now() + self.coordinator.timing.pollInterval)
                    }
                }
            }
        }
        let following = Task { [weak self, updates = coordinator.memberUpdates()] in
            for await members in updates {
                guard let self else { return }
                self.take(members)
            }
        }
        state.withLock { state in
            state.membership = first
            state.members = members
            state.changed = changed
            state.tasks = [keeping, following]
        }
    }

    // Who has died under the name is waited for until it is found dead. Of two that come together the one with the lower identity stays.
    private func joinAlone(
        at address: String, _ waiting: (Member) -> Void
    ) async throws(CoordinatorError) -> (membership: Membership, members: [Member]) {
        let clock = coordinator.clock
        let deadline = clock.now() + patience
        var isWaiting = false
        while true {
            var namesakes = try await coordinator.members().filter { $0.name == name }
            if namesakes.isEmpty {
                let membership = try await coordinator.join(name: name, address: address)
                let members = try await coordinator.members()
                namesakes = members.filter { $0.name == name && $0.id < membership.member.id }
                if namesakes.isEmpty { return (membership, members) }
                try await membership.leave()
            }
            if !isWaiting { waiting(namesakes[0]) }
            isWaiting = true
            let next = clock.now() + coordinator.timing.pollInterval
            guard next < deadline, (try? await clock.sleep(until: next)) != nil else {
                throw CoordinatorError(
                    .refused, "another broker is called \(name), at \(namesakes[0].address)",
                    hint: "give each broker of a log a name of its own with --name")
            }
        }
    }

    /// Leaves the members: nothing is to be this broker's any more, though it has what it has until that is given back.
    func leave() async {
        let (membership, tasks) = state.withLock { state in
            state.isClosed = true
            state.changed = nil
            state.members.removeAll { $0.name == name }
            defer { state.tasks = [] }
            return (state.membership, state.tasks)
        }
        for task in tasks { task.cancel() }
        try? await membership?.leave()
    }

    /// Gives back everything.
    func close() async {
        await leave()
        await coordinator.close()
    }

    private func take(_ membership: Membership) { state.withLock { $0.membership = membership } }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func take(_ members: [Member]) {
        let changed = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.members != members, !state.isClosed else { return nil }
            state.members = members
            return state.changed
        }
        changed?()
    }

    // MARK: Who is to have what

    /// The brokers, sorted.
    var members: [Member] { state.withLock { $0.members } }

    /// The broker that is to have a partition; nil where nobody is there.
    func owner(of partition: TopicPartition) -> Member? { Rendezvous.owner(of: partition, among: members) }

    /// Whether this broker is to have a partition.
    func isOwn(_ partition: TopicPartition) -> Bool { owner(of: partition).map { $0.name == name } ?? false }

    /// Refuses what another broker is to do.
    /// - Throws: `LogError` with code `moved`, which names the other one.
    func check(_ partition: TopicPartition) throws(LogError) {
        // Who has lost touch with the others knows nothing of them.
        let isMember = state.withLock { $0.membership?.isCurrent ?? false }
        let owner = isMember ? owner(of: partition) : nil
        guard owner?.name != name else { return }
        throw LogError(
            .moved, "\(partition) is not the broker \(name)'s but \(owner.map { "\($0.name)'s" } ?? "nobody's")",
            hint: "ask the broker that has it", place: .init(partition: partition, broker: owner?.address))
    }

    // MARK: Leases

    /// Claims a partition that is to be this broker's, and waits while another one still has it.
    /// - Throws: `LogError` with code `moved`, `partitionOwned` or `unreachable`.
    public func claim(_ partition: TopicPartition, above floor: UInt32) async throws(LogError) -> Lease {
        let key: CoordinationKey
        do { key = try CoordinationKey(owning: partition) } catch {
            throw LogError(.invalidTopicName, error.summary, hint: error.hint, place: .init(partition: partition))
        }
        let clock = coordinator.clock
        let deadline = clock.now() + patience
        while true {
            try check(partition)
            guard !isClosed else { throw LogError(.closed, "the broker \(name) is closed") }
            var next = clock.now() + coordinator.timing.pollInterval
            let failure: LogError
            do throws(CoordinatorError) {
                switch try await coordinator.claim(key, for: name, above: floor) {
                case .held(let lease):
                    keep(lease, of: partition)
                    return lease
                case .taken(let holder, let until):
                    next = min(next, until)
                    failure = LogError(
                        .partitionOwned, "\(partition) is still the broker \(holder)'s",
                        hint: "it gives it back, or loses it when it is found dead", place: .init(partition: partition))
                }
            } catch {
                failure = LogError(.unreachable, error.summary, hint: error.hint, place: .init(partition: partition))
            }
            guard next < deadline else { throw failure }
            do { try await clock.sleep(until: next) } catch {
                throw LogError(.cancelled, "waiting for \(partition) was cancelled")
            }
        }
    }

    /// Whether the lease of a partition has been lost, so that nothing of it is this broker's any more.
    func hasLost(_ partition: TopicPartition) -> Bool {
        state.withLock { $0.leases[partition] }.map { !$0.isHeld } ?? false
    }

    private func keep(_ lease: Lease, of partition: TopicPartition) {
        state.withLock { $0.leases[partition] = lease }
        Task { [weak self] in
            let end = await lease.ended()
            guard let self else { return }
            let changed = state.withLock { state -> (@Sendable () -> Void)? in
                guard state.leases[partition] === lease else { return nil }
                if end != .released { return state.changed }
                state.leases[partition] = nil
                return nil
            }
            changed?()
        }
    }
}
