public import PenstockEvents

/// A topic as it stands.
public struct TopicDescription: Sendable, Hashable {
    /// The topic's name.
    public let name: String
    /// What the records hold.
    public let schema: Schema
    /// What is decided about the topic.
    public let configuration: TopicConfiguration
    /// One entry a partition, by number.
    public let partitions: [Partition]

    /// The offsets and sizes of a partition.
    public struct Partition: Sendable, Hashable {
        /// The number of the partition.
        public let number: Int
        /// The offset of the earliest record that is still there.
        public let firstOffset: UInt64
        /// The offset behind the last committed record.
        public let nextOffset: UInt64
        /// The number of segment files.
        public let segments: Int
        /// The sizes of the segment files together.
        public let byteCount: Int
        /// When the last record was appended, by the clock of the partition's owner; nil where there is none or it cannot be found.
        public let lastAppendTime: Timestamp?

        /// A partition's offsets and sizes.
        public init(
            number: Int, firstOffset: UInt64, nextOffset: UInt64, segments: Int = 0, byteCount: Int = 0,
            lastAppendTime: Timestamp? = nil
        ) {
            self.number = number
            self.firstOffset = firstOffset
            self.nextOffset = nextOffset
            self.segments = segments
            self.byteCount = byteCount
            self.lastAppendTime = lastAppendTime
        }
    }

    /// A description.
    public init(name: String, schema: Schema, configuration: TopicConfiguration, partitions: [Partition]) {
        self.name = name
        self.schema = schema
        self.configuration = configuration
        self.partitions = partitions
    }
}
