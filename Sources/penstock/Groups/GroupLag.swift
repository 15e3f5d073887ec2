internal import PenstockEvents
internal import PenstockLog

/// How far a consumer group is behind the end of the partitions of one topic.
struct GroupLag {
    /// One partition.
    struct Partition {
        let number: Int
        /// The offset of the record that comes next; nil where the group has committed nothing.
        let position: UInt64?
        let firstOffset: UInt64
        let nextOffset: UInt64

        /// Records that are still to be consumed; a group without a position begins at the earliest one.
        var lag: UInt64 {
            let from = max(position ?? firstOffset, firstOffset)
            return nextOffset > from ? nextOffset - from : 0
        }

        /// Whether records that the group has not consumed are gone.
        var isBehindFirst: Bool { position.map { $0 < firstOffset } ?? false }
    }

    /// Which of the two names a table tells.
    enum Naming {
        case group
        case topic
    }

    let group: String
    let topic: String
    let partitions: [Partition]

    init(_ positions: GroupPositions, topic: TopicDescription) {
        group = positions.group
        self.topic = topic.name
        partitions = topic.partitions.map { partition in
            Partition(
                number: partition.number, position: positions[TopicPartition(topic.name, partition.number)],
                firstOffset: partition.firstOffset, nextOffset: partition.nextOffset)
        }
    }

    /// The groups that have a position in a topic, or that its retention waits for.
    static func all(in log: any LogStore, topic: TopicDescription) async throws -> [GroupLag] {
        var lags: [GroupLag] = []
        for group in try await log.groups() {
            let positions = try await log.positions(of: group)
            let isWaitedFor = topic.configuration.retention.untilConsumedBy.contains(group)
            guard isWaitedFor || positions.partitions.contains(where: { $0.topic == topic.name }) else { continue }
            lags.append(GroupLag(positions, topic: topic))
        }
        return lags
    }

    var json: JSON {
        .array(
            partitions.map { partition in
                .members([
                    "partition": .number(partition.number), "position": .optional(partition.position),
                    "first_offset": .number(partition.firstOffset), "next_offset": .number(partition.nextOffset),
                    "lag": .number(partition.lag),
                ])
            })
    }

    static func print(_ lags: [GroupLag], naming: Naming) throws {
        var table = TextTable([
            .init(naming == .group ? "GROUP" : "TOPIC"), .init("PARTITION", .right), .init("POSITION", .right),
            .init("NEXT", .right), .init("LAG", .right), .init(""),
        ])
        for lag in lags {
            for partition in lag.partitions {
                try table.add([
                    naming == .group ? lag.group : lag.topic, "\(partition.number)",
                    partition.position.map { "\($0)" } ?? "-", "\(partition.nextOffset)", "\(partition.lag)",
                    partition.isBehindFirst ? "records before \(partition.firstOffset) are gone" : "",
                ])
            }
        }
        try table.flush()
    }
}
