internal import PenstockEvents

extension GroupRoster {
    /// Who is here, and who has what.
    var description: GroupDescription {
        GroupDescription(
            group: group, generation: generation,
            members: members.map { member in
                let own = partitions(of: member.id)
                return GroupDescription.Member(
                    id: member.id, client: member.request.client, instance: member.request.member.instance,
                    topics: Set(member.request.member.topics).sorted(), partitions: own,
                    leaving: own.filter { grants[$0]?.isRevoked ?? false }, isConnected: member.seat != nil)
            })
    }

    /// The partitions of a member, by topic and number.
    func partitions(of member: String) -> [TopicPartition] {
        grants.filter { $0.value.member == member }.keys.sorted { $0.precedes($1) }
    }

    /// All partitions that are shared, by topic and number.
    var allPartitions: [TopicPartition] {
        var partitions: [TopicPartition] = []
        for topic in partitionCounts.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            for number in 0..<(partitionCounts[topic] ?? 0) { partitions.append(TopicPartition(topic, number)) }
        }
        return partitions
    }

    /// The seats that are valid and have nothing to be told.
    var seatsWithoutChange: Set<UInt64> {
        var quiet: [String: UInt64] = [:]
        for member in members where !member.needsSnapshot && member.lost.isEmpty { quiet[member.id] = member.seat }
        for grant in grants.values {
            switch grant.phase {
            case .new, .revoked(_, isTold: false): quiet[grant.member] = nil
            case .held, .revoked: break
            }
        }
        return Set(quiet.values)
    }

    func index(of seat: UInt64) -> Int? { members.firstIndex { $0.seat == seat } }

    func isInstance(_ member: Member, of request: JoinRequest) -> Bool {
        request.member.instance != nil && member.request.member.instance == request.member.instance
    }

    /// Whether a member has this grant, and knows of it.
    func isHeld(_ grant: PartitionGrant, by member: String) -> Bool {
        guard let known = grants[grant.partition] else { return false }
        return known.member == member && known.number == grant.number && known.phase != .new
    }

    // MARK: Refusing

    func replaced() -> LogError {
        LogError(
            .producerFenced, "the consumer is no member of the group \(group) any more: another one has its name",
            hint: "give each consumer an instance name of its own, or none")
    }
}

extension LogError {
    /// A group is to have more than its limits allow.
    static func tooMuch(_ what: String, _ limit: String, of group: String) -> LogError {
        LogError(
            .invalidConfiguration, "the group \(group) cannot have \(what)",
            hint: "the limit \(limit) of its log or broker is in the way")
    }

    /// A member commits for a partition that it does not have.
    static func lost(_ partition: TopicPartition, to group: String) -> LogError {
        LogError(
            .producerFenced, "\(partition) does not belong to this member of the group \(group) any more",
            hint: "another member goes on from the last commit", place: .init(partition: partition))
    }
}
