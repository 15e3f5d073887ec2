internal import PenstockEvents

/// How far a partition is committed, and the segment that holds the end.
struct CommittedPosition: Sendable, Equatable {
    /// The offset up to which readers may read: behind the last committed record, or where an open transaction begins.
    var nextOffset: UInt64
    /// The segment of the last acknowledged record; nil while there is none.
    var segment: SegmentName?
    /// The offset behind the last acknowledged record, with the rows of an open transaction.
    var acknowledged: UInt64

    init(nextOffset: UInt64, segment: SegmentName?, acknowledged: UInt64? = nil) {
        self.nextOffset = nextOffset
        self.segment = segment
        self.acknowledged = acknowledged ?? nextOffset
    }
}

/// The small file in which an owner tells readers in other processes how far they may read. It is overwritten after every group and
/// not synced: after a power loss it may be older than the truth, never newer.
struct PartitionHead {
    static let fileName = "head"
    private static let byteCount = 40
    /// "HEAD", read as a little-endian integer.
    private static let magic: UInt32 = 0x4441_4548

    static func encode(_ committed: CommittedPosition) -> [UInt8] {
        var fields = ByteFields(count: byteCount)
        fields.set(magic, at: 0)
        fields.set(committed.acknowledged, at: 8)
        fields.set(committed.segment?.baseOffset ?? .max, at: 16)
        fields.set(committed.segment?.epoch ?? 0, at: 24)
        fields.set(committed.nextOffset, at: 32)
        fields.set(fields.bytes.withUnsafeBytes { checksum($0) }, at: 4)
        return fields.bytes
    }

    /// What the head of a partition's directory says, or nil where there is none or it is torn.
    static func read(in directory: String, storage: any Storage) throws(StorageError) -> CommittedPosition? {
        let file: any StorageFile
        do {
            file = try storage.open(directory + "/" + fileName, .read)
        } catch {
            if error.reason == .notFound { return nil }
            throw error
        }
        // The owner may be overwriting it this moment; a few looks are enough for 40 bytes.
        for _ in 0..<8 {
            let block = Payload.Storage(byteCount: byteCount)
            let bytes = UnsafeRawBufferPointer(block.bytes)
            guard try file.read(into: block.bytes, at: 0) == byteCount else { continue }
            guard bytes.integer(at: 0) == magic, bytes.integer(at: 4) == checksum(bytes) else { continue }
            let base = bytes.integer(UInt64.self, at: 16)
            let segment = base == .max ? nil : SegmentName(baseOffset: base, epoch: bytes.integer(at: 24))
            return CommittedPosition(
                nextOffset: bytes.integer(at: 32), segment: segment, acknowledged: bytes.integer(at: 8))
        }
        return nil
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[8..<byteCount]))
    }
}
