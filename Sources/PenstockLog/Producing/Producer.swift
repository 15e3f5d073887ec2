public import PenstockEvents

/// Sends events of one type to a topic; `RecordProducer` has the rules.
///
///     let producer = try await Producer<Reading>("readings", in: log, options: ProducerOptions(name: "thermometer"))
///     let receipt = try await producer.send(reading, time: now)
///     let offset = try await receipt.offset()
///     try await producer.close()
public struct Producer<E: Event>: Sendable {
    /// The producer of the events' records.
    public let records: RecordProducer

    /// Opens a producer of a topic. Partitions are opened when the first event for each is sent.
    ///
    /// - Parameters:
    ///   - topic: the topic's name.
    ///   - log: the log.
    ///   - configuration: with what the topic is created where it is not there; nil where it has to be there.
    ///   - options: how to gather, bound and repeat.
    /// - Throws: as `RecordProducer`; `LogError` with code `schemaMismatch` also where the layout of a fixed event is
    ///   not its schema's.
    public init(
        _ topic: String, in log: any LogStore, creatingWith configuration: TopicConfiguration? = nil,
        options: ProducerOptions = ProducerOptions()
    ) async throws(LogError) {
        if let fixed = E.self as? any FixedEvent.Type, let defect = fixed.layoutDefect {
            throw LogError(.schemaMismatch, "events cannot be sent to topic \(topic): \(defect)")
        }
        records = try await RecordProducer(
            topic, of: E.schema, in: log, creatingWith: configuration, options: options)
    }

    /// Sends an event; suspends while the producer holds its limit of pending bytes.
    ///
    /// - Parameters:
    ///   - event: the event. It must not send to this producer while it writes its record.
    ///   - time: the event time.
    ///   - keyHash: the hash of the key (`KeyHash`), nil for an event without one.
    ///   - partition: the partition's number; nil leaves it to the partitioner.
    /// - Throws: `LogError` with code `partitionNotFound`, `cancelled` where the task is while it waits for room,
    ///   `closed`, or what stopped the producer, such as `producerFenced`.
    @inlinable @discardableResult
    public nonisolated(nonsending) func send(
        _ event: E, time: Timestamp, keyHash: UInt64? = nil, partition: Int? = nil
    ) async throws(LogError) -> Receipt {
        if let receipt = try offer(event, time: time, keyHash: keyHash, partition: partition) { return receipt }
        return try await records.send(time: time, keyHash: keyHash, partition: partition) { $0.append(event) }
    }

    /// Takes an event if there is room for it, without waiting: for plain threads, and for who drops events rather than
    /// wait.
    /// - Throws: as `send`.
    /// - Returns: nil where there is no room; the event was not taken then.
    @inlinable
    public func offer(
        _ event: E, time: Timestamp, keyHash: UInt64? = nil, partition: Int? = nil
    ) throws(LogError) -> Receipt? {
        try records.offer(time: time, keyHash: keyHash, partition: partition) { $0.append(event) }
    }

    /// Sends a control record, behind everything that was sent to the partition before and before everything after.
    /// - Throws: as `RecordProducer.send(control:to:)`.
    @discardableResult
    public nonisolated(nonsending) func send(
        control record: ControlRecord, to partition: Int
    ) async throws(LogError) -> Receipt {
        try await records.send(control: record, to: partition)
    }

    /// Says in every partition that nothing follows, ever, so that its readers finish.
    /// - Throws: as `RecordProducer.send(control:to:)`.
    public nonisolated(nonsending) func endStream() async throws(LogError) { try await records.endStream() }

    /// How many records of the producer's name a partition holds, behind everything that was sent to it so far: a
    /// program that died goes on with the event of that number among those that it sends there.
    /// - Throws: as `RecordProducer.nextSequence(in:)`.
    public nonisolated(nonsending) func nextSequence(in partition: Int = 0) async throws(LogError) -> UInt64 {
        try await records.nextSequence(in: partition)
    }

    /// Sends everything that was sent so far, and waits until all of it is answered for.
    /// - Throws: the first failure since the last flush; the receipts tell which events it is about.
    public nonisolated(nonsending) func flush() async throws(LogError) { try await records.flush() }

    /// Takes nothing more, sends what is left, waits until all of it is answered for, and gives the partitions up.
    /// Closing twice does nothing.
    /// - Throws: as `flush`, or the first failure of closing a partition.
    public nonisolated(nonsending) func close() async throws(LogError) { try await records.close() }
}

extension Producer where E: FixedEvent {
    /// Sends an event as it lies in memory; as `send` of any event.
    /// - Throws: as `send` of any event.
    @inlinable @discardableResult
    public nonisolated(nonsending) func send(
        _ event: E, time: Timestamp, keyHash: UInt64? = nil, partition: Int? = nil
    ) async throws(LogError) -> Receipt {
        if let receipt = try offer(event, time: time, keyHash: keyHash, partition: partition) { return receipt }
        return try await records.send(time: time, keyHash: keyHash, partition: partition) { records in
            withUnsafeBytes(of: event) { records.append(record: $0) }
        }
    }

    /// Takes an event as it lies in memory if there is room for it, without waiting.
    /// - Throws: as `send`.
    /// - Returns: nil where there is no room; the event was not taken then.
    @inlinable
    public func offer(
        _ event: E, time: Timestamp, keyHash: UInt64? = nil, partition: Int? = nil
    ) throws(LogError) -> Receipt? {
        try records.offer(time: time, keyHash: keyHash, partition: partition) { records in
            withUnsafeBytes(of: event) { records.append(record: $0) }
        }
    }
}
