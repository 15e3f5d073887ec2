internal import PenstockEvents
internal import PenstockLog

/// Checkpoints in a topic of the log. Belongs to one run at a time: the topic has one writer.
///
/// States that are the same as in an earlier checkpoint are not written again: a reference says where they stand.
final class CheckpointStore: Sendable {
    /// The bytes of states after which a batch of records is handed over.
    private static let batchBytes = 4 << 20

    let topic: TopicPartition
    private let log: any LogStore
    private let writer: any TopicWriter
    private let kept: Int
    private let state = Guarded(State())

    private struct State {
        /// The complete checkpoints in the topic, the oldest first: those that are kept, and before them those that others refer to.
        var complete: [Extent] = []
        var written = WrittenChunks()
        /// Whether old checkpoints may be given up, as far as is known.
        var mayTruncate = true
    }

    /// Where a checkpoint is in the topic.
    private struct Extent {
        /// The offset of the first record that it needs: its own, or one that it refers to.
        let needed: UInt64
        let start: UInt64
        /// The bytes of the states that it has of its own.
        let byteCount: Int
    }

    /// Opens the topic, which is created where it is not there, and becomes its writer.
    /// - Parameter kept: How many complete checkpoints stay.
    init(
        topic name: String, kept: Int, _ log: any LogStore, _ durability: Durability
    ) async throws(LogError) {
        topic = TopicPartition(name)
        self.log = log
        self.kept = kept
        _ = try await log.openTopic(
            name, schema: CheckpointRecord.schema,
            creatingWith: TopicConfiguration(durability: durability, segmentBytes: 64 << 20))
        writer = try await log.writer(for: topic)
    }

    /// The store of a run's checkpoints.
    convenience init(_ options: CheckpointOptions, _ log: any LogStore, _ durability: Durability) async throws(LogError)
    {
        try await self.init(topic: options.topic, kept: options.kept, log, durability)
    }

    /// The newest checkpoint that is complete and intact, and the number behind that of every one in the topic, complete or not. One behind
    /// it that is damaged is reported.
    /// - Throws: `LogError` of the storage.
    func last(_ report: (RunRemark) -> Void) async throws -> (checkpoint: Checkpoint?, nextEpoch: UInt64) {
        let index = try await CheckpointIndex(topic, log)
        let extents = index.complete.map { Extent(needed: $0.needed, start: $0.start, byteCount: 0) }
        state.withLock { $0.complete = extents }
        return (try await index.last(report), index.lastEpoch + 1)
    }

    /// Writes a checkpoint; when this returns it is complete and kept. Older ones beyond the number to keep are given up, or stay where this
    /// program may not do that, which is reported once.
    /// - Returns: The bytes of the states in it; of those that are referred to only the references are.
    @discardableResult
    func write(
        _ checkpoint: Checkpoint, _ report: (RunRemark) -> Void = { _ in }
    ) async throws(LogError) -> Int {
        let (held, known) = state.withLock { state in
            (state.complete.reduce(0) { $0 + $1.byteCount }, state.written)
        }
        let byteCount = checkpoint.state.byteCount
        // What is referred to holds back all that is behind it: from time to time everything is written anew.
        let isWhole = held > 4 * byteCount + (16 << 20)
        var layout = CheckpointLayout(checkpoint, known: isWhole ? WrittenChunks() : known)
        var start: UInt64?
        var next = layout.records[...]
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
        guard let start else { preconditionFailure("a checkpoint has at least an end") }
        layout.place(at: start)
        let extent = Extent(needed: min(start, layout.needed), start: start, byteCount: layout.ownBytes)
        let written = layout.written
        let oldest: UInt64 = state.withLock { state in
            state.complete.append(extent)
            state.written = written
            let oldest = state.complete.suffix(kept).lazy.map(\.needed).min() ?? start
            state.complete.removeAll { $0.start < oldest }
            return oldest
        }
        try await giveUp(before: oldest, report)
        return layout.ownBytes
    }

    private func giveUp(before offset: UInt64, _ report: (RunRemark) -> Void) async throws(LogError) {
        guard state.withLock({ $0.mayTruncate }) else { return }
        do { try await log.truncate(topic, before: offset) } catch  where error.code == .notAllowed {
            state.withLock { $0.mayTruncate = false }
            report(.warning("old checkpoints stay in the topic \(topic.topic): \(error.summary)"))
        }
    }

    func close() async throws(LogError) { try await writer.close() }
}

/// Which chunks stand in the topic already, and where.
struct WrittenChunks: Sendable {
    struct Key: Hashable, Sendable {
        let owner: StateOwner
        let group: UInt16?
        /// Which of the owner's chunks of the group.
        let number: Int
    }

