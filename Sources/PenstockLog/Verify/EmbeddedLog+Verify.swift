internal import PenstockEvents

extension EmbeddedLog {
    /// Checks everything of a topic: its description, and of every segment the first block, the seal, the checksums of all headers and
    /// bodies, the order of offsets and epochs, and that all columns and control records can be read; that the ledger agrees with
    /// the batches; and which transactions are open.
    ///
    /// Takes no ownership and writes nothing, so it may run beside a writer: it looks at what was committed when it began. It holds
    /// one window of a file in memory, or one batch where that is larger.
    ///
    /// - Parameters:
    ///   - topic: the topic's name.
    ///   - partition: one partition only.
    ///   - progress: called now and then from a thread of the log.
    /// - Returns: what was found; damage is a finding, not an error.
    /// - Throws: `LogError` with code `topicNotFound`, `partitionNotFound`, `cancelled` where the task is cancelled, or one of the storage.
    public func verify(
        topic: String, partition: Int? = nil, progress: (@Sendable (VerificationProgress) -> Void)? = nil
    ) async throws(LogError) -> VerificationReport {
        try await verify(topics: [topic], partition: partition, progress: progress)
    }

    /// Checks everything of several topics, as `verify(topic:)` does of one, with progress over all of them.
    /// - Throws: as `verify(topic:)`.
    public func verify(
        topics: [String], partition: Int? = nil, progress: (@Sendable (VerificationProgress) -> Void)? = nil
    ) async throws(LogError) -> VerificationReport {
        var subjects: [LogVerifier.Subject] = []
        for topic in topics { subjects.append(try await subject(topic, partition: partition)) }
        return try await LogVerifier(storage: storage, progress: progress).verify(subjects)
    }

    private func subject(_ topic: String, partition: Int?) async throws(LogError) -> LogVerifier.Subject {
        let descriptor: TopicDescriptor
        do {
            descriptor = try await directory.topic(topic)
        } catch {
            guard [.damaged, .newerFormat, .foreignByteOrder].contains(error.code) else { throw error }
            // The segments say themselves what they are.
            let numbers = try await directory.partitionNumbers(of: topic).filter { partition == nil || $0 == partition }
            return LogVerifier.Subject(
                topic: topic, schema: .failure(error), partitions: numbers.map { view(of: TopicPartition(topic, $0)) })
        }
        if let partition { _ = try await self.topic(of: TopicPartition(topic, partition)) }
        let numbers = partition.map { [$0] } ?? Array(0..<descriptor.configuration.partitions)
        return LogVerifier.Subject(
            topic: topic, schema: .success(descriptor.schema),
            partitions: numbers.map { view(of: TopicPartition(topic, $0)) })
    }
}
