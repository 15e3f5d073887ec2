internal import PenstockEvents

/// Reads the positions of groups from their topics, without a lock and without a reader of its own thread.
struct GroupPositionsReader: Sendable {
    /// The directory of the log.
    let path: String
    let storage: any Storage
    let limits: LogLimits

    private static let attempts = 3

    /// The lowest position of some groups in a partition: 0 where one of them has none, the largest offset for no groups.
    func lowest(of groups: [String], in partition: TopicPartition) throws(LogError) -> UInt64 {
        var lowest = UInt64.max
        for group in groups { lowest = min(lowest, try positions(of: group)?[partition] ?? 0) }
        return lowest
    }

    /// The positions of a group, or nil where there is no such group.
    func positions(of group: String) throws(LogError) -> GroupPositions? {
        let partition = TopicPartition(GroupName.topic(of: group))
        let directory = "\(path)/\(partition.topic)/\(partition.partition)"
        let exists = try explained { () throws(StorageError) in try storage.kind(of: directory) == .directory }
        guard exists else { return nil }
        let view = PartitionView(
            partition, directory: directory, storage: storage, limits: limits,
            tail: PartitionTail(waiterLimit: 0, byteLimit: 0))
        for _ in 1..<Self.attempts {
            // The group's owner may be replacing segments by a compacted one this moment.
            if let positions = try? read(view, group) { return positions }
        }
        return try read(view, group)
    }

    private func read(_ view: PartitionView, _ group: String) throws(LogError) -> GroupPositions {
        var view = view
        var positions = GroupPositions(group: group)
        let committed = try view.committed().nextOffset
        let names = try view.segments()
        for (index, name) in names.enumerated() {
            let file = try view.open(name)
            let limit = index + 1 < names.count ? names[index + 1].baseOffset : committed
            let end = min(limit, committed, file.seal?.nextOffset ?? .max)
            var cursor = SegmentCursor(file, limits: limits)
            while cursor.offset < end, !cursor.isAtCompactedEnd { try take(&cursor, file, end, &positions) }
        }
        return positions
    }

    private func take(
        _ cursor: inout SegmentCursor, _ file: SegmentFile, _ end: UInt64, _ positions: inout GroupPositions
    ) throws(LogError) {
        do {
            let header = try cursor.header()
            let batch = try cursor.batch(header)
            if !header.flags.contains(.control) {
                let records = try RecordBatch(
                    header, slab: batch.slab, at: batch.body.lowerBound, from: header.baseOffset)
                for index in 0..<records.count {
                    let position = try records.event(GroupPosition.self, at: index)
                    positions.offsets[position.partition] = position.offset
                }
            }
            cursor.advance(past: header)
        } catch let CursorFailure.log(error) {
            throw error
        } catch let CursorFailure.defect(defect) {
            throw file.damage(defect, at: cursor.position, offsets: cursor.offset..<end)
        } catch {
            throw file.damage(.layout("\(error)"), at: cursor.position, offsets: cursor.offset..<end)
        }
    }
}
