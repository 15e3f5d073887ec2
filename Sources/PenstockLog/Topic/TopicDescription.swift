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
        /// The event times in the segments; nil where there are none, or a segment has no index, as the one that is being written.
        public let eventTimes: ClosedRange<Timestamp>?
        /// Whether the last record ends the stream; nil where that cannot be told without looking through the partition.
        public let isEnded: Bool?

        /// A partition's offsets and sizes.
        public init(
            number: Int, firstOffset: UInt64, nextOffset: UInt64, segments: Int = 0, byteCount: Int = 0,
            lastAppendTime: Timestamp? = nil, eventTimes: ClosedRange<Timestamp>? = nil, isEnded: Bool? = nil
        ) {
            self.number = number
            self.firstOffset = firstOffset
            self.nextOffset = nextOffset
            self.segments = segments
            self.byteCount = byteCount
            self.lastAppendTime = lastAppendTime
            self.eventTimes = eventTimes
            self.isEnded = isEnded
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
