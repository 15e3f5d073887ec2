package import PenstockEvents

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

/// A consumer's wish to be a member, which it repeats where its connection was lost.
package struct JoinRequest: Sendable, Hashable {
    /// Chosen by the consumer at random: who joins under it again is the same member.
    package let id: String
    /// What the program calls itself.
    package let client: String
    package let member: GroupMember
    /// Whether it was a member before. Who returns and finds somebody else under its name has been replaced.
    package var isReturning: Bool

    package init(id: String, client: String, member: GroupMember, isReturning: Bool = false) {
        self.id = id
        self.client = client
        self.member = member
        self.isReturning = isReturning
    }

    /// An id that nobody else has.
    package static func newID(from numbers: any RandomSource) -> String {
        (0..<2).map { _ in String(numbers.next() | 1 << 60, radix: 16) }.joined()
    }

    /// Refuses what no group takes.
    func check(_ limits: GroupLimits, for group: String) throws(LogError) {
        try member.validate()
        let names = [id, client] + (member.instance.map { [$0] } ?? [])
        guard names.allSatisfy({ !$0.isEmpty && $0.utf8.count <= limits.nameBytes }) else {
            throw LogError(
                .invalidConfiguration, "a member of the group \(group) has a name that is empty or too long",
                hint: "use 1 to \(limits.nameBytes) bytes")
        }
        guard !member.topics.isEmpty else {
            throw LogError(
                .invalidConfiguration, "a member of the group \(group) names no topics", hint: "name one or more")
        }
        guard member.topics.count <= limits.topicsPerMember else {
            throw .tooMuch("\(member.topics.count) topics of one member", "topicsPerMember", of: group)
        }
        for topic in member.topics { try TopicName.validate(topic) }
    }
}
