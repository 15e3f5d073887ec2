internal import PenstockEvents

/// Looks for the header of a batch where it is not known that one begins.
///
/// Batches begin on multiples of 64 bytes, and the checksum of a header is seeded with the segment's generation, so that what looks
/// like one is one.
struct HeaderSearch {
    /// A header, and where in the file it begins.
    struct Found {
        let position: Int
        let baseOffset: UInt64
        /// Nil where a newer version wrote it, of which this program knows no more than where it is.
        let header: BatchHeader?
    }

    let segment: SegmentFile
    let limits: LogLimits

    /// The first header from `start` on that begins at offset `minimum` or later. Where none is found the file is read again: memory,
    /// bus or device may have changed a bit on the way only.
    func first(from start: Int, atLeast minimum: UInt64) throws(LogError) -> Found? {
        for _ in 0..<limits.readAttempts {
            if let found = try firstAtOnce(from: start, atLeast: minimum) { return found }
        }
        return nil
    }

    private func firstAtOnce(from start: Int, atLeast minimum: UInt64) throws(LogError) -> Found? {
        let window = 1 << 20
        let block = Payload.Storage(byteCount: window + BatchHeader.byteCount)
        var at = start.rounded(upTo: Superblock.alignment)
        while true {
            let count = try read(into: block, at: at)
            guard count >= BatchHeader.byteCount else { return nil }
            let last = min(count - BatchHeader.byteCount, window - 1)
            for offset in stride(from: 0, through: last, by: Superblock.alignment) {
                guard let found = header(in: block, at: offset, from: at), found.baseOffset >= minimum else { continue }
                return found
            }
            at += window
        }
    }

    /// The last header of the segment. The search ends after the longest batch that there may be.
    func last() throws(LogError) -> Found? {
        let window = 256 << 10
        let size = try explained(segment.partition) { () throws(StorageError) in try segment.file.byteCount() }
        var end = min(size, segment.seal.map { Int($0.end) } ?? size)
        let lowest = max(Superblock.byteCount, end - limits.batchBytes - 2 * FileBlock.alignment)
        let block = Payload.Storage(byteCount: window + BatchHeader.byteCount)
        while end > lowest {
            let start = max(lowest, end - window) & ~(Superblock.alignment - 1)
            let count = try read(into: block, at: start)
            let last = (end - start - 1) & ~(Superblock.alignment - 1)
            for offset in stride(from: last, through: 0, by: -Superblock.alignment)
            where offset + BatchHeader.byteCount <= count {
                if let found = header(in: block, at: offset, from: start) { return found }
            }
            end = start
        }
        return nil
    }

    private func read(into block: Payload.Storage, at position: Int) throws(LogError) -> Int {
        try explained(segment.partition) { () throws(StorageError) in
            try segment.file.read(into: block.bytes, at: position)
        }
    }

    private func header(in block: Payload.Storage, at offset: Int, from start: Int) -> Found? {
        let bytes = UnsafeRawBufferPointer(rebasing: block.bytes[offset..<offset + BatchHeader.byteCount])
        guard bytes.integer(UInt32.self, at: 0) == BatchHeader.magic else { return nil }
        do throws(BatchDefect) {
            let header = try BatchHeader(bytes, generation: segment.superblock.generation)
            return Found(position: start + offset, baseOffset: header.baseOffset, header: header)
        } catch {
            guard case .newerVersion(_, let baseOffset) = error else { return nil }
            return Found(position: start + offset, baseOffset: baseOffset, header: nil)
        }
    }
}
