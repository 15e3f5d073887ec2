internal import PenstockEvents

extension PartitionView {
    /// How far the partition goes, as a reader would see it, and what it takes. Looks at no more than both ends of the last segment
    /// and the indexes of the others.
    mutating func described() throws(LogError) -> TopicDescription.Partition {
        let next = try committed().nextOffset
        let names = try segments()
        let first = try max(firstOffset(), names.first?.baseOffset ?? next)
        var bytes = 0
        for name in names { bytes += try byteCount(of: name) }
        // A last segment that cannot be read is for its readers to report.
        let last = names.last.flatMap { name in try? open(name) }
        let times = try? last.flatMap { file in try SegmentTimes(file, limits: limits) }
        return .init(
            number: partition.partition, firstOffset: min(first, next), nextOffset: next, segments: names.count,
            byteCount: bytes, lastAppendTime: times?.lastAppend, eventTimes: eventTimes(of: names),
            isEnded: last.flatMap { file in try? isEnded(file, at: next) })
    }

    // Nil where one of the segments has no index: it would have to be walked through.
    private func eventTimes(of names: [SegmentName]) -> ClosedRange<Timestamp>? {
        var (least, greatest) = (Int64.max, Int64.min)
        for name in names {
            guard let file = try? open(name), let index = SegmentIndexFile.read(beside: file, storage: storage) else {
                return nil
            }
            least = min(least, index.minTime)
            greatest = max(greatest, index.maxTime)
        }
        guard least <= greatest else { return nil }
        return Timestamp(nanoseconds: least)...Timestamp(nanoseconds: greatest)
    }

    // Nil where the last record is the log's own, or a row of a transaction: what stands before, or whether it counts, is not known here.
    private func isEnded(_ file: SegmentFile, at next: UInt64) throws -> Bool? {
        guard let last = try HeaderSearch(segment: file, limits: limits).last(), let header = last.header,
            header.nextOffset == next, !header.belongsToLog, !header.flags.contains(.transactional)
        else { return nil }
        guard header.flags.contains(.control) else { return false }
        var cursor = SegmentCursor(file, limits: limits)
        cursor.jump(to: last)
        return try ControlRecord(decoding: cursor.batch(cursor.header()).bytes) == .endOfStream
    }
}
