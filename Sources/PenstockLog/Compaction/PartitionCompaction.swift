internal import PenstockEvents

/// Rewrites the sealed segments of a partition so that only the last record of every key stays.
///
/// A pass takes the last offset of every key into memory, from where the segments stop being clean up to where memory ends, and
/// then writes new segments without the records that one of these supersedes. Where memory ended early, another pass goes on
/// behind. The last record of every producer stays in any case, as it tells the next owner which of the producer's records are
/// there. Control records stay; so do batches of transactions, which supersede nothing either, since whether they count is not
/// known here.
struct PartitionCompaction {
    let partition: TopicPartition
    let directory: String
    let storage: any Storage
    let limits: LogLimits
    let key: RecordKey
    let schemaID: UInt64
    /// New segments end at the first old segment's end behind this size.
    let segmentBytes: Int
    let epoch: UInt32
    /// Gives the new segments their generations.
    let randomNumbers: any RandomSource
    /// Records below were given up and are not taken along.
    let firstOffset: UInt64

    /// Compacts what stands before the segment that is being written.
    /// - Parameter onlyWorthwhile: whether to do nothing while less than half of the bytes may hold superseded records.
    /// - Throws: `LogError` with code `damaged` or `newerFormat`, or one of the storage. Every step done before it is complete.
    func run(before active: SegmentName?, onlyWorthwhile: Bool) throws(LogError) {
        var files = try sealedSegments(before: active)
        var dirty = dirtyOffset(files)
        guard let last = files.last?.seal, dirty < last.nextOffset else { return }
        if onlyWorthwhile {
            let sizes = files.map { Int($0.seal?.end ?? 0) }
            let dirtyBytes = zip(files, sizes).reduce(0) { $1.0.name.baseOffset >= dirty ? $0 + $1.1 : $0 }
            guard dirtyBytes * 2 > sizes.reduce(0, +) else { return }
        }
        while dirty < last.nextOffset {
            let latest = try lastOffsets(files, from: dirty)
            precondition(latest.end > dirty, "every pass of a compaction gets on")
            try rewrite(files.filter { $0.name.baseOffset < latest.end }, latest)
            dirty = latest.end
            files = try sealedSegments(before: active)
        }
    }

    /// The segments from the first one on that have a seal.
    private func sealedSegments(before active: SegmentName?) throws(LogError) -> [SegmentFile] {
        var files: [SegmentFile] = []
        for name in try PartitionView.segments(of: partition, in: directory, storage: storage) {
            guard name != active else { break }
            let file = try SegmentFile(name, of: partition, in: directory, storage: storage, limits: limits)
            guard file.seal != nil else { break }
            files.append(file)
        }
        return files
    }

    /// The offset below which no key stands twice.
    private func dirtyOffset(_ files: [SegmentFile]) -> UInt64 {
        var clean = UInt64.max
        var end = files.first?.name.baseOffset ?? 0
        for file in files {
            guard let cleanOffset = file.superblock.cleanOffset, let next = file.name.nextOffset else { break }
            clean = min(clean, cleanOffset)
            end = next
        }
        return min(clean, end)
    }

    private func lastOffsets(_ files: [SegmentFile], from start: UInt64) throws(LogError) -> LastOffsets {
        var latest = LastOffsets(from: start, byteLimit: limits.compactionKeyBytes)
        for file in files {
            guard let seal = file.seal else { continue }
            try noteProducers(of: file, in: &latest)
            guard seal.nextOffset > start else { continue }
            var isFull = false
            try forEachBatch(of: file) { batch throws(LogError) in
                guard !isFull, batch.header.nextOffset > max(start, firstOffset), hasKeys(batch.header) else { return }
                let records = try records(of: batch, in: file)
                for index in 0..<records.count {
                    let offset = records.baseOffset + UInt64(index)
                    guard offset >= max(start, firstOffset), let key = records.withAttributes(at: index, key.key) else {
                        continue
                    }
                    guard latest.insert(key, at: offset) else {
                        isFull = true
                        return
                    }
                }
            }
            if isFull { return latest }
            latest.advance(to: seal.nextOffset)
        }
        return latest
    }

    private func noteProducers(of file: SegmentFile, in latest: inout LastOffsets) throws(LogError) {
        var cursor = SegmentCursor(file, limits: limits)
        while let header = try nextHeader(&cursor, of: file) {
            latest.note(header)
            cursor.advance(past: header)
        }
    }

    private func rewrite(_ files: [SegmentFile], _ latest: LastOffsets) throws(LogError) {
        var index = 0
        while index < files.count {
            let superblock = Superblock(
                generation: randomNumbers.next(), baseOffset: files[index].name.baseOffset, epoch: epoch,
                partition: UInt32(partition.partition), cleanOffset: latest.end)
            let writer = try explained(partition) { () throws(StorageError) in
                try CompactedSegmentWriter(superblock, of: partition, in: directory, storage: storage)
            }
            index = try fill(writer, files, from: index, latest)
        }
    }

