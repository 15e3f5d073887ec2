internal import PenstockEvents
internal import PenstockLog

/// The checkpoints of a run in a topic of its log. Belongs to one run at a time: the topic has one writer.
final class CheckpointStore: Sendable {
    /// The bytes of states after which a batch of records is handed over.
    private static let batchBytes = 4 << 20

    let topic: TopicPartition
    private let log: any LogStore
    private let writer: any TopicWriter
    private let kept: Int
    /// Where complete checkpoints begin in the topic, the oldest first.
    private let starts: Guarded<[UInt64]>

    /// Opens the topic, which is created where it is not there, and becomes its writer.
    init(_ options: CheckpointOptions, _ log: any LogStore, _ durability: Durability) async throws(LogError) {
        topic = TopicPartition(options.topic)
        self.log = log
        kept = options.kept
        starts = Guarded([])
        _ = try await log.openTopic(
            options.topic, schema: CheckpointRecord.schema,
            creatingWith: TopicConfiguration(durability: durability, segmentBytes: 64 << 20))
        writer = try await log.writer(for: topic)
    }

    /// The newest checkpoint that is complete and intact, and the number behind that of every one in the topic, complete or not. One behind
    /// it that is damaged is reported.
    /// - Throws: `LogError` of the storage.
    func last(_ report: (RunRemark) -> Void) async throws -> (checkpoint: Checkpoint?, nextEpoch: UInt64) {
        var last: Checkpoint?
        var complete: [UInt64] = []
        var damage: String?
        var epoch: UInt64 = 0
        var pieces = Pieces()
        try await forEachRecord { record, offset in
            epoch = max(epoch, record.epoch)
            guard record.kind == .end else { return pieces.add(record, at: offset) }
            if let checkpoint = pieces.complete(record) {
                last = checkpoint
                complete.append(pieces.start ?? offset)
                damage = nil
            } else {
                damage = damage ?? "checkpoint \(record.epoch) has lost a part"
            }
            pieces = Pieces()
        } damaged: { error in
            damage = error.summary
        }
        starts.withLock { $0 = complete }
        if let damage {
            let instead = last.map { "checkpoint \($0.epoch), the one before it, is taken" }
            let nothing = "there is none before it, so the run begins at the beginning"
            report(.warning("the last checkpoint in \(topic) is damaged; \(instead ?? nothing): \(damage)"))
        }
        return (last, epoch + 1)
    }

    /// Writes a checkpoint; when this returns it is complete and kept. Older ones beyond the number to keep are given up.
    func write(_ checkpoint: Checkpoint) async throws(LogError) {
        var records = checkpoint.records
        records.append(
            CheckpointRecord(
                epoch: checkpoint.epoch, scan: checkpoint.scan.number, kind: .end, piece: UInt32(records.count)))
        var start: UInt64?
        var next = records[...]
        while !next.isEmpty {
            var batch = RecordBatchBuilder(schemaID: CheckpointRecord.schema.id)
            var bytes = 0
            while let record = next.first, bytes < Self.batchBytes {
                batch.append(record, time: Timestamp(nanoseconds: 0))
                bytes += record.bytes.count
                next.removeFirst()
            }
            let acknowledgement = try await writer.append(batch)
            start = start ?? acknowledgement.offsets.lowerBound
        }
        let oldest: UInt64? = starts.withLock { starts in
            if let start { starts.append(start) }
            if starts.count > kept { starts.removeFirst(starts.count - kept) }
            return starts.first
        }
        if let oldest { try await log.truncate(topic, before: oldest) }
    }

    func close() async throws(LogError) { try await writer.close() }

    // MARK: Reading

    private func forEachRecord(
        _ body: (CheckpointRecord, _ offset: UInt64) throws -> Void, damaged: (LogError) -> Void
    ) async throws {
        let reader = try await log.reader(for: topic, from: .earliest)
        while true {
            do {
                guard let entry = try await reader.next() else { break }
                guard case .records(let batch) = entry else { continue }
                for index in 0..<batch.count {
                    try body(batch.event(at: index), batch.baseOffset + UInt64(index))
                }
            } catch let error as LogError where error.code == .damaged {
                damaged(error)
                _ = try await reader.skipDamage()
            }
        }
        await reader.close()
    }
}

/// The pieces of a checkpoint as far as they have been read.
private struct Pieces {
    private(set) var start: UInt64?
    private var epoch: UInt64 = 0
    private var count: UInt32 = 0
    private var hasGap = false
    private var state = StageState()
    private var chunk: (owner: StateOwner, form: String, group: UInt16?, bytes: [UInt8])?

