/// A named producer of one partition that numbers its records, so that what it submits twice is in the log once.
///
/// The numbers are the producer's sequence: 0 for the first record of this name in the partition, and one more for each.
public struct ProducerSession: Sendable, Hashable {
    /// The partition.
    public let partition: TopicPartition
    /// The name, unique in the partition.
    public let name: String
    /// The number that stands for the name in this partition, from 1.
    public let id: UInt32
    /// One higher than that of every earlier session of the name: from now on batches of those are refused.
    public let epoch: UInt32
    /// How many records of this name the partition holds: the sequence of the next one.
    public let nextSequence: UInt64

    package init(partition: TopicPartition, name: String, id: UInt32, epoch: UInt32, nextSequence: UInt64) {
        self.partition = partition
        self.name = name
        self.id = id
        self.epoch = epoch
        self.nextSequence = nextSequence
    }

    /// What a batch carries whose first record has this sequence.
    public func stamp(_ firstSequence: UInt64) -> ProducerStamp {
        ProducerStamp(producer: id, epoch: epoch, firstSequence: firstSequence)
    }
}

/// Whose batch it is, and which of that producer's records it begins with.
public struct ProducerStamp: Sendable, Hashable {
    /// The producer's number in the partition.
    public let producer: UInt32
    /// The epoch of its session.
    public let epoch: UInt32
    /// The sequence of the batch's first record.
    public let firstSequence: UInt64

    /// A stamp; `ProducerSession.stamp` makes them.
    public init(producer: UInt32, epoch: UInt32, firstSequence: UInt64) {
        self.producer = producer
        self.epoch = epoch
        self.firstSequence = firstSequence
    }
}
