internal import PenstockEvents

/// What a partition's batches say beyond their records, as it stands at one offset: the producers, and the transaction that is open.
///
/// It is a function of the batches before that offset. The queue has one that is ahead, for what was submitted; the appender one for
/// what is committed, which takes the other's place when a write fails.
struct PartitionLedger: Sendable, Equatable {
    /// A transaction whose end is not in the partition yet.
    struct OpenTransaction: Sendable, Equatable {
        let begin: TransactionBegin
        /// Where it begins in this partition.
        let offset: UInt64

        var id: TransactionID { begin.id }
    }

    private(set) var producers = ProducerTable()
    private(set) var open: OpenTransaction?

    init() {}

    /// How far readers may go: not into an open transaction.
    func readable(_ committed: CommittedPosition) -> CommittedPosition {
        CommittedPosition(
            nextOffset: min(open?.offset ?? .max, committed.nextOffset), segment: committed.segment,
            acknowledged: committed.nextOffset)
    }

    /// Goes over a batch; `control` is its control record, asked for only where it matters.
    mutating func note<Failure: Error>(
        _ header: BatchHeader, pending: PendingAppend? = nil, control: () throws(Failure) -> ControlRecord
    ) throws(Failure) {
        guard header.concernsLedger else { return }
        guard header.flags.contains(.control) else { return producers.note(header, pending: pending) }
        switch try control() {
        case .producer(let registration):
            producers.note(registration, nextSequence: header.baseSequence)
        case .transactionBegin(let begin):
            open = OpenTransaction(begin: begin, offset: header.baseOffset)
        case .transactionCommit, .transactionAbort:
            open = nil
        case .timeMark, .scanStart, .scanEnd, .endOfStream:
            break
        }
    }

    /// Goes over a batch that was made in this process.
    mutating func note(_ batch: EncodedBatch, at offset: UInt64, pending: PendingAppend? = nil) {
        guard batch.header.concernsLedger else { return }
        var header = batch.header
        header.baseOffset = offset
        note(header, pending: pending) { batch.controlRecord }
    }
}

extension PartitionLedger {
    private static let version: UInt8 = 1

    /// The ledger as bytes, for the file of it.
    func encoded() -> [UInt8] {
        var writer = RecordWriter()
        writer.append(Self.version)
        writer.append(open?.offset ?? .max)
        let begin = open.map { ControlRecord.transactionBegin($0.begin).encoded() } ?? []
        writer.append(UInt32(begin.count))
        begin.withUnsafeBytes { writer.append(bytes: $0) }
        let producers = producers.encoded()
        producers.withUnsafeBytes { writer.append(bytes: $0) }
        return writer.attributes
    }

    /// Reads what `encoded` wrote.
    init(decoding bytes: UnsafeRawBufferPointer) throws(RecordError) {
        var reader = RecordReader(attributes: bytes, payload: .empty)
        let version: UInt8 = try reader.readInteger()
        guard version == Self.version else { throw .invalidField("ledger of version \(version)") }
        let offset: UInt64 = try reader.readInteger()
        let count = Int(try reader.readInteger(UInt32.self))
        if count > 0 {
            let start = bytes.count - reader.remaining
            guard count <= reader.remaining else { throw .tooShort(needed: count, available: reader.remaining) }
            let record = try ControlRecord(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
            guard case .transactionBegin(let begin) = record else { throw .invalidField("begin of a transaction") }
            open = OpenTransaction(begin: begin, offset: offset)
            reader = RecordReader(
                attributes: UnsafeRawBufferPointer(rebasing: bytes[(start + count)...]), payload: .empty)
        }
        producers = try ProducerTable(reading: &reader)
        guard reader.remaining == 0 else { throw .trailingBytes(reader.remaining) }
    }
}

extension BatchHeader {
    /// Whether the batch changes a ledger. Of the control records only those do that carry a producer's number or a transaction's flag.
    var concernsLedger: Bool { producer != 0 || !flags.isDisjoint(with: [.begin, .commit, .abort]) }

    /// Whether it is a control record of the log's own, which readers do not deliver.
    var belongsToLog: Bool { flags.contains(.control) && concernsLedger }
}
