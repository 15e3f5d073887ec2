internal import PenstockEvents
internal import PenstockLog

/// Appends rows to a topic in transactions, one from each checkpoint to the next.
///
/// At a barrier the rows before it are in the log, but nobody sees them; the checkpoint holds the transaction's id. When the checkpoint is
/// complete the transaction is committed. A run that goes on from a checkpoint commits its transaction if nobody has, and with it decides
/// about the rows behind: their transaction is dropped. The stage waits at its barrier until that is decided: a partition has one
/// transaction at a time.
final class TransactionalOutlet: StageOutlet {
    private let stage: StageName
    private let topic: String
    private let codec: EventCodec
    private let log: any LogStore
    private let decisions: TransactionDecisions
    private let progress: RunProgress
    private let writers: [any TopicWriter]
    private var transaction: (any Transaction)?
    /// Whether the last checkpoint counts on the transaction.
    private var isPrepared = false
    /// The last row of each partition in the transaction: acknowledgements come in order.
    private var last: [PendingAppend?]

    /// Opens the topic where a checkpoint left it.
    /// - Parameter state: What `checkpoint` gave; nil for a run that begins at the beginning.
    /// - Throws: `LogError`; an error where the rows of the checkpoint are gone.
    init(
        _ stage: StageName, _ topic: String, _ codec: EventCodec, _ log: any LogStore,
        _ decisions: TransactionDecisions, _ progress: RunProgress, from state: StateChunk?
    ) async throws {
        self.stage = stage
        self.topic = topic
        self.codec = codec
        self.log = log
        self.decisions = decisions
        self.progress = progress
        let expected = try state.flatMap(PreparedRows.init)
        var writers: [any TopicWriter] = []
        for number in try await log.describe(topic).partitions.indices {
            let partition = TopicPartition(topic, number)
            writers.append(try await log.writer(for: partition, committing: expected?.id))
        }
        self.writers = writers
        last = Array(repeating: nil, count: writers.count)
        do {
            if let expected { try await expected.check(in: topic, log) }
        } catch {
            for writer in writers { try? await writer.close() }
            throw error
        }
    }

    func put(_ element: StreamElement) async throws {
        do {
            switch element {
            case .batch(let batch) where batch.count > 0: try await write(batch)
            case .control(let record): try await write(record)
            case .barrier(let epoch): try await wait(for: epoch)
            case .batch, .watermark, .end: break
            }
        } catch {
            throw EngineError.stage(stage, error)
        }
    }

    func checkpoint() async throws -> [UInt8]? {
        guard let transaction else { return PreparedRows.nothing }
        for (number, append) in last.enumerated() {
            guard let append else { continue }
            witness = (number, try await append.acknowledgement().firstOffset)
            last[number] = nil
        }
        isPrepared = true
        return PreparedRows(id: transaction.id, partition: witness.partition, offset: witness.offset).bytes
    }

    var prepared: (any Transaction)? { isPrepared ? transaction : nil }

    func commit() async throws {
        for writer in writers { try await writer.close() }
    }

    /// What no checkpoint counts on is dropped; the rest is for whoever goes on from there.
    func abandon() async {
        if isPrepared { transaction?.leave() }
        for writer in writers { try? await writer.close() }
    }

    // MARK: Rows

    /// Where one of the transaction's records is: as long as it can be read, all are there.
    private var witness = (partition: 0, offset: UInt64(0))

    private func write(_ batch: Batch) async throws {
        let transaction = try await opened()
        let parts =
            writers.count > 1 && batch.keys != nil ? KeyRouter(instances: writers.count).split(batch) : [batch]
        for (number, part) in parts.enumerated() {
            guard let part else { continue }
            last[number] = try await transaction.submit(codec.encode(part), to: writers[number].partition)
        }
        progress.count("\(topic)_appended", codec.progressCount(batch))
    }

    /// What a record says of time or of the end holds for all partitions; a scan is told of in the first one.
    private func write(_ record: ControlRecord) async throws {
        let transaction = try await opened()
        let isForAll: Bool
        switch record {
        case .timeMark, .endOfStream: isForAll = true
        default: isForAll = false
        }
        for number in isForAll ? writers.indices : 0..<1 {
            last[number] = try await transaction.submit(control: record, to: writers[number].partition)
        }
    }

    private func opened() async throws -> any Transaction {
        if let transaction { return transaction }
        let opened = try await log.transaction(over: writers)
        transaction = opened
        return opened
    }

    private func wait(for epoch: UInt64) async throws {
        guard isPrepared else { return }
        if try await decisions.decision(of: epoch) == .committed { transaction = nil }
        isPrepared = false
    }
}

/// The rows that a checkpoint counts on.
private struct PreparedRows {
    let id: TransactionID
    /// Where one of its records is.
    let partition: Int
    let offset: UInt64

    /// The state of a sink without rows since the last checkpoint.
    static let nothing: [UInt8] = [0]

    init(id: TransactionID, partition: Int, offset: UInt64) {
        self.id = id
        self.partition = partition
        self.offset = offset
    }

    var bytes: [UInt8] {
        var state = StateEncoder()
        state.put(UInt8(1))
        state.put(id.high)
        state.put(id.low)
        state.put(UInt64(partition))
        state.put(offset)
        return state.bytes
    }

    init?(_ chunk: StateChunk) throws {
        var state = StateDecoder(chunk)
        guard try state.integer(UInt8.self) == 1 else { return nil }
        id = TransactionID(high: try state.integer(), low: try state.integer())
        partition = Int(try state.integer(UInt64.self))
        offset = try state.integer()
    }

    /// Makes sure that the transaction has been committed, now or earlier.
    func check(in topic: String, _ log: any LogStore) async throws {
        let reader = try await log.reader(for: TopicPartition(topic, partition), from: .offset(offset))
        let first = try await reader.next()
        await reader.close()
        let visible: UInt64? =
            switch first {
            case .records(let batch): batch.baseOffset
            case .control(_, let offset): offset
            case nil: nil
            }
        guard visible == offset else { throw PreparedRowsGone(topic: topic) }
    }
}

/// Somebody has dropped the rows that a checkpoint counts on.
private struct PreparedRowsGone: Diagnostic {
    let topic: String

    var summary: String {
        "the topic \(topic) has lost the rows that the checkpoint counts on: another writer has dropped them"
    }
    var hint: String? { "begin anew without the checkpoint; nobody else may write to \(topic) before the run goes on" }
    var category: FailureCategory { .data }
}
