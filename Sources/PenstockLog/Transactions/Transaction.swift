public import PenstockEvents

/// Rows for several partitions that become visible together, or not at all.
///
/// Rows go to the files as they come; what makes them valid is one record in the first partition of the transaction, its *home*. Until
/// the transaction ends, readers stay before it and plain appends to its partitions are refused. A transaction that is dropped without
/// an end, or one of whose writers is closed, is aborted; one whose process dies is ended by the next writers of its partitions.
///
/// What a crash leaves is all or nothing as far as the topics' durability classes go: against a loss of power where all are `durable`,
/// against the death of the process where they are at least `pageCache`.
public protocol Transaction: Sendable {
    /// The transaction's identity.
    var id: TransactionID { get }

    /// Hands a batch over for one of the partitions, in order with the others for that partition.
    /// - Throws: `LogError` with code `invalidTransaction` where the partition does not belong to the transaction, `transactionFailed` where
    ///   it cannot commit any more, or as `submit` of a writer.
    func submit(
        _ batch: consuming RecordBatchBuilder, to partition: TopicPartition
    ) async throws(LogError) -> PendingAppend

    /// Hands a control record over for one of the partitions.
    /// - Throws: as `submit` of a batch.
    func submit(control record: ControlRecord, to partition: TopicPartition) async throws(LogError) -> PendingAppend

    /// Waits until all rows are acknowledged, makes them valid, and returns when all partitions say so.
    ///
    /// Where the decision is in the log and another partition could not be told, this throws and may be called again; the next opening
    /// of that partition does the same.
    /// - Throws: `LogError`: the transaction was aborted because a write failed, unless the hint says that it is decided.
    func commit() async throws(LogError)

    /// Drops all rows. Does nothing where that is done already.
    /// - Throws: `LogError` with code `transactionFailed` where the transaction has committed, or of the storage; may be called again then.
    func abort() async throws(LogError)

    /// Leaves the transaction open where it is, as the end of the process would, and takes no more rows. When its writers have been closed,
    /// `LogStore.writer(for:committing:)` commits it, and any other writer drops it. Does nothing to a transaction that has ended.
    func leave()
}
