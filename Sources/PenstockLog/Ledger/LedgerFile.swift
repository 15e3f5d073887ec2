internal import PenstockEvents

/// The small file with a partition's ledger at one offset, so that a new owner has to look through what follows only, and knows of
/// producers whose records were given up.
///
/// It is replaced, and synced, at the end of every segment, when that is synced and before any segment may go; and by every new owner.
/// So it is of the log as it stands, unless a loss of power took records that were never synced: then it is ahead, and of no use.
enum LedgerFile {
    static let fileName = "ledger"
    private static let headBytes = 24
    private static let frame = ChecksummedFrame("LEDG")
    /// More than the producers of any sensible limit take.
    private static let byteLimit = 1 << 30

    /// The ledger of a partition at its end, from the file and the batches behind it; brings the file there.
    static func ledger(of view: PartitionView, at end: UInt64) throws(LogError) -> PartitionLedger {
        let saved = try explained(view.partition) { () throws(StorageError) in
            try read(in: view.directory, storage: view.storage, attempts: view.limits.readAttempts)
        }
        if let saved, saved.offset == end { return saved.ledger }
        if saved == nil, end == 0 { return PartitionLedger() }
        var ledger = PartitionLedger()
        if let saved, saved.offset < end {
            ledger = saved.ledger
            try ledger.note(view, from: saved.offset, upTo: end)
        } else {
            try ledger.note(view, from: 0, upTo: end)
        }
        try explained(view.partition) { () throws(StorageError) in
            try write(ledger, at: end, in: view.directory, storage: view.storage)
        }
        return ledger
    }

    static func write(
        _ ledger: PartitionLedger, at offset: UInt64, in directory: String, storage: any Storage
    ) throws(StorageError) {
        let body = ledger.encoded()
        var fields = ByteFields([UInt8](repeating: 0, count: headBytes) + body)
        fields.set(offset, at: 8)
        fields.set(UInt64(body.count), at: 16)
        try storage.replace(fileName, in: directory, with: frame.closed(fields))
    }

    /// What the file says; nil where there is none that is intact. What does not pass its checks is read again: nothing else knows of
    /// producers whose records were given up.
    static func read(
        in directory: String, storage: any Storage, attempts: Int
    ) throws(StorageError) -> (offset: UInt64, ledger: PartitionLedger)? {
        for _ in 0..<attempts {
            guard let contents = try storage.contents(of: directory + "/" + fileName, limit: byteLimit) else {
                return nil
            }
            if let saved = contents.withUnsafeBytes({ decoded($0) }) { return saved }
        }
        return nil
    }

    private static func decoded(_ bytes: UnsafeRawBufferPointer) -> (offset: UInt64, ledger: PartitionLedger)? {
        guard bytes.count >= headBytes, frame.holds(bytes),
            bytes.integer(at: 16) == UInt64(bytes.count - headBytes),
            let ledger = try? PartitionLedger(decoding: UnsafeRawBufferPointer(rebasing: bytes[headBytes...]))
        else { return nil }
        return (bytes.integer(at: 8), ledger)
    }
}
