internal import PenstockEvents

/// When a segment was appended to, found at its two ends without a walk through it.
struct SegmentTimes {
    /// The append time of the first batch.
    let firstAppend: Timestamp
    /// The later of the append times of the first and the last batch: the clock may have gone back in between.
    let lastAppend: Timestamp

    private static let window = 256 << 10

    /// Nil where an intact batch is not found at either end.
    init?(_ segment: SegmentFile, limits: LogLimits) throws(LogError) {
        var limits = limits
        limits.readWindowBytes = FileBlock.alignment
        var cursor = SegmentCursor(segment, limits: limits)
        guard let first = try? cursor.header(), let last = try Self.lastHeader(of: segment, limits) else { return nil }
        firstAppend = first.appendTime
        lastAppend = max(first.appendTime, last.appendTime)
    }

    // Batches begin on multiples of 64 bytes, and the checksum of a header is seeded with the segment's generation, so looking
    // backwards for one is safe; it ends after the longest batch that there may be.
    private static func lastHeader(of segment: SegmentFile, _ limits: LogLimits) throws(LogError) -> BatchHeader? {
        let size = try explained(segment.partition) { () throws(StorageError) in try segment.file.byteCount() }
        var end = min(size, segment.seal.map { Int($0.end) } ?? size)
        let lowest = max(Superblock.byteCount, end - limits.batchBytes - 2 * FileBlock.alignment)
        let block = Payload.Storage(byteCount: window + BatchHeader.byteCount)
        while end > lowest {
            let start = max(lowest, end - window) & ~(Superblock.alignment - 1)
            let count = try explained(segment.partition) { () throws(StorageError) in
                try segment.file.read(into: block.bytes, at: start)
            }
            var at = (end - start - 1) & ~(Superblock.alignment - 1)
            while at >= 0 {
                if at + BatchHeader.byteCount <= count,
                    block.bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self).littleEndian == BatchHeader.magic
                {
                    let bytes = UnsafeRawBufferPointer(rebasing: block.bytes[at..<at + BatchHeader.byteCount])
                    if let header = try? BatchHeader(bytes, generation: segment.superblock.generation) { return header }
                }
                at -= Superblock.alignment
            }
            end = start
        }
        return nil
    }
}
