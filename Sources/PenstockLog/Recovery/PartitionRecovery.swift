/// What a new owner does before it appends: checks every segment, cuts the torn tail of the one that nobody sealed, and seals it.
///
/// Nothing is ever appended to a segment of an earlier owner, so a batch that the crash left behind the tail cannot come back.
struct PartitionRecovery {
    let partition: TopicPartition
    let directory: String
    let storage: any Storage
    let limits: LogLimits

    /// What the scan of a segment without a seal found.
    private struct Tail {
        /// The offset below which everything in the segment is known to have been acknowledged.
        let acknowledged: UInt64
        let outcome: SegmentScan.Outcome
    }

    /// - Returns: how far the partition is committed, and what was found.
    /// - Throws: `LogError` with code `damaged` where a segment's first block is wrong, `newerFormat` where a newer program wrote a
    ///   segment, or a batch of one that would have to be cut: no segment is touched then.
    func run() throws(LogError) -> (committed: CommittedPosition, reports: [RecoveryReport]) {
        try removeUnfinished()
        let names = try PartitionView.segments(of: partition, in: directory, storage: storage)
        // All of them are looked at before one is touched, and none stays open: there may be more than files may be.
        let seals = try names.map { name throws(LogError) in
            let file = try open(name)
            try refuseNewer(file)
            return file.seal
        }
        let head = try explained(partition) { () throws(StorageError) in
            try PartitionHead.read(in: directory, storage: storage)
        }
        var tails: [SegmentName: Tail] = [:]
        for (index, name) in names.enumerated() where seals[index] == nil {
            let limit = index + 1 < names.count ? names[index + 1].baseOffset : .max
            let acknowledged = min(head?.acknowledged ?? 0, limit)
            var scan = SegmentScan(try open(name), isOwners: true, limits: limits)
            tails[name] = Tail(
                acknowledged: acknowledged, outcome: try scan.verify(acknowledged: acknowledged, upTo: limit))
        }
        var committed = CommittedPosition(nextOffset: 0, segment: nil)
        var reports: [RecoveryReport] = []
        for (index, name) in names.enumerated() {
            let next: UInt64
            if let tail = tails[name] {
                next = try seal(tail, of: open(name), &reports)
            } else if let seal = seals[index] {
                next = seal.nextOffset
                reports += try checkLength(of: name, seal)
            } else {
                preconditionFailure("a segment has a seal, or its tail was scanned")
            }
            if next > name.baseOffset { committed = CommittedPosition(nextOffset: next, segment: name) }
        }
        // Offsets that were acknowledged once are never given again, even where their records are lost.
        let start = try PartitionStart.read(
            of: partition, in: directory, storage: storage, attempts: limits.readAttempts)
        committed = CommittedPosition(
            nextOffset: max(committed.nextOffset, head?.acknowledged ?? 0, start), segment: committed.segment)
        return (committed, reports)
    }

    private func removeUnfinished() throws(LogError) {
        try explained(partition) { () throws(StorageError) in
            for name in try storage.list(directory)
            where name.hasSuffix(SegmentName.unfinishedSuffix) || FileStorage.isUnfinished(name) {
                try storage.remove(directory + "/" + name)
            }
        }
    }

    private func open(_ name: SegmentName) throws(LogError) -> SegmentFile {
        try SegmentFile(name, of: partition, in: directory, storage: storage, limits: limits, access: .update)
    }

    // A segment has one writer, whose first batch tells which program it was.
    private func refuseNewer(_ file: SegmentFile) throws(LogError) {
        var limits = limits
        limits.readWindowBytes = FileBlock.alignment
        var cursor = SegmentCursor(file, limits: limits)
        do {
            _ = try cursor.header()
        } catch {
            if case .log(let error) = error, error.code == .newerFormat { throw error }
        }
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

    private func seal(
        _ tail: Tail, of file: SegmentFile, _ reports: inout [RecoveryReport]
    ) throws(LogError) -> UInt64 {
        let (acknowledged, outcome) = (tail.acknowledged, tail.outcome)
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
