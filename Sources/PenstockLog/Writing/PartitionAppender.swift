internal import PenstockEvents

/// Writes the groups of one partition, on a thread of the log.
///
/// The order of a group is fixed: its batches, one sync, the committed position, the acknowledgements.
actor PartitionAppender {
    /// What the opening of a partition found.
    struct Opening {
        let reports: [RecoveryReport]
        let epoch: UInt32
        let owed: ControlRecord?
    }

    private let partition: TopicPartition
    private let directory: String
    private let topic: LiveTopic
    private let storage: any Storage
    /// Decides about the ownership; nil for a lock of the file system.
    nonisolated let lease: Lease?
    private let clock: any WallClock
    private let randomNumbers: any RandomSource
    private let limits: LogLimits
    private let tail: PartitionTail
    private let queue: WriterQueue
    let thread: StorageThread
    private let maintenance: PartitionMaintenance

    private var owner: OwnerLock?
    private var head: (any StorageFile)?
    private var segment: SegmentWriter?
    private var committed = CommittedPosition(nextOffset: 0, segment: nil)
    /// The position behind the last committed batch in `segment`.
    private var committedEnd = Superblock.byteCount
    /// As it stands behind the last committed batch.
    private var ledger = PartitionLedger()
    /// Written, not committed.
    private var written: [(submission: WriterQueue.Submission, header: BatchHeader)] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(
        _ partition: TopicPartition, directory: String, topic: LiveTopic, storage: any Storage,
        lease: Lease?, clock: any WallClock, randomNumbers: any RandomSource, limits: LogLimits, tail: PartitionTail,
        queue: WriterQueue, thread: StorageThread, maintenance: PartitionMaintenance
    ) {
        self.partition = partition
        self.directory = directory
        self.topic = topic
        self.storage = storage
        self.lease = lease
        self.clock = clock
        self.randomNumbers = randomNumbers
        self.limits = limits
        self.tail = tail
        self.queue = queue
        self.thread = thread
        self.maintenance = maintenance
    }

    /// Takes the ownership, recovers, and opens the queue.
    ///
    /// Where a transaction was open at the partition's end, the record that ends it is returned: it has to come first.
    func open(_ outcomes: TransactionOutcomes, committing id: TransactionID?) throws(LogError) -> Opening {
        let (partition, directory, storage) = (partition, directory, storage)
        let owner = try OwnerLock(of: partition, in: directory, storage: storage, lease: lease)
        try maintenance.removeGarbage()
        let recovery = PartitionRecovery(partition: partition, directory: directory, storage: storage, limits: limits)
        let (committed, reports) = try recovery.run()
        let view = PartitionView(partition, directory: directory, storage: storage, limits: limits, tail: tail)
        ledger = try LedgerFile.ledger(of: view, at: committed.nextOffset)
        let owed = try ledger.open.map { open throws(LogError) in
            try outcomes.end(of: open, in: partition, committing: id)
        }
        self.owner = owner
        self.committed = committed
        head = try explained(partition) { () throws(StorageError) in
            // What an earlier owner that stands still has open is then another file.
            if lease != nil {
                try storage.replace(PartitionHead.fileName, in: directory, with: encodedHead)
            }
            return try storage.open(directory + "/" + PartitionHead.fileName, .updateOrCreate)
        }
        try explained(partition) { () throws(StorageError) in
            try writeHead()
            try storage.syncDirectory(directory)
        }
        maintain()
        tail.publish(ledger.readable(committed))
        queue.open(at: committed.nextOffset, ledger: ledger)
        return Opening(reports: reports, epoch: owner.epoch, owed: owed)
    }

    /// Writes what has gathered. Called once for every change of the queue from empty to not empty.
    func writeGroup() {
        let group = queue.takeGroup(byteLimit: limits.groupBytes)
        let failure = write(group)
        if let failure {
            abandonSegment()
            let behind = queue.fail(resumingAt: committed.nextOffset, ledger: ledger)
            for submission in written.map(\.submission) + group + behind {
                submission.pending.settle(.failure(failure))
            }
            written = []
        }
        if queue.finish(group) { startWriting() }
    }

    /// Lets the thread write what has gathered, behind what else it has to do.
    nonisolated func startWriting() { thread.run { self.assumeIsolated { $0.writeGroup() } } }

    /// Writes what is left, seals the segment and gives the partition up.
    func close() throws(LogError) {
        guard owner != nil else { return }
        while !queue.isEmpty { writeGroup() }
        defer {
            tail.retire()
            segment = nil
            head = nil
            owner = nil
        }
        try explained(partition) { () throws(StorageError) in try finishSegment() }
        maintain()
    }

    /// Calls `body` as the owner; returns false where the partition was given up.
    func maintain(
        _ body: @Sendable (PartitionMaintenance, PartitionMaintenance.Standing) throws(LogError) -> Void
    ) throws(LogError) -> Bool {
        guard let standing else { return false }
        try body(maintenance, standing)
        return true
    }

    // Between two segments: the topic's changes come into force, and what may go goes.
    private func maintain() {
        topic.refresh()
        if let standing { maintenance.run(standing) }
    }

    private var standing: PartitionMaintenance.Standing? {
        guard let owner else { return nil }
        return .init(epoch: owner.epoch, committed: ledger.readable(committed).nextOffset, active: segment?.name)
    }

    deinit {
        if owner != nil { tail.retire() }
    }

    private func write(_ group: [WriterQueue.Submission]) -> LogError? {
        do {
            let now = clock.now()
            for submission in group { try add(submission, at: now) }
            try commit()
            return nil
        } catch {
            return LogError(error, partition: partition)
        }
    }

    private func add(_ submission: WriterQueue.Submission, at now: Timestamp) throws(StorageError) {
        let batch = submission.batch
        if let segment, segment.isFull(for: batch.byteCount) {
            try commit()
            try finishSegment()
            maintain()
        }
        let segment = try currentSegment(at: submission.pending.firstOffset)
        let header = batch.finish { header in
            header.baseOffset = submission.pending.firstOffset
            header.generation = segment.generation
            header.appendTime = now
            header.epoch = segment.name.epoch
            header.committedOffset = committed.nextOffset
        }
        segment.add(batch, header)
        written.append((submission, header))
    }

    private func commit() throws(StorageError) {
        guard let last = written.last, let segment else { return }
        try segment.flush()
        let durability = topic.configuration.durability
        if durability == .durable { try segment.sync() }
        // What was written while the lease was held is found by the next owner; what came later it need not see.
        try owner?.check(segment.path)
        committed = CommittedPosition(nextOffset: last.header.nextOffset, segment: segment.name)
        committedEnd = segment.end
        for (submission, header) in written { ledger.note(submission.batch, at: header.baseOffset) }
        // The head is a hint for other processes: where it cannot be written they see the records later, at the next seal.
        try? writeHead()
        tail.publish(
            ledger.readable(committed), written.map { TailBatch(header: $0.header, slab: $0.submission.batch.slab) })
        for (submission, header) in written {
            let count = Int(header.count)
            submission.pending.settle(
                .success(Acknowledgement(firstOffset: header.baseOffset, count: count, durability: durability)))
        }
        written.removeAll(keepingCapacity: true)
    }

    private func currentSegment(at offset: UInt64) throws(StorageError) -> SegmentWriter {
        if let segment { return segment }
        guard let owner else { preconditionFailure("a partition is written to by its owner only") }
        let writer = try SegmentWriter(
            SegmentName(baseOffset: offset, epoch: owner.epoch), of: partition, in: directory,
            generation: randomNumbers.next(), segmentBytes: topic.configuration.segmentBytes,
            storage: storage)
        segment = writer
        committedEnd = writer.end
        return writer
    }

    private func finishSegment() throws(StorageError) {
        guard let segment else { return }
        try segment.sync()
        try writeLedger()
        try segment.seal(nextOffset: committed.nextOffset, end: segment.end, openTransaction: ledger.open?.offset)
        SegmentIndexFile.write(segment.index, beside: segment.path, generation: segment.generation, storage: storage)
        self.segment = nil
    }

    // After a failed write nothing more goes to that file. Where even this fails, the base offset of the next segment bounds it. The
    // seal follows a sync, as everywhere: weaker classes have not synced yet.
    private func abandonSegment() {
        guard let segment else { return }
        self.segment = nil
        if committedEnd == Superblock.byteCount {
            try? storage.remove(segment.path)
        } else {
            do {
                try segment.sync()
                try writeLedger()
                try segment.seal(
                    nextOffset: committed.nextOffset, end: committedEnd, openTransaction: ledger.open?.offset)
            } catch {}
        }
    }

    // Before older segments may go, which hold what it is made of.
    private func writeLedger() throws(StorageError) {
        try LedgerFile.write(ledger, at: committed.nextOffset, in: directory, storage: storage)
    }

    private var encodedHead: [UInt8] { PartitionHead.encode(ledger.readable(committed)) }

    private func writeHead() throws(StorageError) {
        guard let head else { return }
        try encodedHead.withRawBytes { bytes throws(StorageError) in
            try head.write([bytes], at: 0)
        }
    }
}
