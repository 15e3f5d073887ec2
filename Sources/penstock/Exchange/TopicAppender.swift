internal import PenstockEvents
internal import PenstockLog

/// Appends entries to a topic in batches, in the order in which they come, a bounded number of appends in flight.
struct TopicAppender {
    private static let batchBytes = 1 << 20
    private static let batchRecords = 100_000
    private static let appendsInFlight = 8

    /// The batch of one partition that is being filled.
    private final class Lane {
        let writer: any TopicWriter
        let schemaID: UInt64
        var records = RecordBatchBuilder(schemaID: 0)
        var isKeyed = false
        var bytes = 0

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

    private let log: EmbeddedLog
    private let topic: TopicDescription
    private var lanes: [Int: Lane] = [:]
    private var pending: [PendingAppend] = []
    /// Records and control records that the log has acknowledged.
    private(set) var acknowledged = 0

    init(_ topic: TopicDescription, in log: EmbeddedLog) {
        self.topic = topic
        self.log = log
    }

    mutating func append(_ entry: ExchangeEntry) async throws {
        switch entry {
        case .record(let record): try await append(record)
        case .control(let record, let partition):
            let lane = try await lane(partition)
            try await send(lane)
            try await keep(lane.writer.submit(control: record))
        }
    }

    /// Sends what is left and waits until everything is acknowledged; gives the partitions up.
    mutating func finish() async throws {
        let lanes = lanes.sorted { $0.key < $1.key }.map(\.value)
        for lane in lanes { try await send(lane) }
        while !pending.isEmpty { try await settleFirst() }
        for lane in lanes { try await lane.writer.close() }
    }

    /// After a failure of the log: waits for what is on its way, to count it, sends nothing more, and gives the partitions up.
    mutating func giveUp() async {
        while !pending.isEmpty { try? await settleFirst() }
        for lane in lanes.values { try? await lane.writer.close() }
    }

    private mutating func append(_ record: ExchangeRecord) async throws {
        let lane = try await lane(record.partition)
        // A batch has key hashes for all of its records or for none.
        if lane.isKeyed != (record.keyHash != nil) { try await send(lane) }
        lane.isKeyed = record.keyHash != nil
        lane.records.append(
            RawRecord(attributes: record.attributes, payload: record.payload), time: record.time,
            keyHash: record.keyHash)
        lane.bytes += record.attributes.count + record.payload.count
        if lane.bytes >= Self.batchBytes || lane.records.count >= Self.batchRecords { try await send(lane) }
    }

    private mutating func lane(_ partition: Int) async throws -> Lane {
        if let lane = lanes[partition] { return lane }
        let writer = try await log.writer(for: TopicPartition(topic.name, partition))
        let lane = Lane(writer, schemaID: topic.schema.id)
        lanes[partition] = lane
        return lane
    }

    private mutating func send(_ lane: Lane) async throws {
        guard !lane.records.isEmpty else { return }
        try await keep(lane.writer.submit(lane.take()))
    }

    private mutating func keep(_ append: PendingAppend) async throws {
        pending.append(append)
        if pending.count >= Self.appendsInFlight { try await settleFirst() }
    }

    private mutating func settleFirst() async throws {
        acknowledged += try await pending.removeFirst().acknowledgement().count
    }
}

/// A record whose bytes are known and whose type is not.
private struct RawRecord: Event {
    static let schema = Schema("Raw", fields: [])

    let attributes: [UInt8]
    let payload: Payload

    init(attributes: [UInt8], payload: Payload) {
        self.attributes = attributes
        self.payload = payload
    }

    func write(to record: inout RecordWriter) {
        attributes.withUnsafeBytes { record.append(bytes: $0) }
        if !payload.isEmpty { record.setPayload(payload) }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        attributes = try record.readBytes(record.remaining)
        payload = record.payload
    }
}
