package import PenstockEvents

/// The groups of a log whose partitions members share, for as long as they have members.
package final class SharedGroups: Sendable {
    private struct State {
        var groups: [String: (number: UInt64, opening: Task<SharedGroup, any Error>)] = [:]
        var opened: UInt64 = 0
        var isClosed = false
    }

    private let limits: GroupLimits
    private let clock: any MonotonicClock
    private let randomNumbers: any RandomSource
    private let state = Guarded(State())

    /// - Parameter randomNumbers: From where the grants of each group are numbered.
    package init(
        limits: GroupLimits = GroupLimits(), clock: any MonotonicClock = SystemMonotonicClock(),
        randomNumbers: any RandomSource = SystemRandomSource()
    ) {
        self.limits = limits
        self.clock = clock
        self.randomNumbers = randomNumbers
    }

    /// A seat in a group of a log, which is opened where it has no members.
    /// - Throws: `LogError` with code `partitionOwned` where somebody else owns the group, `invalidConfiguration` for
    ///   what breaks the rules, `producerFenced` where another member has come under the name of this one, `closed`.
    package func join(_ group: String, of log: any LogStore, _ request: JoinRequest) async throws(LogError) -> LocalSeat
    {
        try request.check(limits, for: group)
        while true {
            let opened = try await open(group, of: log)
            if let seat = try await opened.join(request) { return seat }
        }
    }

    /// Who is in a group; nobody where nobody has joined.
    package func description(of group: String) async -> GroupDescription {
        let opened = try? await state.withLock { $0.groups[group] }?.opening.value
        return opened?.description ?? GroupDescription(group: group, generation: 0, members: [])
    }

    /// Says that a topic was created or deleted, so that members get its partitions.
    package func topicChanged(_ topic: String) {
        let groups = state.withLock { $0.groups.valuesInOrder.map(\.opening) }
        guard !groups.isEmpty else { return }
        Task.detached { for group in groups { (try? await group.value)?.topicChanged(topic) } }
    }

    /// Gives all groups up. Their members are told that they are to join again, elsewhere or later.
    package func close() async {
        let groups = state.withLock { state in
            state.isClosed = true
            defer { state.groups = [:] }
            return state.groups.valuesInOrder.map(\.opening)
        }
        for group in groups { await (try? group.value)?.end(Self.closed) }
    }

    /// Gives up the groups that are another broker's now, as `close` does.
    package func giveUp(_ isOut: (String) -> Bool) async {
        let groups = state.withLock { state in
            let out = state.groups.filter { isOut($0.key) }
            for name in out.keys { state.groups[name] = nil }
            return out.valuesInOrder.map(\.opening)
        }
        for group in groups { await (try? group.value)?.end(Self.closed) }
    }

    private static let closed = LogError(.unreachable, "the group's members are not served here any more")

    private func open(_ name: String, of log: any LogStore) async throws(LogError) -> SharedGroup {
        while true {
            let (number, opening) = try state.withLock { state throws(LogError) in
                if state.isClosed { throw Self.closed }
                if let known = state.groups[name] { return known }
                state.opened += 1
                let number = state.opened
                let ended: @Sendable () -> Void = { [weak self] in self?.forget(name, number) }
                let opening = Task.detached { [limits, clock, randomNumbers] in
                    SharedGroup(
                        try await log.group(name), of: log, limits: limits, clock: clock,
                        // From so far below the last number they do not run out.
                        firstNumber: 1 + (randomNumbers.next() >> 2), ended: ended)
                }
                state.groups[name] = (number, opening)
                return (number, opening)
            }
            do {
                let group = try await opening.value
                guard await group.closed() else { return group }
            } catch {
                forget(name, number)
                throw error as? LogError ?? LogError(.storage, "the group \(name) cannot be opened: \(error)")
            }
        }
    }

    private func forget(_ name: String, _ number: UInt64) {
        state.withLock { state in
            if state.groups[name]?.number == number { state.groups[name] = nil }
        }
    }
}
