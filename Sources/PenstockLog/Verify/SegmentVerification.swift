internal import PenstockEvents

/// A look at every batch of one segment.
///
/// It reads as a reader does, batch by batch, so what it holds in memory is one window of the file, or the largest batch.
struct SegmentVerification {
    /// What is known before about the segment and its records.
    struct Expectation {
        /// The records' schema; nil where the topic's description cannot be read.
        var schema: Schema?
        /// The segment ends before this offset: another one begins there, or an owner has not committed what is behind.
        var limit: UInt64
        /// The offset below which everything was acknowledged, as far as that is known.
        var acknowledged: UInt64
        /// Whether an owner is appending to this segment.
        var isBeingWritten: Bool
        /// Whether another segment begins at `limit`.
        var hasSuccessor: Bool
    }

    let segment: SegmentFile
    let storage: any Storage
    let limits: LogLimits
    let expectation: Expectation

    /// Goes over the partition's segments with them.
    private(set) var ledger: LedgerVerification
    private var cursor: SegmentCursor
    /// Where the last intact batch ends, without the padding behind it.
    private var end = Superblock.byteCount
    private(set) var report = VerificationReport()

    init(
        _ segment: SegmentFile, storage: any Storage, limits: LogLimits, expectation: Expectation,
        ledger: LedgerVerification
    ) {
        self.ledger = ledger
        self.segment = segment
        self.storage = storage
        self.limits = limits
        self.expectation = expectation
        cursor = SegmentCursor(segment, limits: limits)
    }

    /// Verifies the segment; returns the offset behind its last record, whether intact or lost.
    ///
    /// - Parameter advanced: called with the position in the file after each batch; throws to stop.
    mutating func run(_ advanced: (Int) throws(LogError) -> Void) throws(LogError) -> UInt64 {
        let size = try explained(segment.partition) { () throws(StorageError) in try segment.file.byteCount() }
        report.totals.segments = 1
        report.totals.bytes = size
        let limit = min(expectation.limit, segment.name.nextOffset ?? .max, segment.seal?.nextOffset ?? .max)
        while cursor.offset < limit, !cursor.isAtCompactedEnd {
            do {
                try verifyBatch()
            } catch {
                switch error {
                case .log(let error):
                    guard error.code == .newerFormat else { throw error }
                    return stop(at: error, limit: limit)
                case .defect(let defect):
                    guard let reached = try goBehind(defect, size: size, limit: limit) else { break }
                    if segment.seal == nil { try verifyMissingSeal() }
                    return reached
                }
            }
            try advanced(cursor.position)
        }
        try verifySeal(size: size)
        try verifyIndex()
        // A compacted segment stands for all offsets of its range.
        return segment.name.nextOffset ?? cursor.offset
    }

    private mutating func verifyBatch() throws(CursorFailure) {
        let header = try cursor.header()
        let batch = try cursor.batch(header)
        let position = cursor.position
        if let problem = problem(of: batch) {
            report.add(
                finding(
                    .damage, problem, header.baseOffset..<header.nextOffset, at: position,
                    advice: "the bytes are as they were written: whoever wrote them was wrong; report this"))
        }
        end = position + BatchHeader.byteCount + Int(header.storedBytes)
        cursor.advance(past: header)
        ledger.note(header) { try? ControlRecord(decoding: batch.bytes) }
        report.totals.batches += 1
        report.totals.records += UInt64(header.count)
        if header.flags.contains(.control) { report.totals.controlRecords += 1 }
    }

    /// What is wrong with a batch whose checksums are right.
    private func problem(of batch: SegmentCursor.Batch) -> String? {
        let header = batch.header
        if header.flags.contains(.control) {
            do throws(RecordError) { _ = try ControlRecord(decoding: batch.bytes) } catch {
                return "the control record cannot be read: \(error)"
            }
            return header.count == 1 ? nil : "a control batch claims \(header.count) records"
        }
        let records: RecordBatch
        do throws(BatchDefect) {
            records = try RecordBatch(header, slab: batch.slab, at: batch.body.lowerBound, from: header.baseOffset)
        } catch {
            return "\(error)"
        }
        let (least, greatest) = records.withTimes { ($0.min() ?? 0, $0.max() ?? 0) }
        if least != header.minTime.nanoseconds || greatest != header.maxTime.nanoseconds {
            return "the header's range of event times is not that of the records"
        }
        guard let schema = expectation.schema else { return nil }
        if header.schemaID != schema.id {
            return "the records are of schema id \(header.schemaID), the topic holds \(schema) (id \(schema.id))"
        }
        if let expected = schema.fixedByteCount, records.fixedAttributeBytes != expected {
            return "the attributes do not have the \(expected) bytes of the schema \(schema)"
        }
        return nil
    }

    /// Tells that a newer program wrote the batch at the cursor: what it is, and what follows, cannot be checked. Returns the offset at
    /// which the segment ends, as far as that is known.
    private mutating func stop(at error: LogError, limit: UInt64) -> UInt64 {
        let acknowledged = max(isComplete && limit != .max ? limit : 0, min(expectation.acknowledged, limit))
        let end = max(acknowledged, cursor.offset + 1)
        var place = error.place
        place.offsets = cursor.offset..<end
        report.add(.init(error, topic: segment.partition.topic, place: place, advice: error.hint))
        return end
    }

