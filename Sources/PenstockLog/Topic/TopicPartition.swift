/// One partition of a topic: the unit of order, of ownership and of reading.
public struct TopicPartition: Sendable, Hashable, CustomStringConvertible {
    /// The topic's name.
    public let topic: String
    /// The partition's number, from 0.
    public let partition: Int

    /// The partition `partition` of `topic`.
    public init(_ topic: String, _ partition: Int = 0) {
        self.topic = topic
        self.partition = partition
    }

    /// `topic/partition`.
    public var description: String { "\(topic)/\(partition)" }
}
