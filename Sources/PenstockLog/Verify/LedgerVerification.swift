internal import PenstockEvents

/// What a partition's batches say of producers and transactions, held against the file that says it too.
struct LedgerVerification {
    /// What the `ledger` file says; nil where there is none that is intact.
    private let saved: (offset: UInt64, ledger: PartitionLedger)?
    private var walked = PartitionLedger()
    /// As it was walked at the offset of the file.
    private var walkedToSaved: PartitionLedger?
    /// Whether every batch from offset 0 up to `end` came by; what was given up or lost is in the file only.
    private var isWhole = true
    private var end: UInt64 = 0
    /// Rows of the transaction that is open, with control records counted again apart.
    private(set) var openRows: (records: UInt64, controlRecords: UInt64) = (0, 0)

    init(_ saved: (offset: UInt64, ledger: PartitionLedger)?) { self.saved = saved }

    /// The transaction that is open behind the last batch.
    var open: PartitionLedger.OpenTransaction? { walked.open }

    /// Whether the file is known to say something else than the batches.
    var isContradicted: Bool {
        guard let saved, isWhole, saved.offset <= end else { return false }
        return saved.ledger != (walkedToSaved ?? walked)
    }

    /// Goes over an intact batch; `control` is its control record, nil where that cannot be read.
    mutating func note(_ header: BatchHeader, control: () -> ControlRecord?) {
        isWhole = isWhole && header.baseOffset == end
        end = header.nextOffset
        if let saved, header.baseOffset >= saved.offset, walkedToSaved == nil { walkedToSaved = walked }
        do throws(Unreadable) {
            try walked.note(header) { () throws(Unreadable) in
                guard let record = control() else { throw Unreadable() }
                return record
            }
        } catch {
            isWhole = false
        }
        if walked.open == nil || header.flags.contains(.begin) { openRows = (0, 0) }
        guard walked.open != nil, header.flags.contains(.transactional), !header.belongsToLog else { return }
        openRows.records += UInt64(header.count)
        if header.flags.contains(.control) { openRows.controlRecords += 1 }
    }

    private struct Unreadable: Error {}
}
