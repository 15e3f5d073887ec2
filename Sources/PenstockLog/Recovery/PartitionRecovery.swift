/// What a new owner does before it appends: checks every segment, cuts the torn tail of the one that nobody sealed, and seals it.
///
/// Nothing is ever appended to a segment of an earlier owner, so a batch that the crash left behind the tail cannot come back.
struct PartitionRecovery {
    let partition: TopicPartition
    let directory: String
    let storage: any Storage
    let limits: LogLimits

    /// - Returns: how far the partition is committed, and what was found.
    /// - Throws: `LogError` with code `damaged` where a segment's first block is wrong: the partition is not touched then.
    func run() throws(LogError) -> (committed: CommittedPosition, reports: [RecoveryReport]) {
        try removeUnfinished()
        let names = try PartitionView.segments(of: partition, in: directory, storage: storage)
        // All of them are looked at before one is touched, and none stays open: there may be more than files may be.
        let seals = try names.map { name throws(LogError) in try open(name).seal }
        let head = try explained(partition) { () throws(StorageError) in
            try PartitionHead.read(in: directory, storage: storage)
        }
        var committed = CommittedPosition(nextOffset: 0, segment: nil)
        var reports: [RecoveryReport] = []
        for (index, name) in names.enumerated() {
            let limit = index + 1 < names.count ? names[index + 1].baseOffset : .max
            let next: UInt64
            if let seal = seals[index] {
                next = seal.nextOffset
                reports += try checkLength(of: name, seal)
            } else {
                let acknowledged = min(head?.acknowledged ?? 0, limit)
                next = try sealTail(of: open(name), acknowledged: acknowledged, upTo: limit, &reports)
            }
            if next > name.baseOffset { committed = CommittedPosition(nextOffset: next, segment: name) }
        }
        // Offsets that were acknowledged once are never given again, even where their records are lost.
        let start = try PartitionStart.read(of: partition, in: directory, storage: storage)
        committed = CommittedPosition(
            nextOffset: max(committed.nextOffset, head?.acknowledged ?? 0, start), segment: committed.segment)
        return (committed, reports)
    }

    private func removeUnfinished() throws(LogError) {
        try explained(partition) { () throws(StorageError) in
            for name in try storage.list(directory) where name.hasSuffix(SegmentName.unfinishedSuffix) {
                try storage.remove(directory + "/" + name)
            }
        }
    }

    private func open(_ name: SegmentName) throws(LogError) -> SegmentFile {
        try SegmentFile(name, of: partition, in: directory, storage: storage, access: .update)
    }

    private func checkLength(of name: SegmentName, _ seal: Seal) throws(LogError) -> [RecoveryReport] {
        let file = try open(name)
        let size = try explained(partition) { () throws(StorageError) in try file.file.byteCount() }
        guard size < Int(seal.end) else { return [] }
        var scan = SegmentScan(file, isOwners: true, limits: limits)
        let outcome = try scan.verify(acknowledged: seal.nextOffset)
        return [
            RecoveryReport(
                partition: partition, file: file.path, position: outcome.end, bytesDropped: 0,
                nextOffset: outcome.nextOffset, lostOffsets: outcome.nextOffset..<seal.nextOffset,
                reason: "the file has \(size) bytes, its seal says \(seal.end)")
        ]
    }

    private func sealTail(
        of file: SegmentFile, acknowledged: UInt64, upTo limit: UInt64, _ reports: inout [RecoveryReport]
    ) throws(LogError) -> UInt64 {
        var scan = SegmentScan(file, isOwners: true, limits: limits)
        let outcome = try scan.verify(acknowledged: acknowledged, upTo: limit)
        for damage in outcome.damaged {
            reports.append(
                RecoveryReport(
                    partition: partition, file: file.path, position: damage.position, bytesDropped: 0,
                    nextOffset: damage.offsets.lowerBound, lostOffsets: damage.offsets, reason: "\(damage.defect)"))
        }
        let dropped = outcome.fileBytes - outcome.end
        let lost = acknowledged > outcome.nextOffset ? outcome.nextOffset..<acknowledged : nil
        if dropped > 0 || lost != nil {
            reports.append(
                RecoveryReport(
                    partition: partition, file: file.path, position: outcome.end, bytesDropped: dropped,
                    nextOffset: outcome.nextOffset, lostOffsets: lost, reason: "\(outcome.defect)"))
        }
        let view = PartitionView(
            partition, directory: directory, storage: storage, limits: limits,
            tail: PartitionTail(waiterLimit: 0, byteLimit: 0))
        let open = try view.openTransaction(at: outcome.nextOffset)
        try explained(partition) { () throws(StorageError) in
            guard outcome.nextOffset > file.name.baseOffset else { return try storage.remove(file.path) }
            try file.file.truncate(to: outcome.end)
            try file.file.sync()
            let seal = Seal(
                nextOffset: outcome.nextOffset, end: UInt64(outcome.end), openTransaction: open?.offset)
            try seal.encoded(generation: file.superblock.generation).withRawBytes { bytes throws(StorageError) in
                try file.file.write([bytes], at: Seal.position)
            }
            try file.file.sync()
            if outcome.damaged.isEmpty {
                SegmentIndexFile.write(
                    outcome.index, beside: file.path, generation: file.superblock.generation, storage: storage)
            }
        }
        return outcome.nextOffset
    }
}
