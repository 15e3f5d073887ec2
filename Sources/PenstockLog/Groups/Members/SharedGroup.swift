internal import PenstockEvents

/// A consumer group whose partitions members share: holds the group, keeps the time, and wakes members that wait for a
/// change.
///
/// Owns the `ConsumerGroup`, so that nobody else commits for the group, until the last member has gone.
final class SharedGroup: Sendable {
    private struct State {
        var roster: GroupRoster
        var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        /// The timer that runs, and for when.
        var timer: (due: Int64, task: Task<Void, Never>)?
        var end: LogError?
        var closing: Task<Void, Never>?
        /// Counts what could let a waiting member go on.
        var changes: UInt64 = 0
        /// Numbers the looks at topics, so that an older one does not undo a newer one.
        var looks: UInt64 = 0
        var looked: [String: UInt64] = [:]

        /// What of the counts of a look is newer than what is known.
        mutating func newer(_ counts: [String: Int], _ look: UInt64) -> [String: Int] {
            looked = looked.filter { roster.partitionCounts[$0.key] != nil }
            let newer = counts.filter { looked[$0.key] ?? 0 < look }
            for topic in newer.keys { looked[topic] = look }
            return newer
        }

        /// Those who wait and can go on.
        mutating func takeWoken() -> [CheckedContinuation<Bool, Never>] {
            guard !waiting.isEmpty else { return [] }
            let quiet = end == nil ? roster.seatsWithoutChange : []
            let seats = waiting.keys.filter { !quiet.contains($0) }
            return seats.sorted().compactMap { waiting.removeValue(forKey: $0) }
        }
    }

    let name: String
    private let log: any LogStore
    private let owner: any ConsumerGroup
    private let clock: any MonotonicClock
    private let ended: @Sendable () -> Void
    private let state: Guarded<State>

    /// - Parameters:
    ///   - firstNumber: from where on grants are numbered, as for `GroupRoster`.
    ///   - ended: called when the group is given up.
    init(
        _ owner: any ConsumerGroup, of log: any LogStore, limits: GroupLimits, clock: any MonotonicClock,
        firstNumber: UInt64, ended: @escaping @Sendable () -> Void
    ) {
        self.ended = ended
        name = owner.name
        self.log = log
        self.owner = owner
        self.clock = clock
        state = Guarded(State(roster: GroupRoster(group: owner.name, limits: limits, firstNumber: firstNumber)))
    }

    /// Gives a member its seat; nil where the group has ended meanwhile, and has to be opened again.
    /// - Throws: `LogError` as `GroupRoster.join`, or of the log.
    func join(_ request: JoinRequest) async throws(LogError) -> LocalSeat? {
        do throws(LogError) {
            let (counts, look) = try await look(at: request.member.topics)
            let seat = try changed { state throws(LogError) -> UInt64? in
                guard state.end == nil else { return nil }
                let counts = state.newer(counts, look)
                return try state.roster.join(request, counts, at: clock.nanoseconds)
            }
            return seat.map { LocalSeat(self, $0) }
        } catch {
            // Nobody may be left to end what was opened for this.
            try changed { _ throws(LogError) in }
            await closed()
            throw error
        }
    }

    /// Who is here, and who has what.
    var description: GroupDescription { state.withLock { $0.roster.description } }

    /// Ends the group: every member is told `error`, and the group is given up.
    func end(_ error: LogError) async {
        _ = try? changed { state throws(LogError) in state.end = state.end ?? error }
        await closed()
    }

    /// Suspends until the group is given up, where it has ended; false where it has not.
    @discardableResult
    func closed() async -> Bool {
        let closing = state.withLock { $0.closing }
        await closing?.value
        return closing != nil
    }

    // MARK: Seats

    func nextChange(for seat: UInt64) async throws(LogError) -> GrantChange {
        while true {
            // To be told of a change changes nothing for others.
            let (change, changes) = try state.withLock { state throws(LogError) in
                if let end = state.end { throw end }
                return (try state.roster.nextChange(for: seat), state.changes)
            }
            if let change { return change }
            guard await wait(seat, beyond: changes) else {
                throw LogError(
                    .tooManyWaiters, "a member of the group \(name) waits for changes already",
                    hint: "ask for them one at a time")
            }
            if Task.isCancelled { throw LogError(.cancelled, "waiting for partitions was cancelled") }
        }
    }

