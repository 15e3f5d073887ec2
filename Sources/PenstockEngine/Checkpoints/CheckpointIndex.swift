internal import PenstockEvents
internal import PenstockLog

/// Which checkpoints a topic holds, found without reading their states.
struct CheckpointIndex {
    /// A checkpoint in a topic.
    struct Entry {
        let epoch: UInt64
        /// The offset of the first record.
        let start: UInt64
        /// The offset of the record that ends it.
        let end: UInt64
        /// The offset of the first record that it needs: its own, or one that it refers to.
        let needed: UInt64
        /// The bytes of all states.
        let byteCount: Int
        /// The stages that have a state.
        let stages: Set<StageName>
        /// When its end was written, by the clock of the log.
        let keptAt: Timestamp
    }

    let topic: TopicPartition
    private let log: any LogStore
    /// Those with all pieces, the oldest first.
    private(set) var complete: [Entry] = []
    /// The largest number of a checkpoint, complete or not.
    private(set) var lastEpoch: UInt64 = 0
    /// What is wrong behind the last complete one.
    private(set) var damage: String?

    /// Looks through a topic.
    /// - Throws: `LogError` of the storage.
    init(_ topic: TopicPartition, _ log: any LogStore) async throws {
        self.topic = topic
        self.log = log
        let reader = try await log.reader(for: topic, from: .earliest, parts: .attributes)
        var gathered = Gathered()
        while true {
            do {
                guard let entry = try await reader.next() else { break }
                guard case .records(let batch) = entry else { continue }
                for index in 0..<batch.count {
                    let record = try batch.withAttributes(at: index) { attributes throws(RecordError) in
                        var reader = RecordReader(attributes: attributes, payload: .empty)
                        return try CheckpointRecord(reading: &reader)
                    }
                    note(record, batch.baseOffset + UInt64(index), batch.appendTime, &gathered)
                }
            } catch let error as LogError where error.code == .damaged {
                damage = error.summary
                _ = try await reader.skipDamage()
            }
        }
        await reader.close()
    }

    /// The pieces of a checkpoint as far as they have been seen.
    private struct Gathered {
        var epoch: UInt64 = 0
        var start: UInt64?
        var count: UInt32 = 0
        var hasGap = false
        var needed = UInt64.max
        var stages: Set<StageName> = []
    }

    private mutating func note(
        _ record: CheckpointRecord, _ offset: UInt64, _ time: Timestamp, _ gathered: inout Gathered
    ) {
        lastEpoch = max(lastEpoch, record.epoch)
        if record.epoch != gathered.epoch || gathered.start == nil {
            gathered = Gathered()
            gathered.epoch = record.epoch
            gathered.start = offset
        }
        if record.piece != gathered.count { gathered.hasGap = true }
        gathered.count += 1
        if record.kind == .reference { gathered.needed = min(gathered.needed, record.number) }
        if record.kind == .state || record.kind == .reference, let owner = StateOwner(text: record.owner) {
            gathered.stages.insert(owner.stage)
        }
        guard record.kind == .end else { return }
        let start = gathered.start ?? offset
        if gathered.hasGap {
            damage = damage ?? "checkpoint \(record.epoch) has lost a part"
        } else {
            complete.append(
                Entry(
                    epoch: record.epoch, start: start, end: offset, needed: min(start, gathered.needed),
                    byteCount: Int(record.byteCount), stages: gathered.stages, keptAt: time))
            damage = nil
        }
        gathered = Gathered()
    }

    /// The newest checkpoint that is intact. Those behind it, which are not, are reported.
    /// - Throws: `LogError` of the storage.
    func last(_ report: (RunRemark) -> Void) async throws -> Checkpoint? {
        var damage = damage
        var last: Checkpoint?
        for entry in complete.reversed() {
            do {
                last = try await load(entry)
                break
            } catch let error as LogError where error.code == .damaged || error.code == .offsetOutOfRange {
                damage = error.summary
            } catch let error as PieceMissing {
                damage = error.description
            }
        }
        if let damage {
            let instead = last.map { "checkpoint \($0.epoch), the one before it, is taken" }
            let nothing = "there is none before it, so the run begins at the beginning"
            report(.warning("the last checkpoint in \(topic) is damaged; \(instead ?? nothing): \(damage)"))
        }
        return last
    }

    // MARK: Loading

