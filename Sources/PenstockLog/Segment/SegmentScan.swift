internal import PenstockEvents

/// A walk over the batches of a segment that nobody sealed, or whose middle is in doubt.
struct SegmentScan {
    /// What a scan found.
    struct Outcome: Equatable {
        /// The offset behind the last intact batch.
        var nextOffset: UInt64
        /// The position behind the last intact batch.
        var end: Int
        /// The file's size.
        var fileBytes: Int
        /// Why the scan ended; `endOfFile` for a clean end.
        var defect: BatchDefect
        /// Ranges that were acknowledged and cannot be read, with intact batches behind them.
        var damaged: [Damage] = []
    }

    struct Damage: Equatable {
        var offsets: Range<UInt64>
        var position: Int
        var defect: BatchDefect
    }

    let segment: SegmentFile
    let limits: LogLimits

    /// Verifies every batch from the segment's start.
    ///
    /// - Parameter acknowledged: the offset below which everything is known to have been acknowledged. Where the scan meets damage
    ///   below it, or below what intact batches behind the damage say, it goes on behind; else the damage is the torn tail.
    func verify(acknowledged: UInt64, upTo limit: UInt64 = .max) throws(LogError) -> Outcome {
        let size = try explained(segment.partition) { () throws(StorageError) in try segment.file.byteCount() }
        var check = BatchCheck(segment.superblock, limits: limits)
        var position = Superblock.byteCount
        var outcome = Outcome(nextOffset: check.expectedOffset, end: position, fileBytes: size, defect: .endOfFile)
        while check.expectedOffset < limit {
            position = try fillingEnd(at: position) ?? position
            let found = try batch(at: position, size: size, check)
            switch found {
            case .success(let header):
                check.advance(past: header)
                position += header.paddedByteCount
                outcome.nextOffset = check.expectedOffset
                outcome.end = min(position, size)
            case .failure(let defect):
                outcome.defect = defect
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

    private func fillingEnd(at position: Int) throws(LogError) -> Int? {
        guard position % FileBlock.alignment != 0 else { return nil }
        let count = position.rounded(upTo: FileBlock.alignment) - position
        let filling = try read(count, at: position)
        return BatchCheck.fillingEnd(in: UnsafeRawBufferPointer(filling.bytes), at: position)
    }

    private func batch(
        at position: Int, size: Int, _ check: BatchCheck
    ) throws(LogError) -> Result<BatchHeader, BatchDefect> {
        do {
            let head = try read(BatchHeader.byteCount, at: position)
            let header = try check.header(in: UnsafeRawBufferPointer(head.bytes), available: max(0, size - position))
            let body = try read(Int(header.storedBytes), at: position + BatchHeader.byteCount)
            try check.verify(header, body: UnsafeRawBufferPointer(body.bytes))
            return .success(header)
        } catch let defect as BatchDefect {
            return .failure(defect)
        } catch let error as LogError {
            throw error
        } catch {
            preconditionFailure("a scan throws defects and log errors only")
        }
    }

    /// The first header from `start` on that is intact and of this segment, and begins at offset `minimum` or later.
    func intactHeader(from start: Int, atLeast minimum: UInt64) throws(LogError) -> (
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

    // Fewer bytes than asked for at the end of the file; the rest is zero.
    private func read(_ count: Int, at position: Int) throws(LogError) -> Payload.Storage {
        let storage = Payload.Storage(byteCount: count)
        let got = try explained(segment.partition) { () throws(StorageError) in
            try segment.file.read(into: storage.bytes, at: position)
        }
        for index in got..<count { storage.bytes[index] = 0 }
        return storage
    }
}
