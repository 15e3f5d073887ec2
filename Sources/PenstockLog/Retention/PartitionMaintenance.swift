internal import PenstockEvents

/// What the owner of a partition does to its segments besides appending: removes what was given up, by request or by retention, and
/// compacts. Runs on the owner's thread, under the owner's lock.
struct PartitionMaintenance: Sendable {
    let partition: TopicPartition
    let directory: String
    let topic: LiveTopic
    let storage: any Storage
    let clock: any WallClock
    let randomNumbers: any RandomSource
    let limits: LogLimits
    let tail: PartitionTail
    /// Positions of the groups that hold records back.
    let positions: GroupPositionsReader
    /// Takes failures that must not stop the appending.
    let report: @Sendable (LogError) -> Void

    /// How the owner stands.
    struct Standing {
        let epoch: UInt32
        /// The offset behind the last committed record.
        let committed: UInt64
        /// The segment that is being written, or nil for none.
        let active: SegmentName?
    }

    /// Removes what an owner before left behind when it died between giving records up and removing them.
    func removeGarbage() throws(LogError) {
        let (segments, replaced) = try names()
        try remove(replaced)
        try remove(below: firstOffset(), segments, active: nil)
    }

    /// Applies retention and compaction. A failure is reported: the next segment is the next occasion.
    func run(_ standing: Standing) {
        do {
            try applyRetention(standing)
            try compact(standing, onlyWorthwhile: true)
        } catch {
            report(error)
        }
    }

    /// Makes `offset` the first of the partition, and removes the segments before it.
    /// - Throws: `LogError` with code `offsetOutOfRange` behind the end.
    func truncate(before offset: UInt64, _ standing: Standing) throws(LogError) {
        let (segments, _) = try names()
        let start = try firstOffset()
        let first = max(start, segments.first?.baseOffset ?? standing.committed)
        guard offset <= standing.committed else {
            throw PartitionStart.outOfRange(offset, of: partition, min(first, standing.committed)..<standing.committed)
        }
        guard offset > first else { return }
        try giveUp(below: offset, segments, standing.active)
    }

    /// Removes the segments that the topic's retention lets go.
    func applyRetention(_ standing: Standing) throws(LogError) {
        let retention = topic.configuration.retention
        guard retention != .everything else { return }
        let (names, _) = try names()
        let view = PartitionView(partition, directory: directory, storage: storage, limits: limits, tail: tail)
        var sealed: [RetentionSweep.Sealed] = []
        var activeBytes = 0
        for (index, name) in names.enumerated() {
            let bytes = try view.byteCount(of: name)
            guard name != standing.active else {
                activeBytes = bytes
                break
            }
            let end = index + 1 < names.count ? names[index + 1].baseOffset : standing.committed
            sealed.append(.init(name: name, end: end, byteCount: bytes))
        }
        let sweep = RetentionSweep(
            retention: retention, now: clock.now(),
            consumed: try positions.lowest(of: retention.untilConsumedBy, in: partition))
        let first = try sweep.firstOffset(of: sealed, activeBytes: activeBytes) { name throws(LogError) in
            try SegmentTimes(view.open(name), limits: limits)?.lastAppend
        }
        if let first { try giveUp(below: first, names, standing.active) }
    }

    /// Keeps the last record of every key only, in the segments that nobody appends to any more.
    func compact(_ standing: Standing, onlyWorthwhile: Bool) throws(LogError) {
        guard let key = RecordKey(fields: topic.configuration.compactionKey, of: topic.schema) else { return }
        let start = try firstOffset()
        let compaction = PartitionCompaction(
            partition: partition, directory: directory, storage: storage, limits: limits, key: key,
            schemaID: topic.schema.id, segmentBytes: topic.configuration.segmentBytes, epoch: standing.epoch,
            randomNumbers: randomNumbers, firstOffset: start)
        try compaction.run(before: standing.active, onlyWorthwhile: onlyWorthwhile)
    }

    private func giveUp(below offset: UInt64, _ names: [SegmentName], _ active: SegmentName?) throws(LogError) {
        try explained(partition) { () throws(StorageError) in
            try PartitionStart.write(offset, in: directory, storage: storage)
        }
        tail.publish(firstOffset: offset)
        try remove(below: offset, names, active: active)
    }

    private func remove(below start: UInt64, _ names: [SegmentName], active: SegmentName?) throws(LogError) {
        var garbage: [SegmentName] = []
        for (index, name) in names.enumerated() where name != active {
            let end: UInt64
            if index + 1 < names.count {
                end = names[index + 1].baseOffset
            } else {
                let file = try SegmentFile(name, of: partition, in: directory, storage: storage, limits: limits)
                guard let seal = file.seal else { break }
                end = seal.nextOffset
            }
            guard end <= start else { break }
            garbage.append(name)
        }
        try remove(garbage)
    }

    private func remove(_ garbage: [SegmentName]) throws(LogError) {
        guard !garbage.isEmpty else { return }
        try explained(partition) { () throws(StorageError) in
            for name in garbage { try name.remove(from: directory, storage: storage) }
            try storage.syncDirectory(directory)
        }
    }

    private func firstOffset() throws(LogError) -> UInt64 {
        try PartitionStart.read(of: partition, in: directory, storage: storage, attempts: limits.readAttempts)
    }

    private func names() throws(LogError) -> (segments: [SegmentName], replaced: [SegmentName]) {
        SegmentName.effective(
            in: try explained(partition) { () throws(StorageError) in try storage.list(directory) })
    }
}
