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

    let segment: SegmentFile
    let limits: LogLimits
    /// Whether the scan is the partition's owner's: nobody else cuts the file then, so that it may be looked at in place.
    var isOwners = false

    /// Verifies every batch from the segment's start.
    ///
    /// - Parameter acknowledged: the offset below which everything is known to have been acknowledged. Where the scan meets damage
    ///   below it, or below what intact batches behind the damage say, it goes on behind; else the damage is the torn tail.
    func verify(acknowledged: UInt64, upTo limit: UInt64 = .max) throws(LogError) -> Outcome {
        let size = try explained(segment.partition) { () throws(StorageError) in try segment.file.byteCount() }
        var check = BatchCheck(segment.superblock, limits: limits)
        var position = Superblock.byteCount
        var window = SegmentWindow(segment.file, maps: isOwners)
        var outcome = Outcome(
            nextOffset: check.expectedOffset, end: position, fileBytes: size, defect: .endOfFile,
            index: SegmentIndex(baseOffset: segment.name.baseOffset))
        while check.expectedOffset < limit {
            switch try next(at: &position, size: size, check, &window) {
            case .success(let header):
                outcome.index.note(header, at: position, allowsGaps: check.allowsGaps)
                check.advance(past: header)
                position += header.paddedByteCount
                outcome.nextOffset = check.expectedOffset
                outcome.end = min(position, size)
            case .failure(let defect):
                outcome.defect = defect
                let contentEnd = try contentEnd(from: outcome.end, size: outcome.fileBytes)
                outcome.fileBytes = min(outcome.fileBytes, contentEnd)
                if contentEnd == outcome.end {
                    outcome.defect = .endOfFile
                    return outcome
                }
                guard
                    let resume = try intactHeader(
                        from: position + Superblock.alignment, atLeast: check.expectedOffset + 1),
                    max(acknowledged, resume.header.committedOffset) > check.expectedOffset
                else { return outcome }
                let lost = check.expectedOffset..<resume.header.baseOffset
                outcome.damaged.append(Damage(offsets: lost, position: position, defect: defect))
                check.expectedOffset = resume.header.baseOffset
                position = resume.position
            }
        }
        outcome.defect = .endOfFile
        return outcome
    }

    /// The batch at `position`, or behind the zeros there, to which `position` goes then.
    ///
    /// What a scan takes for damage it may cut off for ever, so a batch is read again before that is believed: memory, bus or device
    /// may have changed a bit on the way only.
    private func next(
        at position: inout Int, size: Int, _ check: BatchCheck, _ window: inout SegmentWindow
    ) throws(LogError) -> Result<BatchHeader, BatchDefect> {
        let start = position
        position = try fillingEnd(at: start, &window) ?? start
        var found = try batch(at: position, size: size, check, &window)
        for _ in 1..<limits.readAttempts {
            guard case .failure(let defect) = found, defect != .endOfFile else { break }
            var fresh = SegmentWindow(segment.file, maps: false, announces: false)
            position = try fillingEnd(at: start, &fresh) ?? start
            found = try batch(at: position, size: size, check, &fresh)
        }
        return found
    }

    private func fillingEnd(at position: Int, _ window: inout SegmentWindow) throws(LogError) -> Int? {
        guard position % FileBlock.alignment != 0 else { return nil }
        let filling = position.rounded(upTo: FileBlock.alignment) - position
        let bytes = try fetch(filling, at: position, &window).prefix(filling)
        // The end of the file is no filling: what is missing behind the last batch needs none.
        return bytes.count == filling ? BatchCheck.fillingEnd(in: bytes, at: position) : nil
    }

    /// The position behind the last block that is not zero, or `start` where all is zero from there on.
    private func contentEnd(from start: Int, size: Int) throws(LogError) -> Int {
        let window = 1 << 20
        var end = size
        while end > start {
            let count = min(window, end - start)
            let block = Payload.Storage(byteCount: count)
            defer { withExtendedLifetime(block) {} }
            let position = end - count
            let got = try explained(segment.partition) { () throws(StorageError) in
                try segment.file.read(into: block.bytes, at: position)
            }
            let bytes = UnsafeRawBufferPointer(rebasing: block.bytes[..<got])
            if !bytes.isZero, let last = bytes.lastIndex(where: { $0 != 0 }) {
                return (end - count + last + 1).rounded(upTo: FileBlock.alignment)
            }
            end -= count
        }
        return start
    }

    private func batch(
        at position: Int, size: Int, _ check: BatchCheck, _ window: inout SegmentWindow
    ) throws(LogError) -> Result<BatchHeader, BatchDefect> {
        let head = try fetch(BatchHeader.byteCount, at: position, &window)
        let header: BatchHeader
        do {
            let available = head.count < BatchHeader.byteCount ? head.count : size - position
            header = try check.header(in: head.prefix(BatchHeader.byteCount), available: available)
        } catch {
            return .failure(error)
        }
        let needed = BatchHeader.byteCount + Int(header.storedBytes)
        let bytes = try fetch(needed, at: position, &window).prefix(needed)
        guard bytes.count == needed else { return .failure(.truncated(needed: needed, available: bytes.count)) }
        do {
            try check.verify(header, body: UnsafeRawBufferPointer(rebasing: bytes[BatchHeader.byteCount...]))
            return .success(header)
        } catch {
            return .failure(error)
        }
    }

    private func fetch(
        _ needed: Int, at position: Int, _ window: inout SegmentWindow
    ) throws(LogError) -> SegmentWindow.Bytes {
        try explained(segment.partition) { () throws(StorageError) in
            try window.bytes(needed, wanted: max(needed, Self.windowBytes), at: position)
        }
    }

    /// The first header from `start` on that is intact and of this segment, and begins at offset `minimum` or later. Where none is
    /// found the file is read again, as `next` does.
    func intactHeader(from start: Int, atLeast minimum: UInt64) throws(LogError) -> (
        position: Int, header: BatchHeader
    )? {
        for _ in 0..<limits.readAttempts {
            if let found = try lookForHeader(from: start, atLeast: minimum) { return found }
        }
        return nil
    }

    private func lookForHeader(from start: Int, atLeast minimum: UInt64) throws(LogError) -> (
        position: Int, header: BatchHeader
    )? {
        let window = 1 << 20
        var at = start.rounded(upTo: Superblock.alignment)
        while true {
            let storage = Payload.Storage(byteCount: window + BatchHeader.byteCount)
            let count = try explained(segment.partition) { () throws(StorageError) in
                try segment.file.read(into: storage.bytes, at: at)
            }
            guard count >= BatchHeader.byteCount else { return nil }
            for offset in stride(
                from: 0, through: min(count - BatchHeader.byteCount, window - 1), by: Superblock.alignment)
            {
                let bytes = UnsafeRawBufferPointer(rebasing: storage.bytes[offset..<offset + BatchHeader.byteCount])
                guard bytes.integer(UInt32.self, at: 0) == BatchHeader.magic,
                    let header = try? BatchHeader(bytes, generation: segment.superblock.generation),
                    header.baseOffset >= minimum
                else { continue }
                return (at + offset, header)
            }
            at += window
        }
    }
}
