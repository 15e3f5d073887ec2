internal import PenstockEvents

/// A member's place in a group of this process.
package final class LocalSeat: GroupSeat {
    private let group: SharedGroup
    private let number: UInt64

    init(_ group: SharedGroup, _ number: UInt64) {
        self.group = group
        self.number = number
    }

    // Whoever drops it cannot come back.
    deinit { group.leave(number) }

    package func nextChange() async throws(LogError) -> GrantChange { try await group.nextChange(for: number) }

    package func committed(_ partitions: [TopicPartition]) async throws(LogError) -> [TopicPartition: UInt64] {
        await group.committed(partitions)
    }

    package func commit(_ positions: [PartitionGrant: UInt64]) async throws(LogError) {
        try await group.commit(positions, for: number)
    }

    package func release(_ grants: [PartitionGrant]) async throws(LogError) { group.release(grants, by: number) }

    package func leave() async throws(LogError) {
        group.leave(number)
        await group.closed()
    }

    /// The connection of the member has ended: its partitions are kept for it.
    package func detach() { group.detach(number) }
}
