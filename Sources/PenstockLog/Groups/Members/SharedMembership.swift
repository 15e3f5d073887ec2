internal import PenstockEvents

/// A consumer's membership of a group that others share: over one seat after the other, where connections are lost.
///
/// Each seat tells first what the member has. What the consumer had beside that, or under another grant, is lost to it;
/// the rest it has kept all the time.
package final class SharedMembership: GroupMembership {
    private struct State {
        var seat: any GroupSeat
        /// Counts the seats.
        var number: UInt64 = 1
        /// Whether the seat's connection is lost; the seat is kept until there is another one, for whoever drops a seat leaves.
        var isBroken = false
        var joining: Task<Void, any Error>?
        /// What the consumer has been told that it has, by the numbers of the grants. What it commits before it is told
        /// of a change is meant for the grants of before.
        var held: [TopicPartition: UInt64] = [:]
        /// What it has not been told yet.
        var changes: [GrantChange] = []
        var isAssigned = false
        var hasLeft = false
        var retry = RetryState()

        /// The next change that the consumer is told.
        mutating func nextChange() -> AssignmentChange? {
            guard !changes.isEmpty else { return nil }
            switch changes.removeFirst() {
            case .snapshot(let grants), .assigned(let grants):
                for grant in grants { held[grant.partition] = grant.number }
                return .assigned(grants.map(\.partition))
            case .revoked(let grants): return .revoked(grants.map(\.partition))
            case .lost(let grants):
                for grant in grants { held[grant.partition] = nil }
                return .lost(grants.map(\.partition))
            }
        }
    }

    package let group: String?
    private let join: @Sendable (_ isReturning: Bool) async throws(LogError) -> any GroupSeat
    private let policy = RetryPolicy()
    private let clock: any MonotonicClock
    private let state: Guarded<State>

    /// Becomes a member.
    /// - Parameters:
    ///   - clock: by which it waits before it joins again.
    ///   - join: gives a seat, each time for the same member.
    /// - Throws: what `join` throws.
    package init(
        _ group: String, clock: any MonotonicClock = SystemMonotonicClock(),
        join: @escaping @Sendable (_ isReturning: Bool) async throws(LogError) -> any GroupSeat
    ) async throws(LogError) {
        self.group = group
        self.clock = clock
        self.join = join
        state = Guarded(State(seat: try await join(false)))
    }

    package func nextChange() async throws(LogError) -> AssignmentChange {
        while true {
            let (change, hasLeft) = state.withLock { state in
                (state.nextChange(), state.hasLeft)
            }
            if hasLeft { throw LogError(.closed, "the consumer has left its group") }
            if let change { return change }
            try await seated { [self] seat, number throws(LogError) in take(try await seat.nextChange(), number) }
        }
    }

    package func committed(_ partitions: [TopicPartition]) async throws(LogError) -> [TopicPartition: UInt64] {
        try await seated { seat, _ throws(LogError) in try await seat.committed(partitions) }
    }

    package func commit(_ positions: [TopicPartition: UInt64]) async throws(LogError) {
        let grants = try state.withLock { state throws(LogError) in
            var grants: [PartitionGrant: UInt64] = [:]
            for (partition, position) in positions {
                guard let number = state.held[partition] else { throw .lost(partition, to: group ?? "") }
                grants[PartitionGrant(partition: partition, number: number)] = position
            }
            return grants
        }
        try await seated { seat, _ throws(LogError) in try await seat.commit(grants) }
    }

    package func release(_ partitions: [TopicPartition]) async {
        let grants = state.withLock { state in
            partitions.compactMap { partition in
                state.held.removeValue(forKey: partition).map { PartitionGrant(partition: partition, number: $0) }
            }
        }
        guard !grants.isEmpty else { return }
        // Where it does not get through, the next seat says that they are still here, and they are asked for again.
        try? await seated { seat, _ throws(LogError) in try await seat.release(grants) }
    }

    package func leave() async throws(LogError) {
        let (seat, isFirst) = state.withLock { state in
            defer { state.hasLeft = true }
            return (state.isBroken ? nil : state.seat, !state.hasLeft)
        }
        guard let seat, isFirst else { return }
        do throws(LogError) { try await seat.leave() } catch {
            // Then it is taken for dead.
            guard error.code == .unreachable || error.code == .moved else { throw error }
        }
    }

    // MARK: What comes

    private func take(_ change: GrantChange, _ number: UInt64) {
        state.withLock { state in
            guard state.number == number else { return }
            switch change {
            case .snapshot(let grants):
                let kept = Set(grants)
                let known = state.held.map { PartitionGrant(partition: $0, number: $1) }
                let lost = known.filter { !kept.contains($0) }.sorted { $0.partition.precedes($1.partition) }
                let new = grants.filter { state.held[$0.partition] != $0.number }
                if !lost.isEmpty { state.changes.append(.lost(lost)) }
                if !new.isEmpty || !state.isAssigned { state.changes.append(.assigned(new)) }
                state.isAssigned = true
            case .assigned, .revoked: state.changes.append(change)
            case .lost(let grants):
                let lost = grants.filter { state.held[$0.partition] == $0.number }
                if !lost.isEmpty { state.changes.append(.lost(lost)) }
            }
        }
    }

    // MARK: Seats

    /// Does something with the seat, and again with another one where its connection is lost.
    private func seated<Result: Sendable>(
        _ body: (any GroupSeat, UInt64) async throws(LogError) -> Result
    ) async throws(LogError) -> Result {
        while true {
            let (seat, number) = try await seat()
            do throws(LogError) {
                let result = try await body(seat, number)
                state.withLock { $0.retry.succeed() }
                return result
            } catch {
                let isOver = state.withLock { state in
                    // Where there is another seat meanwhile, this one's word does not count.
                    guard state.number == number, !state.hasLeft else { return false }
                    state.isBroken = error.code == .unreachable || error.code == .moved
                    return !state.isBroken
                }
                if isOver { throw error }
            }
        }
    }

    private func seat() async throws(LogError) -> (any GroupSeat, UInt64) {
        while true {
            let found = try state.withLock { state throws(LogError) -> Found in
                if state.hasLeft { throw LogError(.closed, "the consumer has left its group") }
                guard state.isBroken else { return .seat(state.seat, state.number) }
                if let joining = state.joining { return .joining(joining) }
                let joining = Task.detached { [self] in try await joinAgain() }
                state.joining = joining
                return .joining(joining)
            }
            switch found {
            case .seat(let seat, let number): return (seat, number)
            case .joining(let task):
                do { try await task.value } catch {
                    throw error as? LogError ?? LogError(.unreachable, "\(error)")
                }
            }
        }
    }

    private enum Found {
        case seat(any GroupSeat, UInt64)
        case joining(Task<Void, any Error>)
    }

    private func joinAgain() async throws(LogError) {
        defer { state.withLock { $0.joining = nil } }
        while !state.withLock({ $0.hasLeft }) {
            do throws(LogError) {
                let seat = try await join(true)
                let (before, hasLeft) = state.withLock { state in
                    defer { (state.seat, state.number, state.isBroken) = (seat, state.number + 1, false) }
                    return (state.seat, state.hasLeft)
                }
                if hasLeft { try? await seat.leave() }
                withExtendedLifetime(before) {}
                return
            } catch {
                let due = state.withLock { state in
                    error.mayPass && error.code != .closed ? state.retry.fail(at: clock.nanoseconds, policy) : nil
                }
                guard let due else { throw error }
                await clock.sleep(until: due)
            }
        }
    }
}
