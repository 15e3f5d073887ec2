internal import PenstockEvents
internal import PenstockLog

/// The members of a consumer group, as people and programs read them.
enum GroupMembers {
    /// The topics that a group has positions in, or that its members share, in order.
    static func topics(_ positions: GroupPositions, _ members: [GroupDescription.Member]) -> [String] {
        Set(positions.partitions.map(\.topic) + members.flatMap(\.topics)).sorted()
    }

    static func json(_ member: GroupDescription.Member) -> JSON {
        func partitions(_ list: [TopicPartition]) -> JSON {
            .array(list.map { .members(["topic": .text($0.topic), "partition": .number($0.partition)]) })
        }
        return .members([
            "id": .text(member.id), "client": .text(member.client),
            "instance": member.instance.map { .text($0) } ?? .null,
            "topics": .array(member.topics.map { .text($0) }), "partitions": partitions(member.partitions),
            "leaving": partitions(member.leaving), "connected": .bool(member.isConnected),
        ])
    }

    static func print(_ members: [GroupDescription.Member]) throws {
        var table = TextTable([.init("MEMBER"), .init("CLIENT"), .init("PARTITIONS"), .init("")])
        for member in members {
            try table.add([
                member.instance ?? String(member.id.prefix(8)), member.client, partitions(of: member),
                member.isConnected ? "" : "not connected; its partitions are kept for it",
            ])
        }
        try table.flush()
    }

    /// Such as `readings 0-3, 7`.
    private static func partitions(of member: GroupDescription.Member) -> String {
        var words: [String] = []
        for topic in member.topics {
            var runs: [ClosedRange<Int>] = []
            for partition in member.partitions where partition.topic == topic {
                if let last = runs.last, last.upperBound + 1 == partition.partition {
                    runs[runs.count - 1] = last.lowerBound...partition.partition
                } else {
                    runs.append(partition.partition...partition.partition)
                }
            }
            let numbers = runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            if !numbers.isEmpty { words.append("\(topic) \(numbers.joined(separator: ", "))") }
        }
        return words.isEmpty ? "-" : words.joined(separator: "; ")
    }
}
