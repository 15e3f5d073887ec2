internal import PenstockEvents

/// The work of a consumer. Its tasks keep it alive, and end when the consumer is closed or dropped.
final class ConsumerCore: Sendable {
    let log: any LogStore
    let membership: any GroupMembership
    let options: ConsumerOptions
    /// What the records of a topic have to be; nil for anything.
    let schema: Schema?
    let state = Guarded(ConsumerState())

    init(_ membership: any GroupMembership, in log: any LogStore, schema: Schema?, options: ConsumerOptions) {
        self.membership = membership
        self.log = log
        self.schema = schema
        self.options = options
    }

    /// Follows the assignment until the membership ends.
    func follow() async {
        do throws(LogError) {
            while true {
                switch try await membership.nextChange() {
                case .assigned(let partitions): try await add(partitions)
                case .revoked(let partitions): try await giveBack(partitions)
                case .lost(let partitions):
                    await stop(partitions)
                    remove(partitions)
                }
            }
        } catch {
            update { state, work in
                if !state.isClosed { state.failure = state.failure ?? error }
                state.change(&work)
            }
        }
    }

    private func add(_ partitions: [TopicPartition]) async throws(LogError) {
        try await check(partitions)
        let committed = try await membership.committed(partitions)
        update { state, work in
            var lanes = state.lanes
            let ordered = Set(partitions).sorted { $0.precedes($1) }
            for partition in ordered where state.lane(partition) == nil {
                let lane = ConsumerLane(
                    partition, generation: state.newGeneration(),
                    start: committed[partition].map { .offset($0) } ?? options.start)
                lane.committed = committed[partition]
                lanes.append(lane)
            }
            state.lanes = lanes.sorted { $0.partition.precedes($1.partition) }
            state.isAssigned = true
            state.turn = 0
            state.fetchMore(limit: options.prefetchBytes, &work)
            state.change(&work)
        }
    }

    private func check(_ partitions: [TopicPartition]) async throws(LogError) {
        guard let schema else { return }
        for topic in Set(partitions.map(\.topic)).sorted() {
            let description = try await log.describe(topic)
            guard description.schema.id == schema.id else {
                throw LogError(
                    .schemaMismatch, "topic \(topic) holds records of \(description.schema), not of \(schema)",
                    hint: "read it as what it holds, or by RecordConsumer")
            }
        }
    }

    /// Stops the delivery of partitions, lets the program finish with what it has of them, commits, and releases them.
    private func giveBack(_ partitions: [TopicPartition]) async throws(LogError) {
        await stop(partitions)
        await waitForHand(partitions)
        if case .automatic = options.commits { try await commitProcessed() }
        remove(partitions)
        await membership.release(partitions)
    }

    private func waitForHand(_ partitions: [TopicPartition]) async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                guard !state.isClosed, let partition = state.inHand, partitions.contains(partition) else {
                    return false
                }
                state.handWaiters.append(continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
    }

    /// Ends the fetching for some partitions, and forgets what was fetched.
    func stop(_ partitions: [TopicPartition]) async {
        let (tasks, readers) = state.withLock { state in
            let lanes = partitions.compactMap { state.lane($0) }
            let tasks = lanes.compactMap { state.fetching[$0.generation] ?? nil }
            let readers = lanes.compactMap(\.reader)
            for lane in lanes {
                lane.isRevoked = true
                lane.restart(at: .committed, generation: state.newGeneration(), reader: nil)
            }
            return (tasks, readers)
        }
        for task in tasks { task.cancel() }
        for reader in readers { await reader.close() }
    }

    func remove(_ partitions: [TopicPartition]) {
        update { state, work in
            if let partition = state.inHand, partitions.contains(partition) { state.dropHand(&work) }
            state.lanes.removeAll { partitions.contains($0.partition) }
            state.turn = 0
            // Those that stay have larger shares now.
            state.fetchMore(limit: options.prefetchBytes, &work)
            state.change(&work)
        }
    }

    /// Changes the state, and does what follows from it.
    func update<Result: Sendable>(
        _ body: (inout ConsumerState, inout ConsumerState.Work) -> Result
    ) -> Result {
        let (result, work) = state.withLock { state in
            var work = ConsumerState.Work()
            let result = body(&state, &work)
            return (result, work)
        }
        run(work)
        return result
    }

    private func run(_ work: ConsumerState.Work) {
        for waiter in work.waiters { waiter.wake() }
        for waiter in work.processed { waiter.resume() }
        for fetch in work.fetches {
            let task = Task.detached { await self.fetch(fetch) }
            let isLate = state.withLock { state in
                guard state.fetching[fetch.generation] != nil else { return false }
                state.fetching[fetch.generation] = task
                return state.lane(fetch) == nil
            }
            if isLate { task.cancel() }
        }
        if work.startsCommits { startCommits() }
    }
}

extension TopicPartition {
    /// By topic and number.
    package func precedes(_ other: TopicPartition) -> Bool {
        if topic == other.topic { return partition < other.partition }
        return topic.utf8.lexicographicallyPrecedes(other.topic.utf8)
    }
}
