public import PenstockEvents

#if canImport(Dispatch)
    internal import Dispatch
#endif

/// Reads partitions of one or several topics: batch by batch, fairly between partitions, a bounded number of bytes
/// ahead, from where its group has got to.
///
/// It works over any log, with records of any type; `Consumer` is the same for events of one type. It is a sequence of
/// deliveries, and has a form for plain threads, `nextBlocking`. One task or thread at a time asks for the next
/// delivery; asking says that the one before is processed, which is what automatic commits go by. Of a backlog the
/// order is fixed: one batch of each partition in turn, by topic and number.
///
/// A consumer that has nothing to deliver sleeps. `close` has to be called for the last commit; one that is dropped
/// stops reading.
public final class RecordConsumer: AsyncSequence, Sendable {
    /// A delivery.
    public typealias Element = Delivery
    /// What ends the sequence before its end.
    public typealias Failure = LogError

    let core: ConsumerCore
    private let following: Task<Void, Never>
    private let payloadReaders: PayloadReaders

    /// A consumer of some partitions.
    ///
    /// - Parameters:
    ///   - partitions: the partitions, of one topic or several.
    ///   - log: the log.
    ///   - group: whose positions it begins at and commits; the consumer is its one owner until it is closed. Nil for
    ///     none.
    ///   - options: what to read, and how far ahead.
    /// - Throws: `LogError` with code `invalidConfiguration`, or as `LogStore.group`. What is wrong with a partition is
    ///   thrown by `next`.
    public convenience init(
        _ partitions: [TopicPartition], in log: any LogStore, group: String? = nil,
        options: ConsumerOptions = ConsumerOptions()
    ) async throws(LogError) {
        try await self.init(partitions, in: log, group: group, schema: nil, options: options)
    }

    /// A consumer of all partitions of some topics, or of the part of them that its group gives it.
    ///
    /// - Parameters:
    ///   - topics: the topics' names.
    ///   - log: the log.
    ///   - group: whose positions it begins at and commits; its members share the partitions of their topics. Nil for
    ///     none.
    ///   - options: what to read, and how far ahead.
    /// - Throws: `LogError` with code `topicNotFound` or `invalidConfiguration`, or as `LogStore.join`.
    public convenience init(
        topics: [String], in log: any LogStore, group: String? = nil, options: ConsumerOptions = ConsumerOptions()
    ) async throws(LogError) {
        try await self.init(topics: topics, in: log, group: group, schema: nil, options: options)
    }

    /// A consumer of what a membership assigns to it, which it leaves when it is closed.
    /// - Throws: `LogError` with code `invalidConfiguration`.
    public convenience init(
        _ membership: any GroupMembership, in log: any LogStore, options: ConsumerOptions = ConsumerOptions()
    ) throws(LogError) {
        try self.init(membership, in: log, schema: nil, options: options)
    }

    convenience init(
        topics: [String], in log: any LogStore, group: String?, schema: Schema?, options: ConsumerOptions
    ) async throws(LogError) {
        var partitions: [TopicPartition] = []
        for topic in topics {
            partitions += try await log.describe(topic).partitions.map { TopicPartition(topic, $0.number) }
        }
        guard let group else {
            try await self.init(partitions, in: log, group: nil, schema: schema, options: options)
            return
        }
        try options.validate()
        let member = GroupMember(
            topics: topics, instance: options.instance, sessionTimeout: options.sessionTimeout,
            rebalanceTimeout: options.rebalanceTimeout)
        try self.init(try await log.join(group, as: member), in: log, schema: schema, options: options)
    }

    convenience init(
        _ partitions: [TopicPartition], in log: any LogStore, group: String?, schema: Schema?, options: ConsumerOptions
    ) async throws(LogError) {
        try options.validate()
        guard !partitions.isEmpty else {
            throw LogError(.invalidConfiguration, "a consumer cannot read no partitions", hint: "name one or more")
        }
        var owner: (any ConsumerGroup)?
        if let group { owner = try await log.group(group) }
        try self.init(SingleMember(partitions, owner: owner), in: log, schema: schema, options: options)
    }

    init(
        _ membership: any GroupMembership, in log: any LogStore, schema: Schema?, options: ConsumerOptions
    ) throws(LogError) {
        try options.validate()
        let core = ConsumerCore(membership, in: log, schema: schema, options: options)
        self.core = core
        payloadReaders = PayloadReaders(log)
        following = Task.detached { await core.follow() }
    }

    deinit {
        following.cancel()
        core.abandon()
    }

    // MARK: Reading

    /// The next delivery; waits for it. Nil when every partition is over.
    /// - Throws: `LogError`: `damaged` or `offsetOutOfRange` where records are lost, `cancelled` where the task is,
    ///   `closed`, what ended the membership, or one of the storage. `seek` leads away from a failed place.
    public nonisolated(nonsending) func next() async throws(LogError) -> Delivery? { try await core.next() }

    /// The next delivery for a thread that may block.
    ///
    /// Not for tasks: a blocked thread of Swift concurrency's pool is missing for the work that it waits for, so that
    /// the program may stand still.
    /// - Parameter timeout: how long to wait; nil for any time.
    /// - Throws: as `next`.
    @available(*, noasync, message: "use next() in a task")
    public func nextBlocking(timeout: Duration? = nil) throws(LogError) -> BlockingDelivery {
        let wait = timeout.map { Int(clamping: Swift.max(0, $0.nanoseconds)) }
        return try core.nextBlocking(until: wait.map { .now() + .nanoseconds($0) } ?? .distantFuture)
    }

    /// Deliveries one after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let consumer: RecordConsumer

        /// The next delivery; nil at the end.
        /// - Throws: as `RecordConsumer.next`.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(LogError) -> Delivery? {
            try await consumer.core.next()
        }

        /// The next delivery; nil at the end.
        /// - Throws: as `RecordConsumer.next`.
        public mutating func next() async throws(LogError) -> Delivery? { try await consumer.core.next() }
    }

    /// Deliveries from where the consumer is.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(consumer: self) }

    /// What `selection` takes of the payloads of records, one payload for each of `offsets`; as `TopicReader.payloads`.
    ///
    /// Whatever the consumer's parts and position: for those of the records that turn out to be wanted.
    /// - Throws: as `TopicReader.payloads`.
    public func payloads(
        of offsets: [UInt64], in partition: TopicPartition, _ selection: PayloadSelection = .all
    ) async throws(LogError) -> [Payload] {
        try await payloadReaders.payloads(of: offsets, in: partition, selection)
    }

    // MARK: Ending

    /// Stops reading, commits what is processed where commits are automatic, and leaves the group. A batch that was
    /// delivered and not gone on from is not processed. Closing twice does nothing.
    /// - Throws: `LogError` of the last commit or of the group.
    public func close() async throws(LogError) {
        do throws(LogError) { try await core.close() } catch {
            following.cancel()
            await payloadReaders.close()
            throw error
        }
        following.cancel()
        await payloadReaders.close()
    }
}
