/// A partition as it was given to a member once. Who loses it and gets it again has another grant, so that what was
/// meant for the first one cannot pass for the second.
package struct PartitionGrant: Sendable, Hashable {
    package let partition: TopicPartition
    package let number: UInt64

    package init(partition: TopicPartition, number: UInt64) {
        self.partition = partition
        self.number = number
    }
}

/// A change of what a member has, as it goes from the group to the member.
package enum GrantChange: Sendable, Hashable {
    /// Everything that the member has: what it knows of beside this is lost. The first change of every seat.
    case snapshot([PartitionGrant])
    case assigned([PartitionGrant])
    case revoked([PartitionGrant])
    case lost([PartitionGrant])
}

/// A member's place in its group for as long as its connection holds. It has to ask for changes one at a time.
package protocol GroupSeat: Sendable {
    /// Waits for the next change.
    /// - Throws: `LogError` with code `producerFenced` where somebody else has the member's place, `unreachable` where
    ///   the connection was lost, `closed` after `leave`, `cancelled`.
    func nextChange() async throws(LogError) -> GrantChange

    /// The committed positions in some partitions.
    func committed(_ partitions: [TopicPartition]) async throws(LogError) -> [TopicPartition: UInt64]

    /// Commits positions, all or none.
    /// - Throws: `LogError` with code `producerFenced`, with the partition that the member does not have.
    func commit(_ positions: [PartitionGrant: UInt64]) async throws(LogError)

    /// Gives partitions back.
    func release(_ grants: [PartitionGrant]) async throws(LogError)

    /// Leaves the group; a member with a name is waited for.
    func leave() async throws(LogError)
}
