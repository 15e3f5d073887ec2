/// The process that owns a partition.
public struct PartitionOwner: Sendable, Hashable {
    /// The process, on its host.
    public let process: Int?
    /// The host.
    public let host: String?
    /// The number of owners that the partition has had, this one included.
    public let epoch: UInt32?

    package init(process: Int?, host: String?, epoch: UInt32?) {
        self.process = process
        self.host = host
        self.epoch = epoch
    }
}

extension EmbeddedLog {
    /// Who writes to the partitions of a topic now, by number; nil for those to which nobody writes. Takes no lock.
    /// - Throws: `LogError` with code `topicNotFound` or `damaged`, or one of the storage.
    public func owners(of topic: String) async throws(LogError) -> [PartitionOwner?] {
        let descriptor = try await directory.topic(topic)
        var owners: [PartitionOwner?] = []
        for number in 0..<descriptor.configuration.partitions {
            owners.append(try await directory.owner(of: view(of: TopicPartition(topic, number))))
        }
        return owners
    }
}

extension LogDirectory {
    func owner(of view: PartitionView) throws(LogError) -> PartitionOwner? {
        try OwnerLock.owner(of: view.partition, in: view.directory, storage: view.storage)
    }
}
