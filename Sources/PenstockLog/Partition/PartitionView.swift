/// A partition as a reader sees it: its segments, and how far they are committed.
///
/// The committed position comes from the first of these that applies: the writer of this process; the head file, where another
/// process holds the lock; the seal of the last segment; a scan of the last segment, whose owner died.
struct PartitionView: Sendable {
    let partition: TopicPartition
    let directory: String
    let storage: any Storage
    let limits: LogLimits
    let tail: PartitionTail
    /// How transactions of owners that are gone ended; nil where nobody asks.
    let outcomes: TransactionOutcomes?

    private var scanned: (name: SegmentName, bytes: Int, committed: CommittedPosition)?

    init(
        _ partition: TopicPartition, directory: String, storage: any Storage, limits: LogLimits, tail: PartitionTail,
        outcomes: TransactionOutcomes? = nil
    ) {
        self.partition = partition
        self.directory = directory
        self.storage = storage
        self.limits = limits
        self.tail = tail
        self.outcomes = outcomes
    }

    /// The segments in the order of their offsets, without those that a compacted one has replaced.
    static func segments(
        of partition: TopicPartition, in directory: String, storage: any Storage
    ) throws(LogError) -> [SegmentName] {
        SegmentName.effective(
            in: try explained(partition) { () throws(StorageError) in try storage.list(directory) }
        ).segments
    }

    func segments() throws(LogError) -> [SegmentName] {
        try Self.segments(of: partition, in: directory, storage: storage)
    }

    /// The offset below which nothing may be read, from the partition's `start` file; 0 where nothing was given up.
    func firstOffset() throws(LogError) -> UInt64 {
        try max(tail.firstOffset, firstOffsetInFile())
    }

    private func firstOffsetInFile() throws(LogError) -> UInt64 {
        try PartitionStart.read(of: partition, in: directory, storage: storage, attempts: limits.readAttempts)
    }

    /// The size of a segment file; 0 where it went this moment.
    func byteCount(of name: SegmentName) throws(LogError) -> Int {
        do {
            return try storage.open(directory + "/" + name.fileName, .read).byteCount()
        } catch {
            if error.reason == .notFound { return 0 }
            throw LogError(error, partition: partition)
        }
    }

    func open(_ name: SegmentName) throws(LogError) -> SegmentFile {
        try SegmentFile(name, of: partition, in: directory, storage: storage, limits: limits)
    }

    /// How far the partition may be read now.
    mutating func committed() throws(LogError) -> CommittedPosition {
        if let committed = try ownersPosition() { return committed }
        return try withoutOpenTransaction(abandonedPosition())
    }

    /// How far the partition may be read as its owner says; nil where it has none, or none that has said so yet.
    func ownersPosition() throws(LogError) -> CommittedPosition? {
        if let committed = tail.committed { return committed }
        guard try isOwned() else { return nil }
        return try explained(partition) { () throws(StorageError) in
            try PartitionHead.read(in: directory, storage: storage)
        }
    }

    // How far it is intact, where no owner says it.
    private mutating func abandonedPosition() throws(LogError) -> CommittedPosition {
        let owned = try isOwned()
        let head = try explained(partition) { () throws(StorageError) in
            try PartitionHead.read(in: directory, storage: storage)
        }
        guard let last = try segments().last else {
            return CommittedPosition(nextOffset: max(head?.acknowledged ?? 0, try firstOffset()), segment: nil)
        }
        let file = try open(last)
        if let seal = file.seal {
            return CommittedPosition(nextOffset: max(seal.nextOffset, head?.acknowledged ?? 0), segment: last)
        }
        if owned { return CommittedPosition(nextOffset: last.baseOffset, segment: last) }
        return try scan(file, acknowledged: head?.acknowledged ?? 0)
    }

    private func isOwned() throws(LogError) -> Bool {
        try explained(partition) { () throws(StorageError) in
            try storage.isLocked(directory + "/" + OwnerLock.fileName)
        }
    }

    private mutating func scan(_ file: SegmentFile, acknowledged: UInt64) throws(LogError) -> CommittedPosition {
        let bytes = try explained(partition) { () throws(StorageError) in try file.file.byteCount() }
        if let scanned, scanned.name == file.name, scanned.bytes == bytes { return scanned.committed }
        var scan = SegmentScan(file, limits: limits)
        let outcome = try scan.verify(acknowledged: acknowledged)
        let committed = CommittedPosition(nextOffset: max(outcome.nextOffset, acknowledged), segment: file.name)
        scanned = (file.name, bytes, committed)
        return committed
    }
}
