internal import PenstockEvents
internal import PenstockLog

/// Writes batches to a topic and waits for each acknowledgement, so that what is counted is kept.
///
/// Events with a key go to the partition that their key group belongs to, others to partition 0.
final class TopicOutlet: StageOutlet {
    private let stage: StageName
    private let topic: String
    private let codec: EventCodec
    private var partitions: [TopicOutletPartition]
    private let board: CommitBoard?
    private let progress: RunProgress
    /// Where it is written down how long the log is waited for.
    var waits: (meter: StageMeter, clock: any RunClock)?

    /// A board follows partition 0: that of a persisted topic, whose events have no keys.
    init(
        stage: StageName, topic: String, codec: EventCodec, _ partitions: [TopicOutletPartition], board: CommitBoard?,
        progress: RunProgress
    ) {
        self.stage = stage
        self.topic = topic
        self.codec = codec
        self.partitions = partitions
        self.board = board
        self.progress = progress
    }

    func put(_ element: StreamElement) async throws {
        do {
            switch element {
            case .batch(let batch) where batch.count > 0:
                try await write(batch)
                progress.count(board == nil ? "\(topic)_appended" : "\(topic)_acknowledged", codec.progressCount(batch))
            case .control(let record): try await write(record)
            case .end:
                for partition in partitions { try await partition.writer.close() }
                board?.finish()
            case .batch, .watermark, .barrier:
                break
            }
        } catch {
            throw EngineError.stage(stage, error)
        }
    }

    func checkpoint() -> [UInt8]? {
        var state = StateEncoder()
        for partition in partitions { state.put(partition.nextOffset) }
        return state.bytes
    }

    func commit() {}

    func abandon() async {
        for partition in partitions { try? await partition.writer.close() }
    }

    private func write(_ batch: Batch) async throws {
        let parts =
            partitions.count > 1 && batch.keys != nil ? KeyRouter(instances: partitions.count).split(batch) : [batch]
        var pending: [(partition: Int, append: PendingAppend)] = []
        for (number, part) in parts.enumerated() {
            let missing = part.flatMap { partitions[number].passOver($0) }
            // What is passed over is there as if it had been written now.
            if number == 0 { board?.commit(partitions[0].nextOffset) }
            guard let missing else { continue }
            pending.append((number, try await partitions[number].writer.submit(codec.encode(missing))))
        }
        if let (meter, clock) = waits {
            let now = clock.nanoseconds
            meter.update { $0.blocked.begin(at: now) }
        }
        for (number, append) in pending { acknowledge(try await append.acknowledgement(), number) }
        if let (meter, clock) = waits {
            let now = clock.nanoseconds
            meter.update { $0.blocked.end(at: now) }
        }
    }

    /// What a record says of time or of the end holds for all partitions; a scan is told of in the first one.
    private func write(_ record: ControlRecord) async throws {
        let isForAll: Bool
        switch record {
        case .timeMark, .endOfStream: isForAll = true
        default: isForAll = false
        }
        for number in isForAll ? partitions.indices : 0..<1 where !partitions[number].passOverRecord() {
            acknowledge(try await partitions[number].writer.append(control: record), number)
        }
    }

    private func acknowledge(_ acknowledgement: Acknowledgement, _ number: Int) {
        partitions[number].nextOffset = acknowledgement.offsets.upperBound
        if number == 0 { board?.commit(partitions[0].nextOffset) }
    }
}

/// A partition of a topic that a stage writes to.
struct TopicOutletPartition {
    let writer: any TopicWriter
    /// The offset behind what was written, or what would have been were it not there already.
    var nextOffset: UInt64
    /// How many records that come next the partition has already, from before the run went on from a checkpoint. What is repeated is the
    /// same, so that it need not be written again.
    private var present: UInt64

    /// A partition whose next offset would be `nextOffset`, and is `end`.
    init(_ writer: any TopicWriter, nextOffset: UInt64, end: UInt64) {
        self.writer = writer
        self.nextOffset = nextOffset
        present = end - nextOffset
    }

    /// The rows of a batch that the partition does not have yet; nil where it has all of them.
    mutating func passOver(_ batch: Batch) -> Batch? {
        let passed = Int(min(present, UInt64(batch.count)))
        guard passed > 0 else { return batch }
        present -= UInt64(passed)
        nextOffset += UInt64(passed)
        guard passed < batch.count else { return nil }
        var rest = batch
        let rows = Column<UInt32>(capacity: batch.count - passed)
        for k in passed..<batch.count { rows.values[k - passed] = UInt32(batch.rows[k]) }
        rest.selection = Selection(rows, count: batch.count - passed)
        return rest
    }

    /// Whether the partition has a control record already.
    mutating func passOverRecord() -> Bool {
        guard present > 0 else { return false }
        present -= 1
        nextOffset += 1
        return true
    }
}
