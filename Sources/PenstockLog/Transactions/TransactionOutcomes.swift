internal import PenstockEvents

/// Finds out, from the files of its home, how a transaction ended.
struct TransactionOutcomes: Sendable {
    enum Outcome: Sendable {
        case committed
        /// Aborted, or begun by an owner that is gone and committed nothing: it never can be any more.
        case aborted
        /// The owner that may still commit is alive.
        case undecided
    }

    /// The view of a partition, or nil where the log has no such partition.
    let view: @Sendable (TopicPartition) -> PartitionView?

    /// - Parameter isRelied: whether something durable is about to follow from a commit. The home's file is synced then: its commit
    ///   record may be in the page cache only, and must not vanish behind what follows from it.
    func outcome(of begin: TransactionBegin, isRelied: Bool) throws(LogError) -> Outcome {
        let home = TopicPartition(begin.homeTopic, Int(begin.homePartition))
        guard let view = view(home), try Self.exists(view) else { return .aborted }
        guard try isAlive(begin, view) else { return try end(of: begin, view, before: .max, isRelied) ?? .aborted }
        // What its owner has not acknowledged may still fail.
        let readable = try view.ownersPosition()?.nextOffset ?? 0
        guard readable > begin.homeOffset else { return .undecided }
        return try end(of: begin, view, before: readable, isRelied) ?? .aborted
    }

    /// The record that ends a transaction of an earlier owner of `partition`; `id` is to be committed where its home is this partition.
    /// - Throws: `LogError` with code `transactionUndecided` where the owner of its home lives and may still commit it.
    func end(
        of open: PartitionLedger.OpenTransaction, in partition: TopicPartition, committing id: TransactionID?
    ) throws(LogError) -> ControlRecord {
        let begin = open.begin
        let isHome = partition == TopicPartition(begin.homeTopic, Int(begin.homePartition))
        switch isHome ? (begin.id == id ? .committed : .aborted) : try outcome(of: begin, isRelied: true) {
        case .committed: return .transactionCommit(begin.id)
        case .aborted: return .transactionAbort(begin.id)
        case .undecided:
            throw LogError(
                .transactionUndecided,
                "\(partition) ends in transaction \(begin.id), which the writer of \(begin.homeTopic)/\(begin.homePartition) "
                    + "has neither committed nor aborted",
                hint: "open it again when that transaction has ended, or end that process",
                place: .init(partition: partition))
        }
    }

    // Whether the owner of the home is the one under whom the transaction began. No later one can commit it.
    private func isAlive(_ begin: TransactionBegin, _ view: PartitionView) throws(LogError) -> Bool {
        let locked = try explained(view.partition) { () throws(StorageError) in
            try view.storage.isLocked(view.directory + "/" + OwnerLock.fileName)
        }
        guard locked else { return false }
        return OwnerLock.epoch(in: view.directory, storage: view.storage) ?? begin.homeEpoch <= begin.homeEpoch
    }

    // The first record behind the begin that ends a transaction; nil where there is none, or the begin is not there itself.
    private func end(
        of begin: TransactionBegin, _ view: PartitionView, before limit: UInt64, _ isRelied: Bool
    ) throws(LogError) -> Outcome? {
        var walk = try HeaderWalk(view, from: begin.homeOffset)
        guard let first = try walk.next(), first.baseOffset == begin.homeOffset, first.flags.contains(.begin),
            try isBegin(begin, first, walk, view)
        else { return nil }
        while let header = try walk.next(), header.baseOffset < limit {
            if header.flags.contains(.abort) { return .aborted }
            guard header.flags.contains(.commit) else { continue }
            guard try isInForce(header, walk, view) else { return nil }
            if isRelied, let path = walk.file?.path {
                try explained(view.partition) { () throws(StorageError) in
                    try view.storage.open(path, .update).sync()
                }
            }
            return .committed
        }
        return nil
    }

    // Whether the record that came last is this begin. Where it cannot be read and should be there is no way to tell.
    private func isBegin(_ begin: TransactionBegin, _ header: BatchHeader, _ walk: HeaderWalk, _ view: PartitionView)
        throws(LogError) -> Bool
    {
        do throws(LogError) {
            var walk = walk
            return try walk.controlRecord() == .transactionBegin(begin)
        } catch {
            guard error.code == .damaged, try !isAcknowledged(header, walk, view) else { throw error }
            return false
        }
    }

    // Whether a commit record is whole. One that is not was still being written and is about to be cut, unless it had been
    // acknowledged: then it is damaged, and its header, which is whole, says all there is to know.
    private func isInForce(_ header: BatchHeader, _ walk: HeaderWalk, _ view: PartitionView) throws(LogError) -> Bool {
        do throws(LogError) {
            var walk = walk
            _ = try walk.controlRecord()
            return true
        } catch {
            guard error.code == .damaged else { throw error }
            return try isAcknowledged(header, walk, view)
        }
    }

    private func isAcknowledged(
        _ header: BatchHeader, _ walk: HeaderWalk, _ view: PartitionView
    ) throws(LogError) -> Bool {
        let head = try explained(view.partition) { () throws(StorageError) in
            try PartitionHead.read(in: view.directory, storage: view.storage)
        }
        if let head, head.acknowledged > header.baseOffset { return true }
        var walk = walk
        while let later = try walk.next() {
            if later.committedOffset > header.baseOffset { return true }
        }
        return false
    }

    private static func exists(_ view: PartitionView) throws(LogError) -> Bool {
        try explained(view.partition) { () throws(StorageError) in try view.storage.kind(of: view.directory) != nil }
    }
}
