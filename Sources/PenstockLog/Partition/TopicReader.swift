public import PenstockEvents

/// A position in a partition, read forward batch by batch. One user at a time.
public protocol TopicReader: Sendable {
    /// The partition.
    var partition: TopicPartition { get }

    /// The offset of the record that comes next.
    var position: UInt64 { get async }

    /// The next batch or control record, or nil at the end of what is committed.
    ///
    /// Every batch is verified before it is delivered. At a damaged one the reader stays and throws the same error each time; a
    /// new reader from the end of the error's offsets goes on behind the damage.
    /// - Throws: `LogError` with code `damaged`, naming offsets, file and position, or one of the storage.
    func next() async throws(LogError) -> LogEntry?

    /// The next control record, or nil at the end of what is committed. Batches of events before it are passed over by their headers
    /// alone, so a long topic is looked through quickly.
    /// - Throws: as `next`, though damage in the events that are passed over is not seen.
    func nextControl() async throws(LogError) -> (record: ControlRecord, offset: UInt64)?

    /// Suspends until there is more to read than `next` has given.
    /// - Throws: `LogError` with code `cancelled` where the task is cancelled, or `tooManyWaiters`.
    func waitForMore() async throws(LogError)

    /// Gives files and memory back. Batches that were delivered stay valid.
    func close() async
}

extension TopicReader {
    /// The next batch or control record; waits for it where there is none yet.
    /// - Throws: as `next` and `waitForMore`.
    public func following() async throws(LogError) -> LogEntry {
        while true {
            if let entry = try await next() { return entry }
            try await waitForMore()
        }
    }
}

/// What a reader delivers.
public enum LogEntry: Sendable {
    /// Records of one batch.
    case records(RecordBatch)
    /// A control record, and its offset.
    case control(ControlRecord, offset: UInt64)
}

/// Where reading begins.
public enum ReadPosition: Sendable, Hashable {
    /// At this offset.
    case offset(UInt64)
    /// At the earliest record that is still there.
    case earliest
    /// Behind the last committed record.
    case end
}