    func committed(_ partitions: [TopicPartition]) async -> [TopicPartition: UInt64] {
        let positions = await owner.positions
        var committed: [TopicPartition: UInt64] = [:]
        for partition in partitions { committed[partition] = positions[partition] }
        return committed
    }

    func commit(_ positions: [PartitionGrant: UInt64], for seat: UInt64) async throws(LogError) {
        let grants = positions.keys.sorted { $0.partition.precedes($1.partition) }
        try changed { state throws(LogError) in
            if let end = state.end { throw end }
            try state.roster.beginCommit(grants, by: seat)
        }
        defer { settle { $0.endCommit(grants, at: $1) } }
        try await owner.commit(Dictionary(uniqueKeysWithValues: positions.map { ($0.key.partition, $0.value) }))
    }

    func release(_ grants: [PartitionGrant], by seat: UInt64) { settle { $0.release(grants, by: seat, at: $1) } }

    func leave(_ seat: UInt64) { settle { $0.leave(seat, at: $1) } }

    func detach(_ seat: UInt64) { settle { $0.detach(seat, at: $1) } }

    /// Suspends until there may be a change; false where somebody does already.
    private func wait(_ seat: UInt64, beyond changes: UInt64) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    guard state.changes == changes, !Task.isCancelled else { return true }
                    guard state.waiting[seat] == nil else { return false }
                    state.waiting[seat] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: seat) }?.resume(returning: true)
        }
    }

    // MARK: Topics

    /// Says that a topic was created or deleted.
    func topicChanged(_ topic: String) {
        guard state.withLock({ $0.end == nil && $0.roster.partitionCounts[topic] != nil }) else { return }
        Task.detached { [self] in
            guard let (counts, look) = try? await look(at: [topic]) else { return }
            _ = try? changed { state throws(LogError) in
                try state.roster.set(state.newer(counts, look), at: clock.nanoseconds)
            }
        }
    }

    /// How many partitions topics have, and the number of the look.
    private func look(at topics: [String]) async throws(LogError) -> (counts: [String: Int], number: UInt64) {
        let number = state.withLock { state in
            state.looks += 1
            return state.looks
        }
        var counts: [String: Int] = [:]
        for topic in Set(topics).sorted() {
            do throws(LogError) { counts[topic] = try await log.describe(topic).partitions.count } catch {
                guard error.code == .topicNotFound else { throw error }
                counts[topic] = 0
            }
        }
        return (counts, number)
    }

    // MARK: What follows from a change

    /// Something happens to the roster.
    private func settle(_ event: (inout GroupRoster, Int64) -> Void) {
        _ = try? changed { state throws(LogError) in event(&state.roster, clock.nanoseconds) }
    }

    /// Changes the state, and does what follows: wakes who has a change now, sets the timer, and gives the group up
    /// where nobody is left.
    @discardableResult
    private func changed<Result: Sendable>(
        _ body: (inout State) throws(LogError) -> Result
    ) throws(LogError) -> Result {
        let (result, woken) = state.withLock { state in
            let result: Swift.Result<Result, LogError>
            do throws(LogError) { result = .success(try body(&state)) } catch { result = .failure(error) }
            state.changes += 1
            if state.roster.members.isEmpty, state.end == nil {
                state.end = LogError(.closed, "the last member of the group \(name) has left")
            }
            if state.end != nil, state.closing == nil {
                state.closing = Task.detached { [owner, ended] in
                    try? await owner.close()
                    ended()
                }
            }
            setTimer(&state)
            return (result, state.takeWoken())
        }
        for continuation in woken { continuation.resume(returning: true) }
        return try result.get()
    }

    private func setTimer(_ state: inout State) {
        guard state.end == nil, let due = state.roster.nextDeadline else {
            state.timer?.task.cancel()
            state.timer = nil
            return
        }
        if let timer = state.timer, timer.due <= due { return }
        state.timer?.task.cancel()
        let task = Task.detached { [self] in
            await clock.sleep(until: due)
            if !Task.isCancelled { tick() }
        }
        state.timer = (due, task)
    }

    private func tick() {
        state.withLock { $0.timer = nil }
        settle { $0.advance(to: $1) }
    }
}
