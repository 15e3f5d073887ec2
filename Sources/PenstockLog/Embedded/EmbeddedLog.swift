public import PenstockEvents

/// A log that is a directory: nothing is installed or started, and any number of processes may read it while one writes.
///
/// Files are written, synced, read and verified on threads of the log's own, never on the pool of Swift concurrency. The format is
/// in `docs/event-log-format.md`.
public final class EmbeddedLog: LogStore {
    private struct State {
        var tails: [TopicPartition: PartitionTail] = [:]
        var appenders: [TopicPartition: WeakAppender] = [:]
        var reports: [RecoveryReport] = []
        var failures: [LogError] = []
        var openedWriters = 0
        var openedReaders = 0
    }

    /// The appender of a partition for as long as its writer keeps it.
    private struct WeakAppender {
        weak var appender: PartitionAppender?
    }

    let storage: any Storage
    let clock: any WallClock
    let timer: any MonotonicClock
    let randomNumbers: any RandomSource
    let leases: (any PartitionLeases)?
    let limits: LogLimits
    let directory: LogDirectory
    let sharedGroups: SharedGroups
    private let writerThreads: [StorageThread]
    private let readerThreads: [StorageThread]
    private let state = Guarded(State())

    /// Opens the log in `path`.
    ///
    /// - Parameters:
    ///   - path: the directory. Where it is absent or empty it becomes a log, if `creating`; its parent must be there.
    ///   - creating: whether a log is made where there is none.
    ///   - storage: the files.
    ///   - clock: stamps batches with the time of their append, which decides nothing but what retention by age drops.
    ///   - timer: by which readers and members of groups wait.
    ///   - limits: the bounds of everything that grows.
    ///   - randomNumbers: tell files of one name apart; they decide nothing.
    ///   - leases: give out the right to write to partitions, where several processes that serve the log share the directory.
    /// - Throws: `LogError` with code `notALog`, `logNotFound`, `newerFormat`, `tooManyOpenFiles`, or another one of the storage.
    public init(
        directory path: String, creating: Bool = true, storage: any Storage = FileStorage(),
        clock: any WallClock = SystemWallClock(), timer: any MonotonicClock = SystemMonotonicClock(),
        limits: LogLimits = LogLimits(),
        randomNumbers: any RandomSource = SystemRandomSource(), leases: (any PartitionLeases)? = nil
    ) async throws(LogError) {
        precondition(
            limits.writerThreads > 0 && limits.readerThreads > 0, "a log needs a thread to write and one to read")
        precondition(limits.batchBytes < 1 << 32, "the format counts the bytes of a batch in 32 bits")
        try DescriptorReserve.check("open the log \(path)")
        self.storage = storage
        self.clock = clock
        self.timer = timer
        self.limits = limits
        sharedGroups = SharedGroups(limits: limits.groups, clock: timer, randomNumbers: randomNumbers)
        self.randomNumbers = randomNumbers
        self.leases = leases
        let scheduler = storage.scheduler
        func thread(_ name: String) -> StorageThread {
            StorageThread(label: "penstock-log.\(name)", scheduler: scheduler)
        }
        writerThreads = (0..<limits.writerThreads).map { thread("writer-\($0)") }
        readerThreads = (0..<limits.readerThreads).map { thread("reader-\($0)") }
        directory = LogDirectory(
            path, storage: storage, limits: limits, randomNumbers: randomNumbers, thread: thread("directory"))
        try await directory.open(creating: creating)
    }

    /// What the openings of partitions through this object found out about unclean ends, oldest first.
    public var recoveryReports: [RecoveryReport] { state.withLock { $0.reports } }

    /// Failures of retention and compaction beside the appending, oldest first. They are tried again at the next segment.
    public var maintenanceFailures: [LogError] { state.withLock { $0.failures } }

    /// What the storage cannot do here and does in another way, a line each: worth telling once.
    public var storageNotes: [String] { storage.notes }

    /// Creates a topic.
    /// - Throws: `LogError` with code `topicExists`, `invalidTopicName`, `invalidConfiguration`, or one of the storage.
    public func createTopic(
        _ name: String, schema: Schema, configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        try TopicName.refuseInternal(name)
        return try await createTopic(ofTheLog: name, schema: schema, configuration)
    }

    private func createTopic(
        ofTheLog name: String, schema: Schema, _ configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        let topic = TopicDescriptor(name: name, schema: schema, configuration: configuration)
        try await directory.create(topic)
        sharedGroups.topicChanged(name)
        return try await describe(topic)
    }

