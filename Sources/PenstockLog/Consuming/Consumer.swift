public import PenstockEvents

/// Reads events of one type; `RecordConsumer` has the rules.
///
///     let consumer = try await Consumer<Reading>(topic: "readings", in: log, group: "monitor")
///     for try await batch in consumer {
///         for event in batch.events { show(event) }
///     }
///     try await consumer.close()
public struct Consumer<E: Event>: AsyncSequence, Sendable {
    /// A batch of events.
    public typealias Element = EventBatch<E>
    /// What ends the sequence before its end.
    public typealias Failure = LogError

    /// The consumer of the events' records: seek, pause, commit, payloads.
    public let records: RecordConsumer

    /// A consumer of all partitions of a topic.
    ///
    /// - Parameters:
    ///   - topic: the topic's name.
    ///   - log: the log.
    ///   - group: whose positions it begins at and commits; nil for none.
    ///   - options: what to read, and how far ahead.
    /// - Throws: as `RecordConsumer`; that the topic holds other records is thrown by `next`, with code
    ///   `schemaMismatch`.
    public init(
        topic: String, in log: any LogStore, group: String? = nil, options: ConsumerOptions = ConsumerOptions()
    ) async throws(LogError) {
        records = try await RecordConsumer(
            topics: [topic], in: log, group: group, schema: E.schema, options: options)
    }

    /// A consumer of some partitions, whose topics hold the same events.
    /// - Throws: as for a topic.
    public init(
        _ partitions: [TopicPartition], in log: any LogStore, group: String? = nil,
        options: ConsumerOptions = ConsumerOptions()
    ) async throws(LogError) {
        records = try await RecordConsumer(partitions, in: log, group: group, schema: E.schema, options: options)
    }

    /// A consumer of what a membership assigns to it, which it leaves when it is closed.
    /// - Throws: `LogError` with code `invalidConfiguration`.
    public init(
        _ membership: any GroupMembership, in log: any LogStore, options: ConsumerOptions = ConsumerOptions()
    ) throws(LogError) {
        records = try RecordConsumer(membership, in: log, schema: E.schema, options: options)
    }

    /// The next batch; waits for it. Nil when every partition is over. Control records and losses are passed over:
    /// `records` delivers them.
    /// - Throws: as `RecordConsumer.next`; `LogError` with code `damaged` where a record is not what the schema says.
    public nonisolated(nonsending) func next() async throws(LogError) -> EventBatch<E>? {
        while let delivery = try await records.next() {
            if let batch = try EventBatch<E>(delivery) { return batch }
        }
        return nil
    }

    /// The next batch for a thread that may block; nil at the end.
    /// - Throws: as `next`.
    @available(*, noasync, message: "use next() in a task")
    public func nextBlocking() throws(LogError) -> EventBatch<E>? {
        while case .delivery(let delivery) = try records.nextBlocking() {
            if let batch = try EventBatch<E>(delivery) { return batch }
        }
        return nil
    }

    /// Batches one after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let consumer: Consumer

        /// The next batch; nil at the end.
        /// - Throws: as `Consumer.next`.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(LogError) -> EventBatch<E>? {
            try await consumer.next()
        }

        /// The next batch; nil at the end.
        /// - Throws: as `Consumer.next`.
        public mutating func next() async throws(LogError) -> EventBatch<E>? { try await consumer.next() }
    }

    /// Batches from where the consumer is.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(consumer: self) }

    /// Stops reading, commits, and leaves the group; as `RecordConsumer.close`.
    /// - Throws: as `RecordConsumer.close`.
    public func close() async throws(LogError) { try await records.close() }
}

/// Events of one batch.
public struct EventBatch<E: Event>: Sendable {
    /// The partition that they come from.
    public let partition: TopicPartition
    /// The events, decoded.
    public let events: [E]
    /// The records that they were: times, key hashes, offsets, payloads.
    public let records: RecordBatch

    /// The events' offsets.
    public var offsets: Range<UInt64> { records.baseOffset..<records.nextOffset }

    /// The event time of an event.
    public func time(at index: Int) -> Timestamp { records.time(at: index) }

    /// - Throws: `LogError` where a record is not what the schema says.
    init?(_ delivery: Delivery) throws(LogError) {
        guard let records = delivery.records else { return nil }
        partition = delivery.partition
        self.records = records
        do throws(RecordError) {
            events = try delivery.events()
        } catch {
            throw LogError(
                .damaged,
                "a record of \(delivery.partition) in offsets \(delivery.offsets) is no \(E.schema.name): \(error)",
                hint: "was it written by a program with another form of the type?",
                place: .init(partition: delivery.partition, offsets: delivery.offsets))
        }
    }
}
