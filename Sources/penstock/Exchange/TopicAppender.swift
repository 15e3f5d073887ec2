internal import PenstockEvents
internal import PenstockLog

/// Appends entries to a topic in batches, in the order in which they come, a bounded number of appends in flight.
///
/// Every batch is for the offset behind the one before it. Where an append fails, none that follows gets into the partition
/// either: what is there is the beginning of what came for it.
struct TopicAppender {
    private static let batchBytes = 1 << 20
    private static let batchRecords = 100_000
    private static let appendsInFlight = 8
    /// All batches that are being filled, over the partitions, where they are more than 64 KiB each.
    private static let fillingBytes = 256 << 20

    /// One partition, and the batch of it that is being filled.
    private final class Lane {
        let writer: any TopicWriter
        let schemaID: UInt64
        var records: RecordBatchBuilder
        var isKeyed = false
        var bytes = 0
        /// The offsets of what was submitted; nil before the first.
        var offsets: Range<UInt64>?

        init(_ writer: any TopicWriter, schemaID: UInt64) {
            self.writer = writer
            self.schemaID = schemaID
            records = RecordBatchBuilder(schemaID: schemaID)
        }

        func take() -> RecordBatchBuilder {
            var taken = RecordBatchBuilder(schemaID: schemaID)
            swap(&taken, &records)
            bytes = 0
            return taken
        }
    }

    private let log: any LogStore
    private let topic: TopicDescription
    private let batchBytes: Int
    private var lanes: [Int: Lane] = [:]
    private var pending: [PendingAppend] = []

    init(_ topic: TopicDescription, in log: any LogStore) {
        self.topic = topic
        self.log = log
        batchBytes = max(64 << 10, min(Self.batchBytes, Self.fillingBytes / topic.partitions.count))
    }

    /// Takes an entry.
    /// - Throws: `LogError` of this append or an earlier one; `giveUp` tells which.
    mutating func append(_ entry: ExchangeEntry) async throws(LogError) {
        switch entry {
        case .record(let record): try await append(record)
        case .control(let record, let partition):
            let lane = try await lane(partition)
            try await send(lane)
            let append =
                if let offsets = lane.offsets {
                    try await lane.writer.submit(control: record, at: offsets.upperBound)
                } else {
                    try await lane.writer.submit(control: record)
                }
            try await keep(append, count: 1, of: lane)
        }
    }

    /// Sends what is left, waits until everything is acknowledged, and gives the partitions up.
    /// - Throws: `LogError` of this or an earlier append; `giveUp` tells which.
    mutating func finish() async throws(LogError) {
        let lanes = lanes.sorted { $0.key < $1.key }
        for (_, lane) in lanes { try await send(lane) }
        while !pending.isEmpty { _ = try await pending.removeFirst().acknowledgement() }
        for (_, lane) in lanes { try await lane.writer.close() }
        // Of a topic of the class `memory` everything is acknowledged, whether it could be written or not.
        let counts = try await counts()
        for (partition, lane) in lanes where counts[partition, default: 0] < lane.offsets?.count ?? 0 {
            throw unwritten(partition)
        }
    }

    /// After a failure: waits for what is on its way, sends nothing more, and gives the partitions up.
    /// - Returns: the failure that `error` comes from.
    mutating func giveUp(because error: LogError) async -> LogError {
        var first: LogError?
        for append in pending {
            do { _ = try await append.acknowledgement() } catch { first = first ?? error }
        }
        pending = []
        for lane in lanes.values { try? await lane.writer.close() }
        guard error.code == .offsetMismatch else { return error }
        return first ?? error.place.partition.map { unwritten($0.partition) } ?? error
    }

    /// How many of the entries are in each partition, when the partitions were given up: the first ones of each.
    func counts() async throws(LogError) -> [Int: Int] {
        guard !lanes.isEmpty else { return [:] }
        let partitions = try await log.describe(topic.name).partitions
        return lanes.compactMapValues(\.offsets).reduce(into: [:]) { counts, lane in
            let end = min(partitions[lane.key].nextOffset, lane.value.upperBound)
            counts[lane.key] = end > lane.value.lowerBound ? Int(end - lane.value.lowerBound) : 0
        }
    }

    private func unwritten(_ partition: Int) -> LogError {
        LogError(
            .storage, "what was appended to \(TopicPartition(topic.name, partition)) could not be written",
            hint: "check the space on the disk: a topic of the class memory is not told the reason",
            place: .init(partition: TopicPartition(topic.name, partition)))
    }

    private mutating func append(_ record: ExchangeRecord) async throws(LogError) {
        let lane = try await lane(record.partition)
        // A batch has key hashes for all of its records or for none.
        if lane.isKeyed != (record.keyHash != nil) { try await send(lane) }
        lane.isKeyed = record.keyHash != nil
        lane.records.append(
            StoredRecord(attributes: record.attributes, payload: record.payload), time: record.time,
            keyHash: record.keyHash)
        lane.bytes += record.attributes.count + record.payload.count
        if lane.bytes >= batchBytes || lane.records.count >= Self.batchRecords { try await send(lane) }
    }

    private mutating func lane(_ partition: Int) async throws(LogError) -> Lane {
        if let lane = lanes[partition] { return lane }
        let writer = try await log.writer(for: TopicPartition(topic.name, partition))
        let lane = Lane(writer, schemaID: topic.schema.id)
        lanes[partition] = lane
        return lane
    }

    private mutating func send(_ lane: Lane) async throws(LogError) {
        let count = lane.records.count
        guard count > 0 else { return }
        let append =
            if let offsets = lane.offsets {
                try await lane.writer.submit(lane.take(), at: offsets.upperBound)
            } else {
                try await lane.writer.submit(lane.take())
            }
        try await keep(append, count: count, of: lane)
    }

    private mutating func keep(_ append: PendingAppend, count: Int, of lane: Lane) async throws(LogError) {
        if let offsets = lane.offsets {
            lane.offsets = offsets.lowerBound..<offsets.upperBound + UInt64(count)
        } else {
            // Where the first batch stands only its acknowledgement tells; the others stand behind it.
            lane.offsets = try await append.acknowledgement().offsets
        }
        pending.append(append)
        if pending.count >= Self.appendsInFlight { _ = try await pending.removeFirst().acknowledgement() }
    }
}