    /// The topic `name`, which is created with `configuration` where it is not there. An existing topic keeps its configuration.
    /// - Throws: as `createTopic`; `LogError` with code `schemaMismatch` where the topic holds records of another schema.
    public func openTopic(
        _ name: String, schema: Schema, creatingWith configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        try TopicName.refuseInternal(name)
        return try await openTopic(ofTheLog: name, schema: schema, configuration)
    }

    /// As `openTopic`, for the log's own topics too.
    func openTopic(
        ofTheLog name: String, schema: Schema, _ configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        let topic: TopicDescriptor
        do {
            topic = try await directory.topic(name)
        } catch {
            guard error.code == .topicNotFound else { throw error }
            do {
                return try await createTopic(ofTheLog: name, schema: schema, configuration)
            } catch {
                // Somebody else was faster.
                guard error.code == .topicExists else { throw error }
                topic = try await directory.topic(name)
            }
        }
        guard topic.schema.id == schema.id else {
            throw LogError(
                .schemaMismatch, "topic \(name) holds records of \(topic.schema), not of \(schema)",
                hint: "use another topic for the new schema, or delete this one")
        }
        return try await describe(topic)
    }

    /// The names of all topics, sorted by their bytes, without those that the log keeps for itself.
    public func topics() async throws(LogError) -> [String] { try await directory.topics() }

    /// A topic's schema, configuration, partitions and offsets.
    /// - Throws: `LogError` with code `topicNotFound` or `damaged`.
    public func describe(_ topic: String) async throws(LogError) -> TopicDescription {
        try await describe(directory.topic(topic))
    }

    /// Deletes a topic with all its records. Positions that groups have in it stay.
    /// - Throws: `LogError` with code `topicNotFound`, or `partitionOwned` where somebody writes to it.
    public func deleteTopic(_ name: String) async throws(LogError) {
        try TopicName.refuseInternal(name)
        try await delete(name)
    }

    /// As `deleteTopic`, for the log's own topics too.
    func delete(_ topic: String) async throws(LogError) {
        try await directory.delete(directory.topic(topic))
        sharedGroups.topicChanged(topic)
    }

    /// Becomes the writer of a partition, after recovery where the last one ended uncleanly.
    /// - Throws: `LogError` with code `partitionOwned` where there is one, in this or another process.
    public func writer(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        try await writer(for: partition, committing: nil)
    }

    /// Becomes the writer of a partition, and commits the transaction with this id, where the last owner left it open.
    /// - Throws: as `writer(for:)`.
    public func writer(
        for partition: TopicPartition, committing id: TransactionID?
    ) async throws(LogError) -> any TopicWriter {
        try TopicName.refuseInternal(partition.topic)
        return try await writer(ofTheLog: partition, committing: id)
    }

    /// As `writer`, for the log's own topics too.
    func writer(
        ofTheLog partition: TopicPartition, committing id: TransactionID? = nil
    ) async throws(LogError) -> any TopicWriter {
        let descriptor = try await topic(of: partition)
        try await directory.keepTopicNames()
        let claimed = try await claim(partition)
        do throws(LogError) {
            return try await writer(of: partition, committing: id, descriptor, claimed)
        } catch {
            await claimed.release()
            throw error
        }
    }

    private func writer(
        of partition: TopicPartition, committing id: TransactionID?, _ descriptor: TopicDescriptor, _ claimed: Claimed
    ) async throws(LogError) -> any TopicWriter {
        let topic = LiveTopic(descriptor, in: "\(directory.path)/\(descriptor.name)", storage: storage)
        let queue = WriterQueue(
            byteLimit: limits.pendingBytesPerWriter,
            admissions: Admissions(
                producerLimit: limits.producersPerPartition, durability: topic.configuration.durability))
        let thread = nextWriterThread()
        let tail = tail(of: partition)
        let appender = PartitionAppender(
            partition, directory: directory.directory(of: partition), topic: topic, storage: claimed.storage,
            lease: claimed.lease, clock: clock, randomNumbers: randomNumbers, limits: limits, tail: tail, queue: queue,
            thread: thread, maintenance: maintenance(of: partition, topic, tail, claimed.storage))
        let opening = try await appender.open(outcomes, committing: id)
        keep(opening.reports)
        state.withLock { $0.appenders[partition] = WeakAppender(appender: appender) }
        let writer = PartitionWriter(
            partition, directory: directory.directory(of: partition), epoch: opening.epoch, topic: topic,
            limits: limits, queue: queue, appender: appender)
        if let owed = opening.owed { try await writer.end(owed) }
        return writer
    }

