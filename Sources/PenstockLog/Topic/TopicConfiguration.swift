internal import PenstockEvents

/// What is decided when a topic is created; `TopicChange` names what may be decided anew.
public struct TopicConfiguration: Sendable, Hashable {
    /// The number of partitions, 1 to 4,096.
    public var partitions: Int
    /// When an append is acknowledged.
    public var durability: Durability
    /// The size at which a segment file is sealed and the next one begun, 64 KiB to 4 GiB. A batch that is larger than that has a
    /// segment of its own.
    public var segmentBytes: Int
    /// When records may go.
    public var retention: Retention
    /// The fields of the schema whose encoded bytes are a record's key. Where there are some, only the last record of every key is
    /// sure to stay, and the topic has no other retention: what is true for a key now may have been written long ago.
    public var compactionKey: [String]
    /// How the bodies of new batches are stored.
    public var codec: BatchCodec

    /// A configuration.
    public init(
        partitions: Int = 1, durability: Durability = .durable, segmentBytes: Int = 256 << 20,
        retention: Retention = .everything, compactionKey: [String] = [], codec: BatchCodec = .raw
    ) {
        self.partitions = partitions
        self.durability = durability
        self.segmentBytes = segmentBytes
        self.retention = retention
        self.compactionKey = compactionKey
        self.codec = codec
    }

    static let partitionRange = 1...4096
    static let segmentByteRange = (64 << 10)...(4 << 30)

    func validate(topic: String, schema: Schema) throws(LogError) {
        guard Self.partitionRange.contains(partitions) else {
            throw LogError(
                .invalidConfiguration, "topic \(topic) cannot have \(partitions) partitions", hint: "choose 1 to 4096")
        }
        guard Self.segmentByteRange.contains(segmentBytes) else {
            throw LogError(
                .invalidConfiguration, "topic \(topic) cannot have segments of \(segmentBytes) bytes",
                hint: "choose 64 KiB to 4 GiB")
        }
        try retention.validate(topic: topic)
        try validateKey(topic: topic, schema: schema)
    }

    private func validateKey(topic: String, schema: Schema) throws(LogError) {
        let names = schema.fields.map(\.name)
        for (index, field) in compactionKey.enumerated() {
            guard names.contains(field) else {
                throw LogError(
                    .invalidConfiguration,
                    "topic \(topic) cannot be compacted by \(field): it is no attribute of \(schema)",
                    hint: "choose from \(names.joined(separator: ", "))")
            }
            guard !compactionKey[..<index].contains(field) else {
                throw LogError(
                    .invalidConfiguration, "topic \(topic) cannot be compacted by \(field) twice",
                    hint: "name each field of the key once")
            }
        }
        guard compactionKey.isEmpty || retention == .everything else {
            throw LogError(
                .invalidConfiguration,
                "topic \(topic) cannot both keep the last record of every key and drop records by retention",
                hint:
                    "choose either a compaction key or a retention; records before an offset can be truncated in any case"
            )
        }
    }
}

/// When an append is acknowledged, and so what an acknowledged record survives.
public enum Durability: String, Sendable, Hashable, CaseIterable {
    /// The batch was verified and is in memory: survives nothing.
    case memory
    /// The batch was written to the file: survives the end of the process.
    case pageCache
    /// The file was flushed to the device: survives a power loss, as far as the device honours a flush.
    case durable
}
