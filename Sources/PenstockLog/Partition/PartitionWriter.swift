internal import PenstockEvents

/// The writer of a partition of an embedded log: checks and checksums batches on the caller's thread, and queues them.
final class PartitionWriter: TopicWriter {
    let partition: TopicPartition
    private let topic: LiveTopic
    private let limits: LogLimits
    private let queue: WriterQueue
    private let appender: PartitionAppender

    init(
        _ partition: TopicPartition, topic: LiveTopic, limits: LogLimits, queue: WriterQueue,
        appender: PartitionAppender
    ) {
        self.partition = partition
        self.topic = topic
        self.limits = limits
        self.queue = queue
        self.appender = appender
    }

    func submit(_ batch: consuming RecordBatchBuilder) async throws(LogError) -> PendingAppend {
        guard batch.schemaID == topic.schema.id else {
            throw LogError(
                .schemaMismatch,
                "a batch of schema id \(batch.schemaID) cannot be appended to \(partition), which holds \(topic.schema) "
                    + "(id \(topic.schema.id))",
                hint: "write to a topic of its own", place: .init(partition: partition))
        }
        return try await submit(
            EncodedBatch(batch, codec: topic.configuration.codec, limits: limits, partition: partition))
    }

    func submit(control record: ControlRecord) async throws(LogError) -> PendingAppend {
        try await submit(EncodedBatch(control: record))
    }

    func close() async throws(LogError) {
        guard queue.close() else { return }
        try await appender.close()
    }

    private func submit(_ batch: EncodedBatch) async throws(LogError) -> PendingAppend {
        guard let admission = await queue.submit(batch) else {
            throw LogError(.closed, "the writer of \(partition) is closed", place: .init(partition: partition))
        }
        if admission.startsWriting { Task { [appender] in await appender.writeGroup() } }
        if topic.configuration.durability == .memory {
            let offset = admission.pending.firstOffset
            admission.pending.settle(
                .success(Acknowledgement(firstOffset: offset, count: batch.count, durability: .memory)))
        }
        return admission.pending
    }
}