    private func load(_ entry: Entry) async throws -> Checkpoint {
        let reader = try await log.reader(for: topic, from: .offset(entry.start))
        var loading = LoadedCheckpoint(epoch: entry.epoch)
        do {
            var position = entry.start
            while position <= entry.end, let next = try await reader.next() {
                guard case .records(let batch) = next else { continue }
                position = batch.nextOffset
                for index in 0..<batch.count where batch.baseOffset + UInt64(index) <= entry.end {
                    try loading.add(batch.event(CheckpointRecord.self, at: index))
                }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        for reference in loading.references {
            loading.put(reference, try await bytes(of: reference))
        }
        return try loading.checkpoint()
    }

    /// The state that a reference names.
    private func bytes(of reference: CheckpointRecord) async throws -> [UInt8] {
        let reader = try await log.reader(for: topic, from: .offset(reference.number))
        var bytes: [UInt8] = []
        do {
            var isFirst = true
            search: while UInt64(bytes.count) < reference.byteCount, let next = try await reader.next() {
                guard case .records(let batch) = next else { continue }
                for index in 0..<batch.count {
                    let record = try batch.event(CheckpointRecord.self, at: index)
                    guard record.kind == .state, record.owner == reference.owner, record.continues != isFirst else {
                        break search
                    }
                    record.bytes.withUnsafeBytes { bytes.append(contentsOf: $0) }
                    isFirst = false
                    if UInt64(bytes.count) >= reference.byteCount { break search }
                }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        guard UInt64(bytes.count) == reference.byteCount else { throw PieceMissing(epoch: reference.epoch) }
        return bytes
    }
}

/// A checkpoint is not whole.
private struct PieceMissing: Error, CustomStringConvertible {
    let epoch: UInt64
    var description: String { "checkpoint \(epoch) has lost a part" }
}

/// A checkpoint as far as it has been read.
private struct LoadedCheckpoint {
    private let epoch: UInt64
    private var scan = ScanID(0)
    private var run = ""
    private var count: UInt32 = 0
    private var isComplete = false
    private var origins: [StageName: UInt32] = [:]
    private var state = StageState()
    /// The chunks of each owner in the order of the records; nil for one that is still to be fetched.
    private var parts: [StateOwner: [(group: Int32, bytes: [UInt8]?)]] = [:]
    /// States that stand elsewhere.
    private(set) var references: [CheckpointRecord] = []

    init(epoch: UInt64) { self.epoch = epoch }

    mutating func add(_ record: CheckpointRecord) throws {
        guard record.epoch == epoch, record.piece == count, !isComplete else { throw PieceMissing(epoch: epoch) }
        count += 1
        scan = ScanID(record.scan)
        switch record.kind {
        case .state, .reference:
            guard let owner = StateOwner(text: record.owner) else { throw PieceMissing(epoch: epoch) }
            state.forms[owner] = record.form
            if record.kind == .reference {
                references.append(record)
                parts[owner, default: []].append((record.group, nil))
            } else if record.continues, let last = parts[owner]?.indices.last {
                record.bytes.withUnsafeBytes { parts[owner]?[last].bytes?.append(contentsOf: $0) }
            } else {
                parts[owner, default: []].append((record.group, record.bytes.withUnsafeBytes { Array($0) }))
            }
        case .statistics:
            guard let stage = StageName(text: record.owner),
                let counts = record.bytes.withUnsafeBytes({ OperatorStatistics(bytes: $0) })
            else { throw PieceMissing(epoch: epoch) }
            state.statistics[stage] = counts
        case .origin:
            guard let stage = StageName(text: record.owner) else { throw PieceMissing(epoch: epoch) }
            origins[stage] = UInt32(record.number)
        case .end:
            run = record.form
            isComplete = true
        }
    }

    mutating func put(_ reference: CheckpointRecord, _ bytes: [UInt8]) {
        guard let owner = StateOwner(text: reference.owner),
            let place = parts[owner]?.firstIndex(where: { $0.bytes == nil })
        else { return }
        parts[owner]?[place].bytes = bytes
    }

    func checkpoint() throws -> Checkpoint {
        guard isComplete else { throw PieceMissing(epoch: epoch) }
        var state = state
        for (owner, parts) in parts {
            state.chunks[owner] = parts.compactMap { group, bytes in
                guard let bytes, !bytes.isEmpty else { return nil }
                return StateChunk(group: group < 0 ? nil : UInt16(group), bytes: bytes)
            }
        }
        return Checkpoint(epoch: epoch, run: run, scan: scan, origins: origins, state: state)
    }
}
