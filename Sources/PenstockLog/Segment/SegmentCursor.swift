internal import PenstockEvents

/// A reading position in one segment. Each batch comes into memory at once, and is checked there.
///
/// Large batches are fetched one at a time, each together with the header that follows it, so that no byte is read twice. Small
/// ones come many at a time. What is delivered are views of the fetched block, which is the page cache itself where it can be.
struct SegmentCursor {
    let segment: OpenSegment
    private(set) var check: BatchCheck
    private(set) var position = Superblock.byteCount

    /// Whether what is not in memory is read past the page cache: nobody else is expected to read it.
    var readsPastCache = false

    /// Whether the file may be looked at in place.
    let maps: Bool
    private let limits: LogLimits
    private let windowBytes: Int
    private var window: SegmentWindow
    /// Not before the first header says so: who wants a part of a large batch does not read a window of it.
    private var batchesAreSmall = false

    /// A verified batch: its header, and where its stored body (or the prefix of it) lies.
    struct Batch {
        let header: BatchHeader
        let slab: Payload.Storage
        let body: Range<Int>

        /// What was verified.
        var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: slab.bytes[body]) }
    }

    /// - Parameter isOwn: whether a writer of this process owns the partition. A segment that is neither sealed nor ours is not
    ///   looked at in place: its next owner may cut what is damaged of it.
    init(_ segment: OpenSegment, isOwn: Bool = false, limits: LogLimits) {
        maps = segment.file.seal != nil || isOwn
        self.segment = segment
        check = BatchCheck(segment.file.superblock, limits: limits)
        self.limits = limits
        windowBytes = limits.readWindowBytes
        window = SegmentWindow(segment.file.file, maps: maps)
    }

    init(_ file: SegmentFile, limits: LogLimits) { self.init(OpenSegment(file), limits: limits) }

    /// The offset of the next batch.
    var offset: UInt64 { check.expectedOffset }

    /// Whether this is the end of a compacted segment; the offsets up to the end of its range hold nothing any more.
    var isAtCompactedEnd: Bool { compactedEnd != nil }

    /// The end of the range of a compacted segment, where nothing of it is left.
    var compactedEnd: UInt64? {
        guard let end = segment.name.nextOffset, let seal = segment.file.seal else { return nil }
        return position >= Int(seal.end) ? end : nil
    }

    /// Forgets what was fetched beyond the batches that were delivered: it may have been fetched before it was committed.
    mutating func forgetFetched() { window.forget() }

    /// The header of the next batch.
    mutating func header() throws(CursorFailure) -> BatchHeader {
        try again { cursor throws(CursorFailure) in try cursor.headerAtOnce() }
    }

    private mutating func headerAtOnce() throws(CursorFailure) -> BatchHeader {
        try passFilling()
        let bytes = try fetch(BatchHeader.byteCount)
        let header = try failing { () throws(BatchDefect) in
            try check.header(in: bytes.prefix(BatchHeader.byteCount))
        }
        batchesAreSmall = header.paddedByteCount * 4 <= windowBytes
        return header
    }

    private mutating func passFilling() throws(CursorFailure) {
        // Between the batches of a compacted segment offsets are missing anyway: there zeros could hide a batch that was lost.
        guard !check.allowsGaps, position % FileBlock.alignment != 0 else { return }
        guard try fetch(BatchHeader.byteCount).isZero(4) else { return }
        let filling = position.rounded(upTo: FileBlock.alignment) - position
        if let end = BatchCheck.fillingEnd(in: try fetch(filling).prefix(filling), at: position) { position = end }
    }

    /// The next batch, verified: all of it, or its prefix alone. Payloads that nobody wants are not fetched where that is worth
    /// a call of its own.
    mutating func batch(_ header: BatchHeader, parts: RecordParts = .everything) throws(CursorFailure) -> Batch {
        try again { cursor throws(CursorFailure) in try cursor.batchAtOnce(header, parts) }
    }

    private mutating func batchAtOnce(_ header: BatchHeader, _ parts: RecordParts) throws(CursorFailure) -> Batch {
        let isPrefix = parts == .attributes
        let byteCount = Int(isPrefix ? header.prefixStoredBytes : header.storedBytes)
        let needed = BatchHeader.byteCount + byteCount
        let following =
            isPrefix && header.payloadStoredBytes > windowBytes
            ? needed : header.paddedByteCount + BatchHeader.byteCount
        let bytes = try fetch(needed, following: following)
        return try failing { () throws(BatchDefect) in
            guard bytes.count >= needed else { throw .truncated(needed: needed, available: bytes.count) }
            let start = bytes.start + BatchHeader.byteCount
            let batch = Batch(header: header, slab: bytes.slab, body: start..<start + byteCount)
            guard CRC32C.checksum(batch.bytes) == (isPrefix ? header.prefixCRC : header.bodyCRC) else {
                throw .bodyChecksum
            }
            return batch
        }
    }

    // A bit may have changed on the way here only: what does not pass its checks is read again.
    private mutating func again<Result>(
        _ attempt: (inout Self) throws(CursorFailure) -> Result
    ) throws(CursorFailure) -> Result {
        for _ in 1..<limits.readAttempts {
            do {
                return try attempt(&self)
            } catch {
                guard case .defect(let defect) = error, defect != .endOfFile else { throw error }
                window = SegmentWindow(segment.file.file, maps: false, announces: false)
            }
        }
        defer { window = SegmentWindow(segment.file.file, maps: maps) }
        return try attempt(&self)
    }

    /// Goes behind a batch.
    mutating func advance(past header: BatchHeader) {
        segment.note(header, at: position)
        check.advance(past: header)
        position += header.paddedByteCount
    }

    /// The first intact header of the segment behind what is no batch here.
    func intactHeaderBehind() throws(LogError) -> HeaderSearch.Found? {
        try HeaderSearch(segment: segment.file, limits: limits)
            .first(from: position + Superblock.alignment, atLeast: offset + 1)
    }

    /// Goes to a batch that was found behind damage.
    mutating func jump(to found: HeaderSearch.Found) {
        check.expectedOffset = found.baseOffset
        position = found.position
    }

    /// Goes near `offset` by the segment's index.
    mutating func approach(_ offset: UInt64, _ storage: any Storage) throws(LogError) {
        segment.loadIndex(storage)
        try jump(to: segment.index.entry(atOrBefore: offset))
    }

    /// Goes to the batch that an index names; where it is not there the cursor stays, and the index is not believed any more.
    mutating func jump(to entry: SegmentIndex.Entry?) throws(LogError) {
        guard let entry else { return }
        let back = (check.expectedOffset, position)
        do throws(CursorFailure) {
            guard let place = Int(exactly: entry.position), place >= Superblock.byteCount else {
                throw .defect(.noMagic)
            }
            check.expectedOffset = entry.offset
            position = place
            _ = try header()
        } catch {
            (check.expectedOffset, position) = back
            if case .log(let error) = error { throw error }
            segment.distrust()
        }
    }

    private mutating func fetch(_ needed: Int, following: Int = 0) throws(CursorFailure) -> SegmentWindow.Bytes {
        do {
            let wanted = max(needed, following, batchesAreSmall ? windowBytes : 0)
            return try window.bytes(needed, wanted: wanted, at: position, pastCache: readsPastCache)
        } catch {
            throw .log(LogError(error, partition: segment.file.partition))
        }
    }

    private func failing<Result>(_ body: () throws(BatchDefect) -> Result) throws(CursorFailure) -> Result {
        do {
            return try body()
        } catch {
            // What a newer program wrote is not damage: nobody passes over it, or cuts it.
            if case .newerVersion(let version, let offset) = error {
                throw .log(segment.file.newer(version, at: position, offset: offset))
            }
            throw .defect(error)
        }
    }
}

extension SegmentWindow.Bytes {
    /// Whether the first `wanted` bytes are there and zero.
    fileprivate func isZero(_ wanted: Int) -> Bool { count >= wanted && prefix(wanted).allSatisfy { $0 == 0 } }
}

/// Why a cursor has no next batch.
enum CursorFailure: Error {
    /// The bytes are not the next batch.
    case defect(BatchDefect)
    /// The file could not be read.
    case log(LogError)
}
