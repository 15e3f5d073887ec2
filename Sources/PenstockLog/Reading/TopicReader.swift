public import PenstockEvents

/// A position in a partition, read forward batch by batch. One user at a time.
public protocol TopicReader: Sendable {
    /// The partition.
    var partition: TopicPartition { get }

    /// The offset of the record that comes next.
    var position: UInt64 { get async }

    /// The next batch or control record, or nil at the end of what is committed.
    ///
    /// Every batch is verified before it is delivered, as far as the reader's parts go. At a damaged one the reader stays and throws
    /// the same error each time; `skipDamage` goes on behind it.
    /// - Throws: `LogError` with code `damaged`, naming offsets, file and position, or one of the storage.
    func next() async throws(LogError) -> LogEntry?

    /// The next control record, or nil at the end of what is committed. Batches of events before it are passed over by their headers
    /// alone, so a long topic is looked through quickly.
    /// - Throws: as `next`, though damage in the events that are passed over is not seen.
    func nextControl() async throws(LogError) -> (record: ControlRecord, offset: UInt64)?

    /// Suspends until there is more to read than `next` has given.
    /// - Throws: `LogError` with code `cancelled` where the task is cancelled, or `tooManyWaiters`.
    func waitForMore() async throws(LogError)

    /// Goes behind the damage that `next` reported, to the end of the error's offsets, so that reading can go on.
    /// - Returns: the offsets that are passed over, or nil where no damage was reported.
    /// - Throws: `LogError` of the storage.
    func skipDamage() async throws(LogError) -> Range<UInt64>?

    /// What `selection` takes of the payloads of some records, one payload for each of `offsets`; pieces of one payload come one
    /// behind the other.
    ///
    /// Neither the position nor the parts of the reader matter. Only blocks of 64 KiB that hold what is wanted are read, and every
    /// one of them is verified; where a batch is compressed or its payloads are small, all of it is. Offsets of one batch
    /// should come one after the other: they are read together.
    /// - Throws: `LogError` with code `offsetOutOfRange`, `rangeOutsidePayload`, `damaged`, or one of the storage.
    func payloads(of offsets: [UInt64], _ selection: PayloadSelection) async throws(LogError) -> [Payload]

    /// Gives files and memory back. Batches that were delivered stay valid.
    func close() async
}

extension TopicReader {
    /// What `selection` takes of the payload of one record.
    /// - Throws: as `payloads(of:_:)`.
    public func payload(of offset: UInt64, _ selection: PayloadSelection = .all) async throws(LogError) -> Payload {
        try await payloads(of: [offset], selection)[0]
    }

    /// The next batch or control record; waits for it where there is none yet.
    /// - Throws: as `next` and `waitForMore`.
    public func following() async throws(LogError) -> LogEntry {
        while true {
            if let entry = try await next() { return entry }
            try await waitForMore()
        }
    }
}
