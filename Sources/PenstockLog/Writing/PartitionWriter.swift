internal import PenstockEvents

/// The writer of a partition of an embedded log: checks and checksums batches on the caller's thread, and queues them.
final class PartitionWriter: TopicWriter {
    let partition: TopicPartition
    let directory: String
    let epoch: UInt32
    let transaction = Guarded(WeakTransaction())
    let topic: LiveTopic
    private let schemaID: UInt64
    let limits: LogLimits
    let queue: WriterQueue
    private let appender: PartitionAppender

    init(
        _ partition: TopicPartition, directory: String, epoch: UInt32, topic: LiveTopic, limits: LogLimits,
        queue: WriterQueue, appender: PartitionAppender
    ) {
        self.partition = partition
        self.directory = directory
        self.epoch = epoch
        self.topic = topic
        schemaID = topic.schema.id
        self.limits = limits
        self.queue = queue
        self.appender = appender
    }

    func submit(_ batch: consuming RecordBatchBuilder) async throws(LogError) -> PendingAppend {
        try await submit(encoded(batch), as: .plain)
    }

    func submit(_ batch: consuming RecordBatchBuilder, at offset: UInt64) async throws(LogError) -> PendingAppend {
        try await submit(encoded(batch), as: .at(offset))
    }

    func submit(
        _ batch: consuming RecordBatchBuilder, from producer: ProducerStamp
    ) async throws(LogError) -> PendingAppend {
        try await submit(encoded(batch), as: .producer(producer))
    }

    func submit(control record: ControlRecord) async throws(LogError) -> PendingAppend {
        try await submit(encoded(record), as: .plain)
    }

    func submit(control record: ControlRecord, at offset: UInt64) async throws(LogError) -> PendingAppend {
        try await submit(encoded(record), as: .at(offset))
    }

    func close() async throws(LogError) {
        await abortTransaction()
        guard queue.close() else { return }
        do throws(LogError) { try await appender.close() } catch {
            try? await appender.lease?.release()
            throw error
        }
        try? await appender.lease?.release()
    }

    /// A batch of the topic's schema, ready for the file but for its place.
    func encoded(_ batch: consuming RecordBatchBuilder) throws(LogError) -> EncodedBatch {
        try check(schemaID: batch.schemaID)
        return try EncodedBatch(batch, codec: topic.configuration.codec, limits: limits, partition: partition)
    }

    func check(schemaID other: UInt64) throws(LogError) {
        guard other == schemaID else {
            throw LogError(
                .schemaMismatch,
                "a batch of schema id \(other) cannot be appended to \(partition), which holds \(topic.schema) "
                    + "(id \(schemaID))",
                hint: "write to a topic of its own", place: .init(partition: partition))
        }
    }

    /// A control record of the user's.
    func encoded(_ record: ControlRecord) throws(LogError) -> EncodedBatch {
        guard !record.belongsToLog else { throw .ownRecord(in: partition) }
        return EncodedBatch(control: record)
    }

    func submit(_ batch: EncodedBatch, as claim: Claim) async throws(LogError) -> PendingAppend {
        let admission = try taken(await queue.submit(batch, as: claim))
        guard let pending = admission.pending else { preconditionFailure("a batch of records has a place") }
        return pending
    }

    func taken(_ answer: Result<WriterQueue.Admission, Refusal>) throws(LogError) -> WriterQueue.Admission {
        let admission: WriterQueue.Admission
        do { admission = try answer.get() } catch { throw LogError(error, partition: partition) }
        // Before the writing begins: where that fails, the promise of this class was kept all the same.
        if topic.configuration.durability == .memory, let pending = admission.pending {
            let count = Int(admission.header.count)
            pending.settle(
                .success(Acknowledgement(firstOffset: pending.firstOffset, count: count, durability: .memory)))
        }
        if admission.startsWriting { appender.startWriting() }
        return admission
    }
}
