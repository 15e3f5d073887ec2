internal import PenstockEvents

/// A walk over the batches of a segment that nobody sealed, or whose middle is in doubt.
struct SegmentScan {
    /// What a scan found.
    struct Outcome: Equatable {
        /// The offset behind the last intact batch.
        var nextOffset: UInt64
        /// The position behind the last intact batch.
        var end: Int
        /// The file's size, without blocks of zeros at its end: its writer lets the size go ahead of the batches.
        var fileBytes: Int
        /// Why the scan ended; `endOfFile` for a clean end.
        var defect: BatchDefect
        /// Ranges that were acknowledged and cannot be read, with intact batches behind them.
        var damaged: [Damage] = []
        /// Of the batches up to the first damage.
        var index: SegmentIndex
    }

    struct Damage: Equatable {
        var offsets: Range<UInt64>
        var position: Int
        var defect: BatchDefect
    }

    // Bytes that are looked at, or read, in one call.
    private static let windowBytes = 4 << 20

    private let segment: SegmentFile
    private var cursor: SegmentCursor

    /// - Parameter isOwners: whether the scan is the partition's owner's: nobody else cuts the file then, so that it may be looked at
    ///   in place.
    init(_ segment: SegmentFile, isOwners: Bool = false, limits: LogLimits) {
        var limits = limits
        limits.readWindowBytes = Self.windowBytes
        self.segment = segment
        cursor = SegmentCursor(OpenSegment(segment), isOwn: isOwners, limits: limits)
    }

    /// Verifies every batch from the segment's start.
    ///
    /// - Parameter acknowledged: the offset below which everything is known to have been acknowledged. Where the scan meets damage
    ///   below it, or below what intact batches behind the damage say, it goes on behind; else the damage is the torn tail.
    /// - Throws: `LogError` with code `newerFormat` where a newer program wrote a batch, or one of the storage.
    mutating func verify(acknowledged: UInt64, upTo limit: UInt64 = .max) throws(LogError) -> Outcome {
        let size = try explained(segment.partition) { () throws(StorageError) in try segment.file.byteCount() }
        var outcome = Outcome(
            nextOffset: cursor.offset, end: cursor.position, fileBytes: size, defect: .endOfFile,
            index: cursor.segment.index)
        var isAtEnd = false
        while !isAtEnd, cursor.offset < limit {
            do throws(CursorFailure) {
                let header = try cursor.header()
                _ = try cursor.batch(header)
                cursor.advance(past: header)
                outcome.nextOffset = cursor.offset
                outcome.end = min(cursor.position, size)
            } catch {
                switch error {
                case .log(let error): throw error
                case .defect(let defect): isAtEnd = try !goBehind(defect, &outcome, acknowledged)
                }
            }
        }
        outcome.index = cursor.segment.index
        return outcome
    }

    // Returns whether there is more behind what is no batch. Nothing but zeros up to the end of the file is its clean end.
    private mutating func goBehind(
        _ defect: BatchDefect, _ outcome: inout Outcome, _ acknowledged: UInt64
    ) throws(LogError) -> Bool {
        let contentEnd = try segment.contentEnd(from: outcome.end, size: outcome.fileBytes)
        outcome.fileBytes = min(outcome.fileBytes, contentEnd)
        guard contentEnd > outcome.end else { return false }
        // Behind a header that only newer programs can read the scan ends with an error, so that nothing is cut.
        guard let next = try cursor.intactHeaderBehind(),
            max(acknowledged, next.header?.committedOffset ?? .max) > cursor.offset
        else {
            outcome.defect = defect
            return false
        }
        outcome.damaged.append(
            Damage(offsets: cursor.offset..<next.baseOffset, position: cursor.position, defect: defect))
        cursor.jump(to: next)
        return true
    }
}
