extension EmbeddedLog {
    /// Changes what may change in a topic's configuration. A writer that is open takes the change over at its next segment at the
    /// latest, also one in another process.
    /// - Throws: `LogError` with code `topicNotFound`, `invalidConfiguration`, `invalidTopicName` for one of the log's own, or
    ///   `partitionOwned` where another process is changing the topic this moment.
    public func alterTopic(_ name: String, _ change: TopicChange) async throws(LogError) -> TopicDescription {
        try TopicName.refuseInternal(name)
        return try await describe(directory.alter(name, change))
    }

    /// Gives up the records of a partition before an offset, exactly there; the space goes in whole segments. An offset at or before
    /// the first one changes nothing.
    /// - Throws: `LogError` with code `offsetOutOfRange` behind the end, or `partitionOwned` where another process writes to it.
    public func truncate(_ partition: TopicPartition, before offset: UInt64) async throws(LogError) {
        try TopicName.refuseInternal(partition.topic)
        try await asOwner(of: partition) { maintenance, standing throws(LogError) in
            try maintenance.truncate(before: offset, standing)
        }
    }

    /// Drops what the topic's retention lets go now, also from a topic that nobody writes to.
    /// - Throws: `LogError` with code `topicNotFound`, or `partitionOwned` where another process writes to it, which then does the
    ///   same at its next segment.
    public func applyRetention(_ topic: String) async throws(LogError) -> TopicDescription {
        try await asOwner(ofAllOf: topic) { maintenance, standing throws(LogError) in
            maintenance.topic.refresh()
            try maintenance.applyRetention(standing)
        }
    }

    /// Compacts the sealed segments of a topic with a compaction key now.
    /// - Throws: as `applyRetention`; `LogError` with code `damaged` where a segment cannot be read, which stays as it is then.
    public func compact(_ topic: String) async throws(LogError) -> TopicDescription {
        try await asOwner(ofAllOf: topic) { maintenance, standing throws(LogError) in
            try maintenance.compact(standing, onlyWorthwhile: false)
        }
    }

    private func asOwner(
        ofAllOf topic: String,
        _ body: @escaping @Sendable (PartitionMaintenance, PartitionMaintenance.Standing) throws(LogError) -> Void
    ) async throws(LogError) -> TopicDescription {
        let partitions = try await directory.topic(topic).configuration.partitions
        for number in 0..<partitions { try await asOwner(of: TopicPartition(topic, number), body) }
        return try await describe(topic)
    }
}
