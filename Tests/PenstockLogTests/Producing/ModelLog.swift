import PenstockEvents

@testable import PenstockLog

/// A log in memory by the words of `TopicWriter` and `ProducerSession` alone, with faults: what the producers are held
/// against.
///
/// Any number of writers may have a partition.
final class ModelLog: LogStore {
    /// What is asked of the log.
    enum Request: Sendable, Hashable {
        case writer, session, submit, control
    }

    /// What goes wrong with a request.
    enum Fault: Sendable, Hashable {
        case none
        /// Refused, without effect.
        case refused(LogError.Code)
        /// Done, but the answer says otherwise.
        case answerLost
        /// Taken, and failed later without effect.
        case failedLater
        /// Taken and done, and said to have failed later.
        case acknowledgementLost
        /// Done for the first half of the records, which is what the answer says.
        case halfDone
        /// The connection is gone, before it had an effect: nothing goes through this writer any more.
        case broken
    }

    enum Entry: Sendable, Hashable {
        case record(time: Int64, keyHash: UInt64?, attributes: [UInt8])
        case control(ControlRecord)
    }

    private struct Producer {
        var id: UInt32
        var epoch: UInt32 = 0
        /// The offset of each of its records.
        var offsets: [UInt64] = []
    }

    private struct State {
        var entries: [TopicPartition: [Entry]] = [:]
        var producers: [TopicPartition: [String: Producer]] = [:]
        var plan: @Sendable (Request, TopicPartition) -> Fault = { _, _ in .none }
        var isHolding = false
        var held: [@Sendable () -> Void] = []
        var batches: [TopicPartition: [Int]] = [:]
        var openWriters = 0
        var inFlight = 0
        var mostInFlight = 0
    }

    private let topic: TopicDescription
    private let state = Guarded(State())

    init(_ topic: String, schema: Schema, partitions: Int) {
        self.topic = TopicDescription(
            name: topic, schema: schema, configuration: TopicConfiguration(partitions: partitions),
            partitions: (0..<partitions).map { .init(number: $0, firstOffset: 0, nextOffset: 0) })
    }

    /// Says what goes wrong from now on.
    func plan(_ plan: @escaping @Sendable (Request, TopicPartition) -> Fault) { state.withLock { $0.plan = plan } }

    /// Keeps acknowledgements back until `release`.
    func hold() { state.withLock { $0.isHolding = true } }

    /// Gives the acknowledgements that were kept back, and keeps none any more.
    func release() {
        let held = state.withLock { state in
            state.isHolding = false
            defer { state.held = [] }
            return state.held
        }
        for answer in held { answer() }
    }

    /// Gives the oldest acknowledgement that is kept back.
    func releaseOne() {
        let answer = state.withLock { $0.held.isEmpty ? nil : $0.held.removeFirst() }
        answer?()
    }

    func entries(_ partition: TopicPartition) -> [Entry] { state.withLock { $0.entries[partition] ?? [] } }

    /// The sizes of the batches that were appended to a partition.
    func batches(_ partition: TopicPartition) -> [Int] { state.withLock { $0.batches[partition] ?? [] } }

    /// How many records of a producer's name a partition holds; nil where it does not know the name. Any name for an
    /// empty one.
    func records(of name: String, in partition: TopicPartition) -> Int? {
        state.withLock { state in
            let producers = state.producers[partition] ?? [:]
            return (name.isEmpty ? producers.values.first : producers[name])?.offsets.count
        }
    }

    var openWriters: Int { state.withLock { $0.openWriters } }

    /// The most batches of the log that were on their way at once.
    var mostInFlight: Int { state.withLock { $0.mostInFlight } }

    /// Suspends until a partition has so many entries.
    func entries(_ partition: TopicPartition, reach count: Int) async throws {
        try await eventually { self.entries(partition).count >= count }
    }

    // MARK: What writers ask

    func fault(_ request: Request, _ partition: TopicPartition) -> Fault {
        state.withLock { $0.plan }(request, partition)
    }

    func opened(_ change: Int) { state.withLock { $0.openWriters += change } }

    func session(_ name: String, _ partition: TopicPartition) -> ProducerSession {
        state.withLock { state in
            let count = state.producers[partition]?.count ?? 0
            var producer = state.producers[partition]?[name] ?? Producer(id: UInt32(count + 1))
            producer.epoch += 1
            state.producers[partition, default: [:]][name] = producer
            return ProducerSession(
                partition: partition, name: name, id: producer.id, epoch: producer.epoch,
                nextSequence: UInt64(producer.offsets.count))
        }
    }

