internal import PenstockEvents

/// The small file in which an owner tells readers in other processes how far they may read. It is overwritten after every group and
/// not synced: after a power loss it may be older than the truth, never newer.
struct PartitionHead {
    static let fileName = "head"
    private static let byteCount = 40
    private static let frame = ChecksummedFrame("HEAD")

    static func encode(_ committed: CommittedPosition) -> [UInt8] {
        var fields = ByteFields(count: byteCount)
        fields.set(committed.acknowledged, at: 8)
        fields.set(committed.segment?.baseOffset ?? .max, at: 16)
        fields.set(committed.segment?.epoch ?? 0, at: 24)
        fields.set(committed.nextOffset, at: 32)
        return frame.closed(fields)
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
            guard try file.read(into: block.bytes, at: 0) == byteCount, frame.holds(bytes) else { continue }
            let base = bytes.integer(UInt64.self, at: 16)
            let segment = base == .max ? nil : SegmentName(baseOffset: base, epoch: bytes.integer(at: 24))
            return CommittedPosition(
                nextOffset: bytes.integer(at: 32), segment: segment, acknowledged: bytes.integer(at: 8))
        }
        return nil
    }
}