    struct Place: Sendable {
        let digest: Digest
        /// The offset of its first record.
        var offset: UInt64
    }

    /// What tells chunks apart. Nobody makes chunks that agree in all of it and are not the same.
    struct Digest: Sendable, Hashable {
        let hash: UInt64
        let checksum: UInt32
        let byteCount: Int

        init(_ bytes: [UInt8]) {
            (hash, checksum) = bytes.withUnsafeBytes { (XXHash64.hash($0), CRC32C.checksum($0)) }
            byteCount = bytes.count
        }
    }

    /// Smaller chunks are written again: a reference would not be much smaller.
    static let smallest = 4096

    var places: [Key: Place] = [:]
}

/// The records of a checkpoint, in the order of their owners.
private struct CheckpointLayout {
    private(set) var records: [CheckpointRecord] = []
    /// Where the chunks are: those of this checkpoint counted from its first record until they are placed.
    private(set) var written = WrittenChunks()
    /// The lowest offset that a reference names.
    private(set) var needed = UInt64.max
    /// The bytes of states in the records.
    private(set) var ownBytes = 0
    private var own: [WrittenChunks.Key] = []
    private let checkpoint: Checkpoint

    init(_ checkpoint: Checkpoint, known: WrittenChunks) {
        self.checkpoint = checkpoint
        let state = checkpoint.state
        for owner in state.forms.keys.sorted() {
            let form = state.forms[owner] ?? ""
            let chunks = state.chunks[owner] ?? []
            // An owner without a state is written, too: it was there.
            if chunks.isEmpty { add(.state, owner.text, form, -1, []) }
            var numbers: [UInt16?: Int] = [:]
            for chunk in chunks {
                let key = WrittenChunks.Key(
                    owner: owner, group: chunk.group, number: numbers[chunk.group, default: 0])
                numbers[chunk.group, default: 0] += 1
                add(chunk, key, form, known)
            }
        }
        for (stage, counts) in state.statistics.sorted(by: { $0.key < $1.key }) {
            add(.statistics, stage.description, "", -1, counts.bytes)
        }
        for (stage, number) in checkpoint.origins.sorted(by: { $0.key < $1.key }) {
            var record = record(.origin)
            record.owner = stage.description
            record.number = UInt64(number)
            records.append(record)
        }
        var end = record(.end)
        end.form = checkpoint.run
        end.byteCount = UInt64(state.byteCount)
        records.append(end)
    }

    /// Says where the first record stands.
    mutating func place(at start: UInt64) {
        for key in own { written.places[key]?.offset += start }
    }

    private mutating func add(
        _ chunk: StateChunk, _ key: WrittenChunks.Key, _ form: String, _ known: WrittenChunks
    ) {
        let group = chunk.group.map(Int32.init) ?? -1
        guard chunk.bytes.count >= WrittenChunks.smallest else {
            return add(.state, key.owner.text, form, group, chunk.bytes)
        }
        let digest = WrittenChunks.Digest(chunk.bytes)
        if let place = known.places[key], place.digest == digest {
            var reference = record(.reference)
            reference.owner = key.owner.text
            reference.form = form
            reference.group = group
            reference.number = place.offset
            reference.byteCount = UInt64(chunk.bytes.count)
            records.append(reference)
            written.places[key] = place
            needed = min(needed, place.offset)
        } else {
            written.places[key] = WrittenChunks.Place(digest: digest, offset: UInt64(records.count))
            own.append(key)
            add(.state, key.owner.text, form, group, chunk.bytes)
        }
    }

    private mutating func add(
        _ kind: CheckpointRecord.Kind, _ owner: String, _ form: String, _ group: Int32, _ bytes: [UInt8]
    ) {
        var from = 0
        repeat {
            let to = min(from + CheckpointRecord.largestPiece, bytes.count)
            var record = record(kind)
            record.continues = from > 0
            record.owner = owner
            record.form = form
            record.group = group
            record.bytes = bytes[from..<to].withUnsafeBytes { Payload(copying: $0) }
            records.append(record)
            from = to
        } while from < bytes.count
        if kind == .state { ownBytes += bytes.count }
    }

    private func record(_ kind: CheckpointRecord.Kind) -> CheckpointRecord {
        CheckpointRecord(
            epoch: checkpoint.epoch, scan: checkpoint.scan.number, kind: kind, piece: UInt32(records.count))
    }
}

extension StageState {
    /// The bytes of all states.
    var byteCount: Int { chunks.values.lazy.joined().reduce(0) { $0 + $1.bytes.count } }
}
