public import PenstockEvents

/// The one writer of a partition.
///
/// Calls may overlap: what gathers while a group is being written and synced forms the next group. Batches get their offsets in
/// the order in which `submit` took them. After a failed write everything that was pending fails too, so that no batch stands
/// behind a hole; later appends go to a new segment.
public protocol TopicWriter: Sendable {
    /// The partition.
    var partition: TopicPartition { get }

    /// Hands a batch over; suspends while the writer holds its limit of bytes. The batch has its offset and its place in the
    /// order when this returns, but is not acknowledged yet.
    /// - Throws: `LogError` with code `invalidBatch`, `schemaMismatch`, `transactionOpen` or `closed`.
    func submit(_ batch: consuming RecordBatchBuilder) async throws(LogError) -> PendingAppend

    /// Hands a batch over that belongs at `offset` and nowhere else: one that was prepared to stand behind others does not get
    /// into the partition without them, when their append has failed meanwhile.
    /// - Throws: as `submit` of a batch; `LogError` with code `offsetMismatch` where another offset comes next, which is
    ///   the place's.
    func submit(_ batch: consuming RecordBatchBuilder, at offset: UInt64) async throws(LogError) -> PendingAppend

    /// Hands a control record over, in order with the batches.
    /// - Throws: `LogError` with code `invalidBatch` for a record of the log's own, `transactionOpen` or `closed`.
    func submit(control record: ControlRecord) async throws(LogError) -> PendingAppend

    /// Hands a control record over that belongs at `offset` and nowhere else.
    /// - Throws: as `submit` of a control record and of a batch at an offset.
    func submit(control record: ControlRecord, at offset: UInt64) async throws(LogError) -> PendingAppend

    /// Begins a session of the producer `name` in this partition, and fences earlier ones off.
    /// - Throws: `LogError` with code `invalidProducerName`, `tooManyProducers`, `transactionOpen`, `closed`, or one of the storage.
    func producer(named name: String) async throws(LogError) -> ProducerSession

    /// Hands over a batch of a producer that numbers its records. What was submitted before is not written again: it is
    /// acknowledged once more when the first one is, with `isDuplicate` set.
    ///
    /// - Throws: as `submit` of a batch; `LogError` with code `producerFenced` where the name has a newer session, `unknownProducer`,
    ///   `sequenceGap` where records are missing before the batch, or `partlyWritten` where the partition holds a part of it; the
    ///   place of the last two has the sequence to go on at.
    func submit(_ batch: consuming RecordBatchBuilder, from producer: ProducerStamp) async throws(LogError)
        -> PendingAppend

    /// Writes everything that was handed over, seals the segment and gives the partition up. Closing twice does nothing.
    func close() async throws(LogError)
}

extension TopicWriter {
    /// Appends a batch and waits for its acknowledgement.
    /// - Throws: `LogError`: the batch is not in the log, or for a failure of the storage possibly not.
    @discardableResult
    public func append(_ batch: consuming RecordBatchBuilder) async throws(LogError) -> Acknowledgement {
        try await submit(batch).acknowledgement()
    }

    /// Appends a producer's batch and waits for its acknowledgement.
    /// - Throws: as `submit` of a producer's batch; after another failure the same batch may be appended again.
    @discardableResult
    public func append(
        _ batch: consuming RecordBatchBuilder, from producer: ProducerStamp
    ) async throws(LogError) -> Acknowledgement {
        try await submit(batch, from: producer).acknowledgement()
    }

    /// Appends a control record and waits for its acknowledgement.
    /// - Throws: as `append` of a batch.
    @discardableResult
    public func append(control record: ControlRecord) async throws(LogError) -> Acknowledgement {
        try await submit(control: record).acknowledgement()
    }
}
