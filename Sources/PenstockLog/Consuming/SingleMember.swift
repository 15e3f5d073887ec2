internal import PenstockEvents

/// The only member of a group, or a consumer without one: it has its partitions from the beginning to the end.
final class SingleMember: GroupMembership {
    private struct State {
        var isAssigned = false
        var hasLeft = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let owner: (any ConsumerGroup)?
    private let partitions: [TopicPartition]
    private let state = Guarded(State())

    var group: String? { owner?.name }

    /// - Parameter owner: the group that the member owns, which is closed when it leaves.
    init(_ partitions: [TopicPartition], owner: (any ConsumerGroup)?) {
        self.partitions = partitions
        self.owner = owner
    }

    func nextChange() async throws(LogError) -> AssignmentChange {
        let isFirst = state.withLock { state in
            defer { state.isAssigned = true }
            return !state.isAssigned
        }
        if isFirst { return .assigned(partitions) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard !state.hasLeft, !Task.isCancelled else { return false }
                    state.waiting = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
        throw state.withLock({ $0.hasLeft })
            ? LogError(.closed, "the consumer has left its group")
            : LogError(.cancelled, "waiting for partitions was cancelled")
    }

    func committed(_ partitions: [TopicPartition]) async throws(LogError) -> [TopicPartition: UInt64] {
        guard let positions = await owner?.positions else { return [:] }
        var committed: [TopicPartition: UInt64] = [:]
        for partition in partitions { committed[partition] = positions[partition] }
        return committed
    }

    func commit(_ positions: [TopicPartition: UInt64]) async throws(LogError) {
        guard let owner else {
            throw LogError(
                .invalidConfiguration, "a consumer without a group cannot commit positions",
                hint: "name a group when the consumer is made")
        }
        try await owner.commit(positions)
    }

    func release(_ partitions: [TopicPartition]) async {}

    func leave() async throws(LogError) {
        state.withLock { $0.hasLeft = true }
        wake()
        try await owner?.close()
    }

    private func wake() {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}