    /// A reader of a partition, which brings `parts` of every record into memory. Needs no write access.
    /// - Throws: `LogError` with code `offsetOutOfRange` where the position is outside the partition.
    public func reader(
        for partition: TopicPartition, from position: ReadPosition, parts: RecordParts
    ) async throws(LogError) -> any TopicReader {
        _ = try await topic(of: partition)
        let thread = state.withLock { state in
            defer { state.openedReaders += 1 }
            return readerThreads[state.openedReaders % readerThreads.count]
        }
        let fetcher = PartitionFetcher(
            view(of: partition), parts: parts, limits: limits, timer: timer, thread: thread)
        let start = try await fetcher.open(at: position)
        return PartitionReader(partition, fetcher: fetcher, position: start)
    }

    func nextWriterThread() -> StorageThread {
        state.withLock { state in
            defer { state.openedWriters += 1 }
            return writerThreads[state.openedWriters % writerThreads.count]
        }
    }

    func keep(_ reports: [RecoveryReport]) {
        state.withLock { state in
            state.reports += reports
            state.reports.removeFirst(max(0, state.reports.count - limits.recoveryReports))
        }
    }

    /// Does something to a partition's segments as its owner: as its writer, where this log has it open, or as an owner for a moment.
    func asOwner(
        of partition: TopicPartition,
        _ body: @escaping @Sendable (PartitionMaintenance, PartitionMaintenance.Standing) throws(LogError) -> Void
    ) async throws(LogError) {
        _ = try await topic(of: partition)
        let appender = state.withLock { $0.appenders[partition]?.appender }
        if let appender, try await appender.maintain(body) { return }
        let writer = try await writer(ofTheLog: partition)
        let opened = state.withLock { $0.appenders[partition]?.appender }
        do {
            _ = try await opened?.maintain(body)
        } catch {
            try? await writer.close()
            throw error
        }
        try await writer.close()
    }

    private func maintenance(
        of partition: TopicPartition, _ topic: LiveTopic, _ tail: PartitionTail, _ storage: any Storage
    ) -> PartitionMaintenance {
        PartitionMaintenance(
            partition: partition, directory: directory.directory(of: partition), topic: topic, storage: storage,
            clock: clock, randomNumbers: randomNumbers, limits: limits, tail: tail, positions: directory.groupPositions
        ) { [weak self] error in
            guard let self else { return }
            state.withLock { state in
                state.failures.append(error)
                state.failures.removeFirst(max(0, state.failures.count - self.limits.maintenanceFailures))
            }
        }
    }

    func topic(of partition: TopicPartition) async throws(LogError) -> TopicDescriptor {
        let topic = try await directory.topic(partition.topic)
        guard (0..<topic.configuration.partitions).contains(partition.partition) else {
            throw LogError(
                .partitionNotFound, "topic \(partition.topic) has no partition \(partition.partition)",
                hint: "its partitions are 0 to \(topic.configuration.partitions - 1)",
                place: .init(partition: partition))
        }
        return topic
    }

    func describe(_ topic: TopicDescriptor) async throws(LogError) -> TopicDescription {
        var partitions: [TopicDescription.Partition] = []
        for number in 0..<topic.configuration.partitions {
            partitions.append(try await directory.describe(view(of: TopicPartition(topic.name, number))))
        }
        return TopicDescription(
            name: topic.name, schema: topic.schema, configuration: topic.configuration, partitions: partitions)
    }

    func view(of partition: TopicPartition) -> PartitionView {
        PartitionView(
            partition, directory: directory.directory(of: partition), storage: storage, limits: limits,
            tail: tail(of: partition), outcomes: outcomes)
    }

    private var outcomes: TransactionOutcomes { TransactionOutcomes { [self] in view(of: $0) } }

    private func tail(of partition: TopicPartition) -> PartitionTail {
        state.withLock { state in
            if let tail = state.tails[partition] { return tail }
            let tail = PartitionTail(
                waiterLimit: limits.waitingReadersPerPartition, byteLimit: limits.tailBytesPerPartition)
            state.tails[partition] = tail
            return tail
        }
    }
}
