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