    /// Appends as far as the stamp lets it; the offset of the first record, and whether all were there.
    func append(
        _ new: [Entry], _ partition: TopicPartition, _ stamp: ProducerStamp?, at place: UInt64? = nil
    ) throws(LogError) -> (offset: UInt64, isDuplicate: Bool) {
        try state.withLock { state throws(LogError) in
            let offset = UInt64((state.entries[partition] ?? []).count)
            if let place, place != offset { throw Self.error(.offsetMismatch) }
            if let stamp {
                let found = state.producers[partition]?.first { $0.value.id == stamp.producer }
                guard let found else { throw Self.error(.unknownProducer) }
                var producer = found.value
                guard stamp.epoch == producer.epoch else { throw Self.error(.producerFenced) }
                let next = UInt64(producer.offsets.count)
                guard stamp.firstSequence <= next else { throw Self.error(.sequenceGap, next) }
                if stamp.firstSequence < next {
                    guard stamp.firstSequence + UInt64(new.count) <= next else {
                        throw Self.error(.partlyWritten, next)
                    }
                    return (producer.offsets[Int(stamp.firstSequence)], true)
                }
                producer.offsets += (0..<UInt64(new.count)).map { offset + $0 }
                state.producers[partition]?[found.key] = producer
            }
            state.entries[partition, default: []] += new
            if case .record = new[0] { state.batches[partition, default: []].append(new.count) }
            return (offset, false)
        }
    }

    /// Answers later, on another thread, or when the test says so.
    func answer(_ pending: PendingAppend, _ result: Result<Acknowledgement, LogError>) {
        let settle: @Sendable () -> Void = { [self] in
            state.withLock { $0.inFlight -= 1 }
            pending.settle(result)
        }
        let isHeld = state.withLock { state in
            state.inFlight += 1
            state.mostInFlight = max(state.mostInFlight, state.inFlight)
            if state.isHolding { state.held.append(settle) }
            return state.isHolding
        }
        if !isHeld { Task.detached { settle() } }
    }

    static func error(_ code: LogError.Code, _ sequence: UInt64? = nil) -> LogError {
        LogError(code, "injected: \(code.rawValue)", place: .init(sequence: sequence))
    }

    // MARK: LogStore

    func owners(of topic: String) async throws(LogError) -> [PartitionOwner?] { topic.isEmpty ? [] : [nil] }

    func describe(_ topic: String) async throws(LogError) -> TopicDescription {
        guard topic == self.topic.name else { throw Self.error(.topicNotFound) }
        return self.topic
    }

    func openTopic(
        _ name: String, schema: Schema, creatingWith configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription { try await describe(name) }

    func writer(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        switch fault(.writer, partition) {
        case .none: return ModelWriter(self, partition)
        case .refused(let code): throw Self.error(code)
        default: throw Self.error(.storage)
        }
    }

    func reader(
        for partition: TopicPartition, from position: ReadPosition, parts: RecordParts
    ) async throws(LogError) -> any TopicReader {
        guard case .offset(let offset) = position else { return ModelControlReader(partition, entries(partition), 0) }
        return ModelControlReader(partition, entries(partition), offset)
    }

    func createTopic(
        _ name: String, schema: Schema, configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription { throw Self.error(.topicExists) }
    func topics() async throws(LogError) -> [String] { [topic.name] }
    func alterTopic(_ name: String, _ change: TopicChange) async throws(LogError) -> TopicDescription { topic }
    func truncate(_ partition: TopicPartition, before offset: UInt64) async throws(LogError) {}
    func deleteTopic(_ name: String) async throws(LogError) {}
    func writer(
        for partition: TopicPartition, committing id: TransactionID?
    ) async throws(LogError) -> any TopicWriter { try await writer(for: partition) }
    func transaction(over writers: [any TopicWriter]) async throws(LogError) -> any Transaction {
        throw Self.error(.invalidTransaction)
    }
    func recover(_ partition: TopicPartition) async throws(LogError) {}
    func group(_ name: String) async throws(LogError) -> any ConsumerGroup { throw Self.error(.groupNotFound) }
    func join(_ group: String, as member: GroupMember) async throws(LogError) -> any GroupMembership {
        throw Self.error(.groupNotFound)
    }
    func members(of group: String) async throws(LogError) -> GroupDescription { throw Self.error(.groupNotFound) }
    func positions(of group: String) async throws(LogError) -> GroupPositions { throw Self.error(.groupNotFound) }
    func groups() async throws(LogError) -> [String] { [] }
    func deleteGroup(_ name: String) async throws(LogError) {}
}
