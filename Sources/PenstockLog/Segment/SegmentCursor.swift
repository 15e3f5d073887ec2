internal import PenstockEvents

/// A reading position in one segment. Each batch comes into memory by one read, and is checked there.
///
/// Large batches are fetched one at a time, each together with the header that follows it, so that no byte is read twice. Small
/// ones come many at a time. What is delivered are views of the fetched block.
struct SegmentCursor {
    let segment: SegmentFile
    private(set) var check: BatchCheck
    private(set) var position = Superblock.byteCount

    private let windowBytes: Int
    private var window: Payload.Storage?
    private var windowStart = 0
    private var windowCount = 0
    private var batchesAreSmall = true

    /// A verified batch: its header, and where its body lies.
    struct Batch {
        let header: BatchHeader
        let slab: Payload.Storage
        let body: Range<Int>
    }

    init(_ segment: SegmentFile, limits: LogLimits) {
        self.segment = segment
        check = BatchCheck(segment.superblock, limits: limits)
        windowBytes = limits.readWindowBytes
    }

    /// The offset of the next batch.
    var offset: UInt64 { check.expectedOffset }

    /// Whether this is the end of a compacted segment; the offsets up to the end of its range hold nothing any more.
    var isAtCompactedEnd: Bool {
        guard segment.name.nextOffset != nil, let seal = segment.seal else { return false }
        return position >= Int(seal.end)
    }

    /// Forgets what was fetched beyond the batches that were delivered: it may have been fetched before it was committed.
    mutating func forgetFetched() { window = nil }

    /// The header of the next batch.
    mutating func header() throws(CursorFailure) -> BatchHeader {
        try passFilling()
        let (slab, start, count) = try fetch(BatchHeader.byteCount, at: position)
        let bytes = UnsafeRawBufferPointer(rebasing: slab.bytes[start..<start + min(count, BatchHeader.byteCount)])
        return try failing { () throws(BatchDefect) in
            guard count > 0 else { throw .endOfFile }
            guard count >= BatchHeader.byteCount else {
                throw .truncated(needed: BatchHeader.byteCount, available: count)
            }
            return try check.header(in: bytes, available: .max)
        }
    }

    private mutating func passFilling() throws(CursorFailure) {
        guard position % FileBlock.alignment != 0 else { return }
        let (slab, start, count) = try fetch(BatchHeader.byteCount, at: position)
        guard count >= 4, slab.bytes[start..<start + 4].allSatisfy({ $0 == 0 }) else { return }
        let filling = position.rounded(upTo: FileBlock.alignment) - position
        let (all, first, available) = try fetch(filling, at: position)
        let bytes = UnsafeRawBufferPointer(rebasing: all.bytes[first..<first + min(available, filling)])
        if let end = BatchCheck.fillingEnd(in: bytes, at: position) { position = end }
    }

    /// The next batch, verified.
    mutating func batch(_ header: BatchHeader) throws(CursorFailure) -> Batch {
        let needed = BatchHeader.byteCount + Int(header.storedBytes)
        let (slab, start, count) = try fetch(
            needed, following: header.paddedByteCount + BatchHeader.byteCount, at: position)
        batchesAreSmall = needed * 4 <= windowBytes
        let body = start + BatchHeader.byteCount..<start + needed
        try failing { () throws(BatchDefect) in
            guard count >= needed else { throw .truncated(needed: needed, available: count) }
            try check.verify(header, body: UnsafeRawBufferPointer(rebasing: slab.bytes[body]))
        }
        return Batch(header: header, slab: slab, body: body)
    }

    /// Goes behind a batch.
    mutating func advance(past header: BatchHeader) {
        check.advance(past: header)
        position += header.paddedByteCount
    }

    /// Goes to a batch that was found behind damage.
    mutating func jump(to header: BatchHeader, at newPosition: Int) {
        check.expectedOffset = header.baseOffset
        position = newPosition
    }

    // At least `needed` bytes from `position` on, where the file has them: the block, where they begin in it, how many there are.
    private mutating func fetch(
        _ needed: Int, following: Int = 0, at position: Int
    ) throws(CursorFailure) -> (Payload.Storage, Int, Int) {
        if let window, position >= windowStart, position + needed <= windowStart + windowCount {
            return (window, position - windowStart, windowStart + windowCount - position)
        }
        let slab = Payload.Storage(byteCount: max(needed, following, batchesAreSmall ? windowBytes : 0))
        do {
            windowCount = try segment.file.read(into: slab.bytes, at: position)
        } catch {
            throw .log(LogError(error, partition: segment.partition))
        }
        windowStart = position
        window = slab
        return (slab, 0, windowCount)
    }

    private func failing<Result>(_ body: () throws(BatchDefect) -> Result) throws(CursorFailure) -> Result {
        do { return try body() } catch { throw .defect(error) }
    }
}

/// Why a cursor has no next batch.
enum CursorFailure: Error {
    /// The bytes are not the next batch.
    case defect(BatchDefect)
    /// The file could not be read.
    case log(LogError)
}
