/// The owner of a consumer group: who commits how far the group has consumed.
///
/// A group has one owner at a time, in all processes. Whoever only wants to know the positions asks `LogStore.positions(of:)`.
public protocol ConsumerGroup: Sendable {
    /// The group's name.
    var name: String { get }

    /// What was committed last, by this owner or one before it.
    var positions: GroupPositions { get async }

    /// Commits positions: the offset of the record that comes next, for each partition. All of them are committed or none, and they
    /// survive a power loss when this returns. Partitions that are not named keep their positions; a position may also go back.
    /// - Throws: `LogError` with code `closed`, `invalidTopicName`, `partitionNotFound`, or one of the storage.
    func commit(_ positions: [TopicPartition: UInt64]) async throws(LogError)

    /// Gives the group up. Closing twice does nothing.
    func close() async throws(LogError)
}

/// How far a consumer group has consumed.
public struct GroupPositions: Sendable, Hashable {
    /// The group's name.
    public let group: String
    /// The offset of the record that comes next, for each partition that the group has a position in.
    public internal(set) var offsets: [TopicPartition: UInt64]

    /// Positions of a group.
    public init(group: String, offsets: [TopicPartition: UInt64] = [:]) {
        self.group = group
        self.offsets = offsets
    }

    /// The offset of the record that comes next in a partition, or nil where nothing was committed.
    public subscript(partition: TopicPartition) -> UInt64? { offsets[partition] }

    /// Where a consumer of the group begins to read a partition: at its position, and at the earliest record where it has none.
    public func start(in partition: TopicPartition) -> ReadPosition {
        offsets[partition].map { .offset($0) } ?? .earliest
    }

    /// The partitions with a position, by topic and number.
    public var partitions: [TopicPartition] {
        offsets.keys.sorted { a, b in
            if a.topic == b.topic { return a.partition < b.partition }
            return a.topic.utf8.lexicographicallyPrecedes(b.topic.utf8)
        }
    }
}
