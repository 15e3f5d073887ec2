public import PenstockEvents

/// Sends records to a topic: gathers them into batches, appends those with several on their way at once, repeats what
/// failed, and answers for each record.
///
/// It works over any log, with events of any type by their encoded bytes; `Producer` is the same for events of one
/// type. Any number of tasks and threads may send; the order within a partition is that in which `send` took the
/// records. Encoded records are kept until they are acknowledged. A failure of one partition fails the records for that
/// partition only.
public final class RecordProducer: Sendable {
    /// The topic as it was when the producer was opened.
    public let topic: TopicDescription

    let log: any LogStore
    let options: ProducerOptions
    let state: Guarded<ProducerState>
    private let lingerNanoseconds: Int64
    private let fixedAttributeBytes: Int?

    /// What a record counts for beside its bytes: its places in the columns.
    static let recordOverhead = 64

    /// Opens a producer of a topic. Partitions are opened when the first record for each is sent.
    ///
    /// - Parameters:
    ///   - topic: the topic's name.
    ///   - schema: what the records hold.
    ///   - log: the log.
    ///   - configuration: with what the topic is created where it is not there; nil where it has to be there.
    ///   - options: how to gather, bound and repeat.
    /// - Throws: `LogError` with code `schemaMismatch` where the topic holds records of another schema,
    ///   `topicNotFound`, `invalidConfiguration`, `invalidProducerName`, or as `LogStore.openTopic`.
    public init(
        _ topic: String, of schema: Schema, in log: any LogStore,
        creatingWith configuration: TopicConfiguration? = nil, options: ProducerOptions = ProducerOptions()
    ) async throws(LogError) {
        try options.validate(topic: topic)
        let description: TopicDescription
        if let configuration {
            description = try await log.openTopic(topic, schema: schema, creatingWith: configuration)
        } else {
            description = try await log.describe(topic)
            guard description.schema.id == schema.id else {
                throw LogError(
                    .schemaMismatch, "topic \(topic) holds records of \(description.schema), not of \(schema)",
                    hint: "send to another topic, or send what the topic holds")
            }
        }
        self.topic = description
        self.log = log
        self.options = options
        lingerNanoseconds = options.linger.nanoseconds
        fixedAttributeBytes = schema.fixedByteCount
        let schemaID = description.schema.id
        let count = description.partitions.count
        state = Guarded(
            ProducerState(
                lanes: (0..<count).map { ProducerLane(TopicPartition(topic, $0), schemaID: schemaID) }))
    }

    /// The number of partitions.
    public var partitionCount: Int { topic.partitions.count }

    // MARK: Sending

    /// Sends a record that is encoded already; suspends while the producer holds its limit of pending bytes.
    ///
    /// - Parameters:
    ///   - attributes: the attributes as `RecordWriter` or `RecordEncoder` write them; copied.
    ///   - payload: the payload; shared.
    ///   - time: the event time.
    ///   - keyHash: the hash of the key (`KeyHash`), nil for a record without one.
    ///   - partition: the partition's number; nil leaves it to the partitioner.
    /// - Throws: `LogError` with code `schemaMismatch` where the record cannot be one of the topic's,
    ///   `partitionNotFound`, `cancelled` where the task is while it waits for room, `closed`, or what stopped the
    ///   producer, such as `producerFenced`.
    @discardableResult
    public nonisolated(nonsending) func send(
        attributes: [UInt8], payload: Payload = .empty, time: Timestamp, keyHash: UInt64? = nil, partition: Int? = nil
    ) async throws(LogError) -> Receipt {
        try check(attributes.count, payload)
        return try await send(time: time, keyHash: keyHash, partition: partition) { records in
            attributes.withUnsafeBytes { records.append(record: $0, payload: payload) }
        }
    }

    /// Sends a control record, behind everything that was sent to the partition before and before everything after.
    ///
    /// A repeated attempt looks first whether the partition has the record already.
    /// - Parameter partition: the partition's number.
    /// - Throws: as `send` of a record; the receipt has `invalidBatch` for a record of the log's own.
    @discardableResult
    public nonisolated(nonsending) func send(
        control record: ControlRecord, to partition: Int
    ) async throws(LogError) -> Receipt {
        try await send(.control(record), to: partition)
    }

    /// How many records of the producer's name a partition holds, behind everything that was sent to it so far: a
    /// program that died goes on with the record of that number among those that it sends there.
    /// - Parameter partition: the partition's number.
    /// - Throws: `LogError` with code `invalidConfiguration` for a producer without a name, or why the partition cannot
    ///   be opened.
    public nonisolated(nonsending) func nextSequence(in partition: Int) async throws(LogError) -> UInt64 {
        guard options.name != nil else {
            throw LogError(
                .invalidConfiguration, "a producer of \(topic.name) without a name does not number its records",
                hint: "give it a name")
        }
        guard let sequence = try await send(.sessionEnd, to: partition).offset() else {
            preconditionFailure("a session knows where it is")
        }
        return sequence
    }

