internal import PenstockEvents
internal import PenstockLog

/// Topics as text and JSON.
enum TopicText {
    /// `1 partition`, `2 partitions`.
    static func count(_ number: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(plural ?? noun + "s")"
    }

    static func json(_ topic: TopicDescription, owners: [PartitionOwner?]? = nil) -> JSON {
        var members: [JSON.Member] = [
            .init("name", .text(topic.name)), .init("schema", .text("\(topic.schema)")),
            .init("schema_id", .text(hexadecimal(topic.schema.id))),
            .init("configuration", json(topic.configuration)),
        ]
        members.append(.init("records", .number(records(topic))))
        members.append(.init("bytes", .number(bytes(topic))))
        let partitions = topic.partitions.enumerated().map { index, partition -> JSON in
            guard let owners else { return json(partition) }
            guard case .object(let members) = json(partition) else { return .null }
            return .object(members + [.init("owner", owners[index].map(json) ?? .null)])
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

    private static func json(_ partition: TopicDescription.Partition) -> JSON {
        .members([
            "partition": .number(partition.number), "first_offset": .number(partition.firstOffset),
            "next_offset": .number(partition.nextOffset), "bytes": .number(partition.byteCount),
            "segments": .number(partition.segments),
            "last_append_time": .optional(partition.lastAppendTime?.iso8601),
            "first_event_time": .optional(partition.eventTimes?.lowerBound.iso8601),
            "last_event_time": .optional(partition.eventTimes?.upperBound.iso8601),
            "ended": partition.isEnded.map { .bool($0) } ?? .null,
        ])
    }

    private static func json(_ owner: PartitionOwner) -> JSON {
        .members(["pid": .optional(owner.process), "host": .optional(owner.host), "epoch": .optional(owner.epoch)])
    }

    /// Offsets between first and next: events and control records.
    static func records(_ topic: TopicDescription) -> UInt64 {
        topic.partitions.reduce(0) { $0 + ($1.nextOffset - $1.firstOffset) }
    }

    /// Bytes of all segments.
    static func bytes(_ topic: TopicDescription) -> Int { topic.partitions.reduce(0) { $0 + $1.byteCount } }

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
