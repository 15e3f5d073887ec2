/// The promise of an answer for one record that was sent: where it is in the log, or why it is not.
///
/// It is cheap: all records of a batch share one answer.
public struct Receipt: Sendable {
    let batch: ProducerBatch
    let index: Int

    /// The partition that the record goes to.
    public var partition: TopicPartition { batch.partition }

    /// How the record's append ended, or nil where it has not yet.
    public var result: Result<RecordAcknowledgement, LogError>? { batch.result(of: index) }

    /// Waits until the topic's durability class holds for the record. May be asked any number of times; the producer's
    /// deadline for attempts bounds the wait.
    /// - Throws: `LogError`: the record is not in the log, or after a failure of storage or connection possibly not;
    ///   with code `cancelled` where the task is while it waits.
    @discardableResult
    public nonisolated(nonsending) func acknowledgement() async throws(LogError) -> RecordAcknowledgement {
        try await batch.answered()
        guard let result else { preconditionFailure("a settled batch has an answer for each record") }
        return try result.get()
    }

    /// Waits for the offset of the record.
    /// - Throws: as `acknowledgement`.
    /// - Returns: nil where the record is in the log, and it is not known where any more
    ///   (`Acknowledgement.knowsOffset`).
    public nonisolated(nonsending) func offset() async throws(LogError) -> UInt64? {
        try await acknowledgement().offset
    }
}

/// The promise that a record is in the log.
public struct RecordAcknowledgement: Sendable, Hashable {
    /// The record's partition.
    public let partition: TopicPartition
    /// The record's offset; nil where it is not known any more, of a record that was sent again much later.
    public let offset: UInt64?
    /// What the record survives from now on.
    public let durability: Durability
    /// Whether an earlier attempt had brought the record into the log.
    public let isDuplicate: Bool
}
