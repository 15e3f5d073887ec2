internal import PenstockEvents

/// Something that a producer has to append to one partition: a batch or a piece of one, or a control record.
struct ProducerItem: Sendable {
    enum Body: Sendable {
        case records(RecordColumns)
        case control(ControlRecord)
        /// Nothing: its answer tells where the session is.
        case sessionEnd
    }

    let batch: ProducerBatch
    /// The records of the batch that this is about.
    let rows: Range<Int>
    let body: Body
    /// What it counts for in the producer's pending bytes.
    let bytes: Int
    /// The place among the items of its partition.
    let order: UInt64
    /// The number of the first record under the producer's name, once it has one.
    var sequence: UInt64?
    /// Whether it was handed to a writer before.
    var isRepeated = false

    /// Whether nothing else may be on its way beside it.
    var isAlone: Bool { if case .records = body { false } else { true } }

    var isSessionEnd: Bool { if case .sessionEnd = body { true } else { false } }

    /// The parts before and behind the first `count` records.
    func cut(after count: Int) -> (ProducerItem, ProducerItem) {
        guard case .records(let columns) = body else { preconditionFailure("a control record has no parts") }
        func part(_ range: Range<Int>, _ bytes: Int, _ sequence: UInt64?) -> ProducerItem {
            ProducerItem(
                batch: batch, rows: rows.lowerBound + range.lowerBound..<rows.lowerBound + range.upperBound,
                body: .records(RecordColumns(columns, range)), bytes: bytes, order: order, sequence: sequence,
                isRepeated: isRepeated)
        }
        let share = bytes / rows.count * count
        return (
            part(0..<count, share, sequence),
            part(count..<rows.count, bytes - share, sequence.map { $0 + UInt64(count) })
        )
    }
}

/// A partition's writer, and the producer's session in it.
struct ProducerConnection: Sendable {
    let writer: any TopicWriter
    let session: ProducerSession?
}

/// What a producer has for one partition. Touched under the producer's lock only.
final class ProducerLane {
    let partition: TopicPartition
    let schemaID: UInt64

    // The batch that is being filled. The next one will be about as large as the last.
    private var expected = (records: 0, bytesPerRecord: 32)
    var records = RecordWriter()
    var times: [Int64] = []
    var keyHashes: [UInt64] = []
    var open: ProducerBatch?
    /// Bytes of attributes and payloads in it.
    var openBytes = 0
    /// Whether the open batch is to be sent, full or not.
    var isDue = false

    /// What waits to be sent, in order.
    var queue: [ProducerItem] = []
    /// What was handed to the writer and not answered.
    var inFlight: [ProducerItem] = []
    /// What was handed to a writer and has to be sent again.
    var returned: [ProducerItem] = []
    private var nextOrder: UInt64 = 0

    var connection: ProducerConnection?
    /// Whether a task works on the lane.
    var isPumping = false
    var idleWaiters: [CheckedContinuation<Void, Never>] = []
    /// What made the connection useless.
    var failure: LogError?
    var retry = RetryState()
    /// What failed for good, where nothing is to be appended behind it.
    var stopped: LogError?
    /// The offset behind what was handed over last; nil before.
    var nextOffset: UInt64?

    /// The sequence of the next record that has none.
    var nextSequence: UInt64 = 0
    /// The epoch of the last session, and how many may have begun since for this producer.
    var epoch: UInt32?
    var sessionsAsked: UInt32 = 0
    /// The offset behind what was acknowledged last.
    var acknowledgedEnd: UInt64?

    init(_ partition: TopicPartition, schemaID: UInt64) {
        self.partition = partition
        self.schemaID = schemaID
    }

    var openCount: Int { times.count }

    var hasWork: Bool { !queue.isEmpty || !returned.isEmpty || isDue && open != nil }

    /// Begins a batch.
    func begin() -> ProducerBatch {
        let batch = ProducerBatch(partition)
        open = batch
        records = RecordWriter(expectedRecords: expected.records, expectedBytes: expected.bytesPerRecord)
        times.reserveCapacity(expected.records)
        return batch
    }

    /// Ends the batch that is being filled, and puts it into the queue.
    func seal() {
        isDue = false
        guard let batch = open else { return }
        var taken = RecordWriter()
        var (takenTimes, takenHashes) = ([Int64](), [UInt64]())
        swap(&taken, &records)
        swap(&takenTimes, &times)
        swap(&takenHashes, &keyHashes)
        let columns = RecordColumns(schemaID: schemaID, taken, times: takenTimes, keyHashes: takenHashes)
        batch.seal(count: columns.count)
        expected = (columns.count, columns.attributes.count / columns.count)
        queue.append(
            ProducerItem(
                batch: batch, rows: 0..<columns.count, body: .records(columns),
                bytes: openBytes + columns.count * RecordProducer.recordOverhead, order: nextOrder))
        nextOrder += 1
        open = nil
        openBytes = 0
    }

    /// Puts something that is no batch of records behind everything else.
    func add(_ body: ProducerItem.Body, _ batch: ProducerBatch, bytes: Int) {
        seal()
        batch.seal(count: 1)
        queue.append(ProducerItem(batch: batch, rows: 0..<1, body: body, bytes: bytes, order: nextOrder))
        nextOrder += 1
    }

    /// Takes an item out of those in flight; false where it is not there.
    func land(_ item: ProducerItem) -> Bool {
        let index = inFlight.firstIndex { $0.order == item.order && $0.rows.lowerBound == item.rows.lowerBound }
        guard let index else { return false }
        inFlight.remove(at: index)
        return true
    }

    /// Puts what came back before what was not sent yet, in order.
    func requeue() {
        returned.sort { ($0.order, $0.rows.lowerBound) < ($1.order, $1.rows.lowerBound) }
        queue = returned + queue
        returned = []
    }

    /// Takes out everything that is not in flight.
    func takeAll() -> [ProducerItem] {
        seal()
        requeue()
        defer { queue = [] }
        return queue
    }

    /// The batches that are not answered yet, as the receipts see them.
    var batches: [ProducerBatch] {
        (inFlight + returned + queue).map(\.batch) + (open.map { [$0] } ?? [])
    }
}

extension ProducerLane {
    /// Goes on with a new session: what the partition has already keeps its numbers, the rest is numbered from where
    /// the session is.
    /// - Returns: the error where the session shows that another producer has worked under the name.
    func adopt(_ session: ProducerSession) -> LogError? {
        if let epoch, session.epoch > epoch + sessionsAsked || session.nextSequence > nextSequence {
            return LogError(
                .producerFenced,
                "another producer has worked in \(partition) under the name \(session.name): its session is \(session.epoch), "
                    + "the last one of this producer was \(epoch)",
                hint: "stop this instance, or give each a name of its own", place: .init(partition: partition))
        }
        epoch = session.epoch
        sessionsAsked = 0
        nextSequence = session.nextSequence
        var numbered: [ProducerItem] = []
        for var item in queue {
            let count = UInt64(item.rows.count)
            if let sequence = item.sequence, sequence < nextSequence, sequence + count > nextSequence {
                var (there, missing) = item.cut(after: Int(nextSequence - sequence))
                missing.sequence = nil
                there.isRepeated = true
                numbered += [there, missing]
                continue
            }
            if let sequence = item.sequence, sequence >= nextSequence { item.sequence = nil }
            numbered.append(item)
        }
        queue = numbered
        return nil
    }
}