    /// Whether the segment holds everything up to its limit, or has lost it.
    private var isComplete: Bool {
        segment.seal != nil || expectation.isBeingWritten || expectation.hasSuccessor
    }

    /// Tells what is wrong at the cursor and goes to the next intact batch. Where there is none: the offset at which the segment ends.
    private mutating func goBehind(_ defect: BatchDefect, size: Int, limit: UInt64) throws(LogError) -> UInt64? {
        let position = cursor.position
        let next = try cursor.intactHeaderBehind()
        let acknowledged = max(
            isComplete && limit != .max ? limit : 0, expectation.acknowledged,
            next.map { $0.header?.committedOffset ?? $0.baseOffset } ?? 0)
        guard cursor.offset < acknowledged else {
            // A writer lets the size go ahead of the batches: zeros up to the end of the file are a clean end.
            let contentEnd = try segment.seal == nil ? min(size, segment.contentEnd(from: position, size: size)) : size
            if contentEnd > position {
                report.add(
                    finding(
                        .information,
                        "\(contentEnd - position) bytes of an append that nobody acknowledged: \(defect)", nil,
                        at: position, advice: "nothing; the next writer of the partition cuts them off"))
            }
            return cursor.offset
        }
        let end = min(next?.baseOffset ?? acknowledged, limit)
        report.add(
            finding(
                .damage, "\(defect)", cursor.offset..<end, at: position,
                advice: "restore the file from a copy; readers can go on at offset \(end)"))
        guard let next, next.baseOffset < limit else { return end }
        cursor.jump(to: next)
        return nil
    }

    private mutating func verifySeal(size: Int) throws(LogError) {
        guard let seal = segment.seal else { return try verifyMissingSeal() }
        if seal.nextOffset > expectation.limit {
            report.add(
                finding(
                    .warning, "the seal says that the segment goes on to offset \(seal.nextOffset)",
                    expectation.limit..<seal.nextOffset, at: Seal.position,
                    advice: "readers take the segment that begins at offset \(expectation.limit)"))
        } else if !(end...end.rounded(upTo: FileBlock.alignment)).contains(Int(seal.end)) {
            report.add(
                finding(
                    .damage, "the seal says that the batches end at byte \(seal.end); the last one ends at \(end)",
                    nil, at: Seal.position, advice: "restore the file from a copy"))
        }
        guard size > Int(seal.end) else { return }
        report.add(
            finding(
                .warning, "\(size - Int(seal.end)) bytes behind the end that the seal names", nil, at: Int(seal.end),
                advice: "nothing; nobody reads them"))
    }

    /// A segment without a valid seal is being written or was left by a crash, unless there is something where the seal belongs.
    private mutating func verifyMissingSeal() throws(LogError) {
        let block = Payload.Storage(byteCount: Superblock.byteCount)
        _ = try explained(segment.partition) { () throws(StorageError) in
            try segment.file.read(into: block.bytes, at: 0)
        }
        guard block.bytes[Seal.position..<Seal.position + Seal.byteCount].contains(where: { $0 != 0 }) else { return }
        // It may have been sealed since it was opened.
        let bytes = UnsafeRawBufferPointer(block.bytes)
        guard Seal(block: bytes, generation: segment.superblock.generation) == nil else { return }
        report.add(
            finding(
                .damage, "the seal is damaged", nil, at: Seal.position,
                advice: "the records are checked one by one and are all there as far as no other line says otherwise; "
                    + "restore the file from a copy"))
    }

    /// An index that is not what the batches say slows readers down until it is made again; it never misleads them.
    private mutating func verifyIndex() throws(LogError) {
        let path = SegmentIndexFile.path(segment.path)
        let isThere = try explained(segment.partition) { () throws(StorageError) in try storage.kind(of: path) != nil }
        guard isThere, segment.seal != nil, report.isIntact else { return }
        let walked = cursor.segment.index
        if let stored = SegmentIndexFile.read(beside: segment, storage: storage),
            stored.entries == walked.entries, stored.minTime == walked.minTime, stored.maxTime == walked.maxTime,
            stored.lastAppendTime == walked.lastAppendTime
        {
            return
        }
        report.add(
            VerificationReport.Finding(
                .warning, topic: segment.partition.topic,
                place: .init(partition: segment.partition, file: path, position: 0),
                summary: "the index does not agree with its segment",
                advice: "remove the file; readers do without it, more slowly when they look for a place"))
    }

    private func finding(
        _ severity: VerificationReport.Severity, _ summary: String, _ offsets: Range<UInt64>?, at position: Int,
        advice: String?
    ) -> VerificationReport.Finding {
        VerificationReport.Finding(
            severity, topic: segment.partition.topic,
            place: .init(partition: segment.partition, offsets: offsets, file: segment.path, position: position),
            summary: summary, advice: advice)
    }
}
