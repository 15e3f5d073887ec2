import PenstockEvents
import PenstockLog

/// An embedded log whose readers count what they give, and fail when they are told to.
final class WatchedLog: LogStore {
    struct Counts {
        /// Records that readers have given, by partition.
        var records: [TopicPartition: Int] = [:]
        var readers = 0
        var closedReaders = 0
        /// Calls of `waitForMore` that were begun.
        var waits = 0
    }

    private struct State {
        var counts = Counts()
        var fault: @Sendable (TopicPartition) -> LogError? = { _ in nil }
    }

    let log: EmbeddedLog
    private let state = Guarded(State())

    init(_ log: EmbeddedLog) { self.log = log }

    var counts: Counts { state.withLock { $0.counts } }

    /// Records that readers have given.
    var recordsRead: Int { counts.records.values.reduce(0, +) }

    /// Says which calls of `next` and `reader` fail from now on.
    func fail(_ fault: @escaping @Sendable (TopicPartition) -> LogError?) { state.withLock { $0.fault = fault } }

    fileprivate func fault(_ partition: TopicPartition) throws(LogError) {
        if let error = state.withLock({ $0.fault })(partition) { throw error }
    }

    fileprivate func count(_ change: (inout Counts) -> Void) { state.withLock { change(&$0.counts) } }

    func reader(
        for partition: TopicPartition, from position: ReadPosition, parts: RecordParts
    ) async throws(LogError) -> any TopicReader {
        try fault(partition)
        let reader = try await log.reader(for: partition, from: position, parts: parts)
        count { $0.readers += 1 }
        return WatchedReader(reader, self)
    }

    func createTopic(
        _ name: String, schema: Schema, configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        try await log.createTopic(name, schema: schema, configuration: configuration)
    }
    func openTopic(
        _ name: String, schema: Schema, creatingWith configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        try await log.openTopic(name, schema: schema, creatingWith: configuration)
    }
    func topics() async throws(LogError) -> [String] { try await log.topics() }
    func owners(of topic: String) async throws(LogError) -> [PartitionOwner?] { try await log.owners(of: topic) }

    func describe(_ topic: String) async throws(LogError) -> TopicDescription { try await log.describe(topic) }
    func alterTopic(_ name: String, _ change: TopicChange) async throws(LogError) -> TopicDescription {
        try await log.alterTopic(name, change)
    }
    func truncate(_ partition: TopicPartition, before offset: UInt64) async throws(LogError) {
        try await log.truncate(partition, before: offset)
    }
    func deleteTopic(_ name: String) async throws(LogError) { try await log.deleteTopic(name) }
    func writer(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        try await log.writer(for: partition)
    }
    func writer(
        for partition: TopicPartition, committing id: TransactionID?
    ) async throws(LogError) -> any TopicWriter { try await log.writer(for: partition, committing: id) }
    func transaction(over writers: [any TopicWriter]) async throws(LogError) -> any Transaction {
        try await log.transaction(over: writers)
    }
    func recover(_ partition: TopicPartition) async throws(LogError) { try await log.recover(partition) }
    func group(_ name: String) async throws(LogError) -> any ConsumerGroup { try await log.group(name) }
    func join(_ group: String, as member: GroupMember) async throws(LogError) -> any GroupMembership {
        try await log.join(group, as: member)
    }
    func members(of group: String) async throws(LogError) -> GroupDescription { try await log.members(of: group) }
    func positions(of group: String) async throws(LogError) -> GroupPositions { try await log.positions(of: group) }
    func groups() async throws(LogError) -> [String] { try await log.groups() }
    func deleteGroup(_ name: String) async throws(LogError) { try await log.deleteGroup(name) }
}

private final class WatchedReader: TopicReader {
    private let reader: any TopicReader
    private let log: WatchedLog

    init(_ reader: any TopicReader, _ log: WatchedLog) {
        self.reader = reader
        self.log = log
    }

    var partition: TopicPartition { reader.partition }
    var position: UInt64 { get async { await reader.position } }

    func next() async throws(LogError) -> LogEntry? {
        try log.fault(partition)
        let entry = try await reader.next()
        if case .records(let records)? = entry { log.count { $0.records[partition, default: 0] += records.count } }
        return entry
    }
    func nextControl() async throws(LogError) -> (record: ControlRecord, offset: UInt64)? {
        try await reader.nextControl()
    }
    func waitForMore() async throws(LogError) {
        log.count { $0.waits += 1 }
        try await reader.waitForMore()
    }
    func skipDamage() async throws(LogError) -> Range<UInt64>? { try await reader.skipDamage() }
    func payloads(of offsets: [UInt64], _ selection: PayloadSelection) async throws(LogError) -> [Payload] {
        try await reader.payloads(of: offsets, selection)
    }
    func close() async {
        log.count { $0.closedReaders += 1 }
        await reader.close()
    }
}

/// A log with a topic of readings in several partitions, and what fills it.
struct ReadingsLog {
    static let topic = "readings"
    let scratch = Scratch()
    let log: WatchedLog

    init(partitions: Int = 1, segmentBytes: Int = 256 << 20) async throws {
        let embedded = try await EmbeddedLog(directory: scratch.path("log"))
        let configuration = TopicConfiguration(
            partitions: partitions, durability: .pageCache, segmentBytes: segmentBytes)
        _ = try await embedded.createTopic(Self.topic, schema: Reading.schema, configuration: configuration)
        log = WatchedLog(embedded)
    }

    /// Appends readings numbered `range` in batches of `size`, and ends the stream where asked.
    func fill(_ partition: Int, _ range: Range<Int>, by size: Int, ends: Bool = false) async throws {
        let writer = try await log.writer(for: TopicPartition(Self.topic, partition))
        for start in stride(from: range.lowerBound, to: range.upperBound, by: size) {
            try await writer.append(batch(start..<min(start + size, range.upperBound)))
        }
        if ends { try await writer.append(control: .endOfStream) }
        try await writer.close()
    }

    func fill(_ range: Range<Int>, by size: Int) async throws { try await fill(0, range, by: size) }

    func partition(_ number: Int = 0) -> TopicPartition { TopicPartition(Self.topic, number) }
}

extension RecordConsumer {
    /// The numbers of the readings in what comes next, up to the end or so many.
    func readings(_ limit: Int = .max) async throws -> [Int] {
        var numbers: [Int] = []
        while numbers.count < limit, let delivery = try await next() {
            numbers += try delivery.events(of: Reading.self).map { Int($0.count) }
        }
        return numbers
    }
}
