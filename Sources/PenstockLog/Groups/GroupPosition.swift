internal import PenstockEvents

/// A record of a group's own topic: the group has consumed a partition up to an offset. The last one of every partition counts.
struct GroupPosition: Event, Equatable {
    static let schema = Schema(
        "GroupPosition", fields: [.init("topic", .string), .init("partition", .u32), .init("offset", .u64)])

    /// One partition, so that a commit of many positions is one batch, all or none.
    static let configuration = TopicConfiguration(
        partitions: 1, durability: .durable, segmentBytes: 1 << 20, compactionKey: ["topic", "partition"])

    let partition: TopicPartition
    let offset: UInt64

    init(_ partition: TopicPartition, offset: UInt64) {
        self.partition = partition
        self.offset = offset
    }

    func write(to record: inout RecordWriter) {
        record.append(partition.topic)
        record.append(UInt32(partition.partition))
        record.append(offset)
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        let topic = try record.readString()
        partition = TopicPartition(topic, Int(try record.readInteger(UInt32.self)))
        offset = try record.readInteger()
    }
}