    private nonisolated(nonsending) func send(
        _ body: ProducerItem.Body, to partition: Int
    ) async throws(LogError) -> Receipt {
        while true {
            let (receipt, work) = try state.withLock { state throws(LogError) -> (Receipt?, ProducerState.Work) in
                var work = ProducerState.Work()
                try state.check()
                let lane = try lane(partition, state)
                guard state.pendingBytes < options.pendingBytes else { return (nil, work) }
                let batch = ProducerBatch(lane.partition)
                lane.add(body, batch, bytes: Self.recordOverhead)
                state.pendingBytes += Self.recordOverhead
                state.start(partition, &work)
                return (Receipt(batch: batch, index: 0), work)
            }
            run(work)
            if let receipt { return receipt }
            try await waitForRoom()
        }
    }

    /// Says in every partition that nothing follows, ever, so that its readers finish.
    /// - Throws: as `send` of a control record.
    public nonisolated(nonsending) func endStream() async throws(LogError) {
        for number in topic.partitions.indices { try await send(control: .endOfStream, to: number) }
    }

    /// Sends one record that `encode` appends to the writer; exactly one.
    @usableFromInline
    nonisolated(nonsending) func send(
        time: Timestamp, keyHash: UInt64?, partition: Int?, _ encode: (inout RecordWriter) -> Void
    ) async throws(LogError) -> Receipt {
        while true {
            if let receipt = try offer(time: time, keyHash: keyHash, partition: partition, encode) { return receipt }
            try await waitForRoom()
        }
    }

    /// Takes one record if there is room, else returns nil.
    @usableFromInline
    func offer(
        time: Timestamp, keyHash: UInt64?, partition: Int?, _ encode: (inout RecordWriter) -> Void
    ) throws(LogError) -> Receipt? {
        let (receipt, work) = try state.withLock { state throws(LogError) -> (Receipt?, ProducerState.Work?) in
            try state.check()
            guard state.pendingBytes < options.pendingBytes else { return (nil, nil) }
            let count = state.lanes.count
            let chosen = partition ?? options.partitioner.partition(keyHash, among: count, turn: &state.turn)
            guard let chosen else { throw Self.unnamedPartition(topic) }
            let lane = try lane(chosen, state)
            var work: ProducerState.Work?
            // A batch has key hashes for all of its records or for none.
            if lane.open != nil, lane.keyHashes.isEmpty != (keyHash == nil) {
                lane.seal()
                work = state.started(chosen)
            }
            let batch: ProducerBatch
            if let open = lane.open { batch = open } else { batch = state.open(chosen, linger(state), &work) }
            let index = lane.times.count
            let bytes = lane.append(time, keyHash, encode)
            state.pendingBytes += bytes
            if lane.openBytes >= options.batchBytes || index + 1 >= options.batchRecords {
                lane.seal()
                work = state.started(chosen, work)
            }
            return (Receipt(batch: batch, index: index), work)
        }
        if let work { run(work) }
        return receipt
    }

    // Nil where a batch goes at once.
    private func linger(_ state: ProducerState) -> Int64? {
        guard lingerNanoseconds > 0 else { return nil }
        let due = options.clock.nanoseconds.addingReportingOverflow(lingerNanoseconds)
        return due.overflow ? .max : due.partialValue
    }

    private func lane(_ number: Int, _ state: borrowing ProducerState) throws(LogError) -> ProducerLane {
        guard state.lanes.indices.contains(number) else {
            throw LogError(
                .partitionNotFound, "topic \(topic.name) has no partition \(number)",
                hint: "its partitions are 0 to \(state.lanes.count - 1)",
                place: .init(partition: TopicPartition(topic.name, number)))
        }
        return state.lanes[number]
    }

    private static func unnamedPartition(_ topic: TopicDescription) -> LogError {
        LogError(
            .partitionNotFound, "a record for topic \(topic.name) was sent without a partition",
            hint: "name the partition with each record, or choose another partitioner than explicit")
    }

    private func check(_ attributeBytes: Int, _ payload: Payload) throws(LogError) {
        if let fixedAttributeBytes, fixedAttributeBytes != attributeBytes {
            throw LogError(
                .schemaMismatch,
                "a record of \(attributeBytes) attribute bytes cannot be sent to topic \(topic.name): its records of "
                    + "\(topic.schema) have \(fixedAttributeBytes)",
                hint: "encode the record by the topic's schema")
        }
        guard payload.isEmpty || topic.schema.payload != nil else {
            throw LogError(
                .schemaMismatch,
                "a record with a payload cannot be sent to topic \(topic.name): \(topic.schema) has none",
                hint: "send attributes alone, or to a topic whose schema names a payload")
        }
    }
}
