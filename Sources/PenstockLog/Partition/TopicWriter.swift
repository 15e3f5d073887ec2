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
    /// - Throws: `LogError` with code `invalidBatch` or `closed`.
    func submit(_ batch: consuming RecordBatchBuilder) async throws(LogError) -> PendingAppend

    /// Hands a control record over, in order with the batches.
    /// - Throws: `LogError` with code `closed`.
    func submit(control record: ControlRecord) async throws(LogError) -> PendingAppend

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

    /// Appends a control record and waits for its acknowledgement.
    /// - Throws: as `append` of a batch.
    @discardableResult
    public func append(control record: ControlRecord) async throws(LogError) -> Acknowledgement {
        try await submit(control: record).acknowledgement()
    }
}

/// The promise that a batch is in the log.
public struct Acknowledgement: Sendable, Hashable {
    /// The offset of the batch's first record.
    public let firstOffset: UInt64
    /// The number of records.
    public let count: Int
    /// What the batch survives from now on.
    public let durability: Durability

    /// An acknowledgement.
    public init(firstOffset: UInt64, count: Int, durability: Durability) {
        self.firstOffset = firstOffset
        self.count = count
        self.durability = durability
    }

    /// The offsets of the batch's records.
    public var offsets: Range<UInt64> { firstOffset..<firstOffset + UInt64(count) }
}
