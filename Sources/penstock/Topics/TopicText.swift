internal import PenstockEvents
internal import PenstockLog

/// Topics as text and JSON.
enum TopicText {
    /// `1 partition`, `2 partitions`.
    static func count(_ number: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(plural ?? noun + "s")"
    }

    static func json(_ topic: TopicDescription, _ inspections: [PartitionInspection]? = nil) -> JSON {
        var members: [JSON.Member] = [
            .init("name", .text(topic.name)), .init("schema", .text("\(topic.schema)")),
            .init("schema_id", .text(hexadecimal(topic.schema.id))),
            .init("configuration", json(topic.configuration)),
        ]
        members.append(.init("records", .number(records(topic))))
        if let inspections { members.append(.init("bytes", .number(inspections.reduce(0) { $0 + $1.bytes }))) }
        let partitions = topic.partitions.enumerated().map { index, partition in
            json(partition, inspections?[index])
        }
        members.append(.init("partitions", .array(partitions)))
        return .object(members)
    }

    static func json(_ configuration: TopicConfiguration) -> JSON {
        let retention = configuration.retention
        return .members([
            "partitions": .number(configuration.partitions),
            "durability": .text(configuration.durability.rawValue),
            "segment_bytes": .number(configuration.segmentBytes),
            "codec": .text(configuration.codec.rawValue),
            "retention_bytes": .optional(retention.bytes),
            "retention_age_seconds": retention.age.map { .number("\($0 / .seconds(1))") } ?? .null,
            "keep_until_consumed_by": .array(retention.untilConsumedBy.map { .text($0) }),
            "compaction_key": .array(configuration.compactionKey.map { .text($0) }),
        ])
    }

    private static func json(_ partition: TopicDescription.Partition, _ inspection: PartitionInspection?) -> JSON {
        var members: [JSON.Member] = [
            .init("partition", .number(partition.number)), .init("first_offset", .number(partition.firstOffset)),
            .init("next_offset", .number(partition.nextOffset)),
        ]
        if let inspection {
            members += [
                .init("bytes", .number(inspection.bytes)), .init("segments", .number(inspection.segments)),
                .init("last_append_time", .optional(inspection.lastAppendTime?.iso8601)),
                .init("owner", inspection.owner.map(json) ?? .null),
            ]
        }
        return .object(members)
    }

    private static func json(_ owner: PartitionOwner) -> JSON {
        .members(["pid": .optional(owner.process), "host": .optional(owner.host), "epoch": .optional(owner.epoch)])
    }

    /// Offsets between first and next: events and control records.
    static func records(_ topic: TopicDescription) -> UInt64 {
        topic.partitions.reduce(0) { $0 + ($1.nextOffset - $1.firstOffset) }
    }

    static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The retention in words.
    static func text(_ configuration: TopicConfiguration) -> String {
        let retention = configuration.retention
        if !configuration.compactionKey.isEmpty {
            return "the last record of each \(configuration.compactionKey.joined(separator: ", "))"
        }
        var words: [String] = []
        if let bytes = retention.bytes { words.append("\(ByteCount.text(bytes)) a partition") }
        if let age = retention.age { words.append(Age.text(age)) }
        if !retention.untilConsumedBy.isEmpty {
            words.append("until consumed by \(retention.untilConsumedBy.joined(separator: ", "))")
        }
        return words.isEmpty ? "everything" : words.joined(separator: "; ")
    }
}
