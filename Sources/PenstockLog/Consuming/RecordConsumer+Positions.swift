internal import PenstockEvents

/// Where a consumer is, goes to, and says that it has got to.
extension RecordConsumer {
    /// The partitions that the consumer has and is not giving back, by topic and number; none before its first
    /// assignment.
    public var partitions: [TopicPartition] {
        core.state.withLock { state in state.lanes.filter { !$0.isRevoked }.map(\.partition) }
    }

    /// The offset behind what was delivered last of a partition, or where `seek` has gone to; nil before.
    public func position(of partition: TopicPartition) -> UInt64? {
        core.state.withLock { $0.lane(partition)?.position }
    }

    /// Goes to a place in a partition: what is delivered next of it begins there. What was fetched ahead is given up.
    ///
    /// It commits nothing, and a batch that is in hand does not count as processed any more.
    /// - Returns: the offset of the place.
    /// - Throws: `LogError` with code `offsetOutOfRange`, or `partitionNotFound` where the consumer does not have the
    ///   partition.
    @discardableResult
    public func seek(_ partition: TopicPartition, to place: ConsumerStart) async throws(LogError) -> UInt64 {
        await waitForAssignment()
        let (reader, offset) = try await core.reader(for: partition, at: place)
        let (isHere, task, old) = core.update { state, work -> (Bool, Task<Void, Never>?, (any TopicReader)?) in
            guard !state.isClosed, let lane = state.lane(partition), !lane.isRevoked else { return (false, nil, nil) }
            let (task, old) = (state.fetching[lane.generation] ?? nil, lane.reader)
            lane.restart(at: .offset(offset), generation: state.newGeneration(), reader: reader)
            lane.position = offset
            if state.inHand == partition { state.dropHand(&work) }
            state.fetchMore(limit: core.options.prefetchBytes, &work)
            state.change(&work)
            return (true, task, old)
        }
        task?.cancel()
        await old?.close()
        guard isHere else {
            await reader.close()
            throw Self.notHere(partition)
        }
        return offset
    }

    /// Delivers nothing more of a partition until `resume`; what was fetched of it stays, as far as its share goes.
    /// - Throws: `LogError` with code `partitionNotFound` where the consumer does not have the partition.
    public func pause(_ partition: TopicPartition) async throws(LogError) { try await set(partition, isPaused: true) }

    /// Delivers a partition again.
    /// - Throws: `LogError` with code `partitionNotFound` where the consumer does not have the partition.
    public func resume(_ partition: TopicPartition) async throws(LogError) { try await set(partition, isPaused: false) }

    /// Commits everything that was delivered, also what is in hand.
    /// - Throws: as `commit` of positions.
    public func commit() async throws(LogError) {
        let positions = core.state.withLock { state in
            var positions: [TopicPartition: UInt64] = [:]
            for lane in state.lanes where lane.position != lane.committed { positions[lane.partition] = lane.position }
            return positions
        }
        try await commit(positions)
    }

    /// Commits positions: the offset that comes next, for each partition. They may be in the middle of a batch, and may
    /// go back.
    /// - Throws: `LogError` with code `offsetOutOfRange` for a position ahead of what was delivered,
    ///   `partitionNotFound` where the consumer does not have a partition, `invalidConfiguration` where it has no
    ///   group, or as `ConsumerGroup.commit`.
    public func commit(_ positions: [TopicPartition: UInt64]) async throws(LogError) {
        let problem = core.state.withLock { state -> LogError? in
            for partition in positions.keys.sorted(by: { $0.precedes($1) }) {
                guard let lane = state.lane(partition) else { return Self.notHere(partition) }
                guard let delivered = lane.position ?? lane.committed, positions[partition] ?? 0 <= delivered else {
                    return LogError(
                        .offsetOutOfRange,
                        "\(positions[partition] ?? 0) of \(partition) cannot be committed: nothing was delivered up to there",
                        hint: "commit what was processed, or seek there first", place: .init(partition: partition))
                }
            }
            return nil
        }
        if let problem { throw problem }
        try await core.commit(positions)
    }

    /// What the group has committed in the consumer's partitions, by this consumer or one before it.
    /// - Throws: `LogError` of the log.
    public func committed() async throws(LogError) -> [TopicPartition: UInt64] {
        try await core.membership.committed(partitions)
    }

    private func set(_ partition: TopicPartition, isPaused: Bool) async throws(LogError) {
        await waitForAssignment()
        let isHere = core.update { state, work in
            guard let lane = state.lane(partition) else { return false }
            lane.isPaused = isPaused
            state.change(&work)
            return true
        }
        guard isHere else { throw Self.notHere(partition) }
    }

    private func waitForAssignment() async { await core.waitForAssignment() }

    private static func notHere(_ partition: TopicPartition) -> LogError {
        LogError(
            .partitionNotFound, "the consumer does not have \(partition)",
            hint: "name it when the consumer is made; of a group another member may have it now",
            place: .init(partition: partition))
    }
}