    mutating func add(_ record: CheckpointRecord, at offset: UInt64) {
        if record.epoch != epoch {
            self = Pieces()
            epoch = record.epoch
            start = offset
        }
        guard record.piece == count else {
            hasGap = true
            return
        }
        count += 1
        if record.continues, chunk != nil {
            record.bytes.withUnsafeBytes { chunk?.bytes.append(contentsOf: $0) }
            return
        }
        finishChunk()
        switch record.kind {
        case .state:
            guard let owner = StateOwner(text: record.owner) else {
                hasGap = true
                return
            }
            let group = record.group < 0 ? nil : UInt16(record.group)
            chunk = (owner, record.form, group, record.bytes.withUnsafeBytes { Array($0) })
        case .statistics:
            guard let stage = StageName(text: record.owner),
                let counts = record.bytes.withUnsafeBytes({ OperatorStatistics(bytes: $0) })
            else {
                hasGap = true
                return
            }
            state.statistics[stage] = counts
        case .end:
            break
        }
    }

    mutating func complete(_ end: CheckpointRecord) -> Checkpoint? {
        guard end.epoch == epoch || count == 0, end.piece == count, !hasGap else { return nil }
        finishChunk()
        return Checkpoint(epoch: end.epoch, scan: ScanID(end.scan), state: state)
    }

    private mutating func finishChunk() {
        guard let chunk else { return }
        let bytes = chunk.bytes.isEmpty ? [] : [StateChunk(group: chunk.group, bytes: chunk.bytes)]
        state.put(chunk.owner, form: chunk.form, bytes)
        self.chunk = nil
    }
}

extension Checkpoint {
    /// The pieces, in the order of their owners.
    fileprivate var records: [CheckpointRecord] {
        var records: [CheckpointRecord] = []
        func add(_ kind: CheckpointRecord.Kind, _ owner: String, _ form: String, _ group: Int32, _ bytes: [UInt8]) {
            var from = 0
            repeat {
                let to = min(from + CheckpointRecord.largestPiece, bytes.count)
                var record = CheckpointRecord(
                    epoch: epoch, scan: scan.number, kind: kind, piece: UInt32(records.count))
                record.continues = from > 0
                record.owner = owner
                record.form = form
                record.group = group
                record.bytes = bytes[from..<to].withUnsafeBytes { Payload(copying: $0) }
                records.append(record)
                from = to
            } while from < bytes.count
        }
        for owner in state.forms.keys.sorted() {
            let form = state.forms[owner] ?? ""
            let chunks = state.chunks[owner] ?? []
            // An owner without a state is written, too: it was there.
            if chunks.isEmpty { add(.state, owner.text, form, -1, []) }
            for chunk in chunks { add(.state, owner.text, form, chunk.group.map(Int32.init) ?? -1, chunk.bytes) }
        }
        for (stage, counts) in state.statistics.sorted(by: { $0.key < $1.key }) {
            add(.statistics, stage.description, "", -1, counts.bytes)
        }
        return records
    }
}

extension StageName {
    fileprivate init?(text: String) {
        guard let slash = text.firstIndex(of: "/") else { return nil }
        self.init(flow: String(text[..<slash]), stage: String(text[text.index(after: slash)...]))
    }
}

extension StateOwner {
    /// The owner with this text.
    fileprivate init?(text: String) {
        guard let colon = text.range(of: ": ", options: .backwards),
            let stage = StageName(text: String(text[..<colon.lowerBound]))
        else { return nil }
        let part: Part
        switch text[colon.upperBound...] {
        case "order": part = .order
        case "operator": part = .operation
        case "sink": part = .sink
        case let source where source.hasPrefix("source "):
            guard let partition = Int(source.dropFirst(7)) else { return nil }
            part = .source(partition: partition)
        default: return nil
        }
        self.init(stage: stage, part: part)
    }
}

extension OperatorStatistics {
    fileprivate var bytes: [UInt8] {
        var encoder = StateEncoder()
        for count in [lateEvents, lateWindows, outsideEvents, futureEvents, skippedEvents] { encoder.put(Int64(count)) }
        return encoder.bytes
    }

    fileprivate init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 40 else { return nil }
        func count(_ place: Int) -> Int {
            Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: place * 8, as: Int64.self)))
        }
        self.init(
            lateEvents: count(0), lateWindows: count(1), outsideEvents: count(2), futureEvents: count(3),
            skippedEvents: count(4))
    }
}
