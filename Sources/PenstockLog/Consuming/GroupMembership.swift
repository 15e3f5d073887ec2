/// Who tells a consumer which partitions it has, and keeps its positions.
///
/// A consumer calls `nextChange` again when it has gone by the change before; behind a `.revoked` that is after
/// `release`. Partitions that a change does not name are not touched by it (cooperative rebalancing): they go on being
/// read while others move. A partition has one owner in a group: it is assigned to another member after `release`, or
/// when this one is taken for dead, which is told as `.lost`.
public protocol GroupMembership: Sendable {
    /// The group's name; nil where there is none, and nothing can be committed.
    var group: String? { get }

    /// Waits for the next change of what the member has. The first one is the first assignment.
    /// - Throws: `LogError` with code `cancelled` where the task is, `closed` after `leave`, or what ended the
    ///   membership.
    func nextChange() async throws(LogError) -> AssignmentChange

    /// The committed positions in some partitions; those without one are left out.
    /// - Throws: `LogError` of the log.
    func committed(_ partitions: [TopicPartition]) async throws(LogError) -> [TopicPartition: UInt64]

    /// Commits positions in partitions that the member has, or is giving back; all of them or none.
    /// - Throws: as `ConsumerGroup.commit`; `LogError` with code `producerFenced` where the member has lost one of
    ///   them.
    func commit(_ positions: [TopicPartition: UInt64]) async throws(LogError)

    /// Gives partitions back that were revoked. Nothing of them is delivered or committed by this member any more.
    func release(_ partitions: [TopicPartition]) async

    /// Leaves the group, and gives everything back. Leaving twice does nothing.
    /// - Throws: `LogError` of the log.
    func leave() async throws(LogError)
}

/// A change of the partitions that a member of a group has.
public enum AssignmentChange: Sendable, Hashable {
    /// These are the member's, beside those that it has.
    case assigned([TopicPartition])
    /// These are wanted back: the member delivers nothing more of them, commits what was processed, and releases them.
    case revoked([TopicPartition])
    /// These belong to somebody else already: nothing may be committed for them.
    case lost([TopicPartition])
}