    /// Merges files into one new segment, and returns the index of the first that has no room in it.
    private func fill(
        _ writer: CompactedSegmentWriter, _ files: [SegmentFile], from start: Int, _ latest: LastOffsets
    ) throws(LogError) -> Int {
        var index = start
        var end = files[start].name.baseOffset
        do {
            // A hole between two segments is a loss, which must not disappear among the gaps of a compacted one.
            while index < files.count, files[index].name.baseOffset == end,
                index == start || writer.position < segmentBytes
            {
                try copy(files[index], to: writer, latest)
                end = files[index].seal?.nextOffset ?? end
                index += 1
            }
            let replaced = files[start..<index].map(\.name)
            try explained(partition) { () throws(StorageError) in
                try writer.finish(
                    nextOffset: end, openTransaction: files[index - 1].seal?.openTransaction, replacing: replaced)
            }
        } catch {
            writer.abandon()
            throw error
        }
        return index
    }

    private func copy(
        _ file: SegmentFile, to writer: CompactedSegmentWriter, _ latest: LastOffsets
    ) throws(LogError) {
        var cursor = SegmentCursor(file, limits: limits)
        while let batch = try nextBatch(&cursor, of: file) {
            if batch.header.nextOffset <= firstOffset { continue }
            guard hasKeys(batch.header) else {
                try explained(partition) { () throws(StorageError) in try writer.append(batch) }
                continue
            }
            let records = try records(of: batch, in: file)
            let kept = (0..<records.count).filter { index in
                let offset = records.baseOffset + UInt64(index)
                guard offset >= firstOffset else { return false }
                if index == records.count - 1, latest.isLastOfProducer(batch.header) { return true }
                guard let key = records.withAttributes(at: index, key.key) else { return true }
                return !latest.supersedes(key, at: offset)
            }
            if kept.count == records.count {
                try explained(partition) { () throws(StorageError) in try writer.append(batch) }
            } else {
                for run in Self.runs(kept) { try append(run, of: records, batch.header, to: writer) }
            }
        }
    }

    private func append(
        _ run: Range<Int>, of records: RecordBatch, _ header: BatchHeader, to writer: CompactedSegmentWriter
    ) throws(LogError) {
        var builder = RecordBatchBuilder(schemaID: records.schemaID)
        for index in run {
            let hash = records.withKeyHashes { $0.isEmpty ? nil : $0[index] }
            let record = records.withAttributes(at: index) {
                StoredRecord(attributes: Array($0), payload: records.payload(at: index))
            }
            builder.append(record, time: records.time(at: index), keyHash: hash)
        }
        let encoded = try EncodedBatch(builder, codec: header.codec, limits: limits, partition: partition)
        try explained(partition) { () throws(StorageError) in
            try writer.append(encoded, from: header, first: run.lowerBound)
        }
    }

    private static func runs(_ indices: [Int]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for index in indices {
            if let last = runs.last, last.upperBound == index {
                runs[runs.count - 1] = last.lowerBound..<index + 1
            } else {
                runs.append(index..<index + 1)
            }
        }
        return runs
    }

    private func hasKeys(_ header: BatchHeader) -> Bool {
        header.flags.isEmpty && header.schemaID == schemaID
    }

    private func records(of batch: SegmentCursor.Batch, in file: SegmentFile) throws(LogError) -> RecordBatch {
        do {
            return try RecordBatch(
                batch.header, slab: batch.slab, at: batch.body.lowerBound, from: batch.header.baseOffset)
        } catch {
            throw file.damage(error, at: 0, offsets: batch.header.baseOffset..<batch.header.nextOffset)
        }
    }

    private func forEachBatch(
        of file: SegmentFile, _ body: (SegmentCursor.Batch) throws(LogError) -> Void
    ) throws(LogError) {
        var cursor = SegmentCursor(file, limits: limits)
        while let batch = try nextBatch(&cursor, of: file) { try body(batch) }
    }

    /// The next batch of a sealed segment, or nil behind its last.
    private func nextBatch(
        _ cursor: inout SegmentCursor, of file: SegmentFile
    ) throws(LogError) -> SegmentCursor.Batch? {
        guard let header = try nextHeader(&cursor, of: file) else { return nil }
        do {
            let batch = try cursor.batch(header)
            cursor.advance(past: header)
            return batch
        } catch {
            throw explain(error, cursor)
        }
    }

    private func nextHeader(_ cursor: inout SegmentCursor, of file: SegmentFile) throws(LogError) -> BatchHeader? {
        guard let seal = file.seal, !cursor.isAtCompactedEnd, cursor.offset < seal.nextOffset else { return nil }
        do { return try cursor.header() } catch { throw explain(error, cursor) }
    }

    private func explain(_ failure: CursorFailure, _ cursor: SegmentCursor) -> LogError {
        switch failure {
        case .log(let error): return error
        case .defect(let defect):
            let end = cursor.segment.file.seal?.nextOffset ?? cursor.offset + 1
            return cursor.segment.file.damage(defect, at: cursor.position, offsets: cursor.offset..<end)
        }
    }
}
