/// What is decided when a topic is created.
public struct TopicConfiguration: Sendable, Hashable {
    /// The number of partitions, 1 to 4,096.
    public var partitions: Int
    /// When an append is acknowledged.
    public var durability: Durability
    /// The size at which a segment file is sealed and the next one begun, 64 KiB to 4 GiB. A batch that is larger than that has a
    /// segment of its own.
    public var segmentBytes: Int

    /// A configuration.
    public init(partitions: Int = 1, durability: Durability = .durable, segmentBytes: Int = 256 << 20) {
        self.partitions = partitions
        self.durability = durability
        self.segmentBytes = segmentBytes
    }

    static let partitionRange = 1...4096
    static let segmentByteRange = (64 << 10)...(4 << 30)

    func validate(topic: String) throws(LogError) {
        guard Self.partitionRange.contains(partitions) else {
            throw LogError(
                .invalidConfiguration, "topic \(topic) cannot have \(partitions) partitions", hint: "choose 1 to 4096")
        }
        guard Self.segmentByteRange.contains(segmentBytes) else {
            throw LogError(
                .invalidConfiguration, "topic \(topic) cannot have segments of \(segmentBytes) bytes",
                hint: "choose 64 KiB to 4 GiB")
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
