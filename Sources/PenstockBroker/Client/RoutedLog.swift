public import PenstockEvents
public import PenstockLog

/// One log for a program whose topics are in several: a topic's name says where it is.
///
/// `penstock://HOST:PORT/NAME` is the topic NAME of the log that the brokers there serve; every other name is a topic of the program's own
/// log, which also has its groups. Transactions are within one log.
public final class RoutedLog: LogStore {
    private let own: any LogStore
    private let open: @Sendable (LogLocation) async throws(LogError) -> any LogStore
    private let others = Guarded([String: any LogStore]())

    /// The program's own log, and the others as `open` opens them when they are needed first.
    public init(
        _ own: any LogStore, opening open: @escaping @Sendable (LogLocation) async throws(LogError) -> any LogStore
    ) {
        self.own = own
        self.open = open
    }

    private func place(of topic: String) async throws(LogError) -> (log: any LogStore, name: String) {
        guard LogLocation.isElsewhere(topic) else { return (own, topic) }
        guard let parts = LogLocation.split(topic) else {
            throw LogError(
                .invalidTopicName, "\(topic) names no topic", hint: "write penstock://HOST:PORT/NAME")
        }
        let (location, name) = (String(parts.location), String(parts.topic))
        if let known = others.withLock({ $0[location] }) { return (known, name) }
        let opened = try await open(LogLocation(location))
        return (
            others.withLock { others in
                let first = others[location] ?? opened
                others[location] = first
                return first
            }, name
        )
    }

    private func place(
        of partition: TopicPartition
    ) async throws(LogError) -> (log: any LogStore, partition: TopicPartition) {
        let (log, name) = try await place(of: partition.topic)
        return (log, TopicPartition(name, partition.partition))
    }

    private func named(_ description: TopicDescription, _ name: String) -> TopicDescription {
        TopicDescription(
            name: name, schema: description.schema, configuration: description.configuration,
            partitions: description.partitions)
    }

    // MARK: Topics

    /// Creates a topic where its name says.
    public func createTopic(
        _ name: String, schema: Schema, configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        let (log, inner) = try await place(of: name)
        return named(try await log.createTopic(inner, schema: schema, configuration: configuration), name)
    }

    /// The topic `name`, which is created where it is not there.
    public func openTopic(
        _ name: String, schema: Schema, creatingWith configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        let (log, inner) = try await place(of: name)
        return named(try await log.openTopic(inner, schema: schema, creatingWith: configuration), name)
    }

    /// The names of the topics of the program's own log.
    public func topics() async throws(LogError) -> [String] { try await own.topics() }

    /// A topic's schema, configuration, partitions and offsets.
    public func describe(_ topic: String) async throws(LogError) -> TopicDescription {
        let (log, inner) = try await place(of: topic)
        return named(try await log.describe(inner), topic)
    }

    /// Who writes to each partition of a topic.
    public func owners(of topic: String) async throws(LogError) -> [PartitionOwner?] {
        let (log, inner) = try await place(of: topic)
        return try await log.owners(of: inner)
    }

    /// Changes what may change in a topic's configuration.
    public func alterTopic(_ name: String, _ change: TopicChange) async throws(LogError) -> TopicDescription {
        let (log, inner) = try await place(of: name)
        return named(try await log.alterTopic(inner, change), name)
    }

    /// Gives up the records of a partition before an offset.
    public func truncate(_ partition: TopicPartition, before offset: UInt64) async throws(LogError) {
        let (log, inner) = try await place(of: partition)
        try await log.truncate(inner, before: offset)
    }

    /// Deletes a topic with all its records.
    public func deleteTopic(_ name: String) async throws(LogError) {
        let (log, inner) = try await place(of: name)
        try await log.deleteTopic(inner)
    }

    // MARK: Writing and reading

    /// Becomes the writer of a partition.
    public func writer(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        let (log, inner) = try await place(of: partition)
        return try await log.writer(for: inner)
    }

    /// Becomes the writer of a partition, and commits the transaction with this id, where the last owner left it open.
    public func writer(
        for partition: TopicPartition, committing id: TransactionID?
    ) async throws(LogError) -> any TopicWriter {
        let (log, inner) = try await place(of: partition)
        return try await log.writer(for: inner, committing: id)
    }

    /// A writer of a partition that others may have too.
    public func sharedWriter(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        let (log, inner) = try await place(of: partition)
        return try await log.sharedWriter(for: inner)
    }

    /// Begins a transaction over partitions of one log that the caller writes to.
    public func transaction(over writers: [any TopicWriter]) async throws(LogError) -> any Transaction {
        if writers.contains(where: { $0 is RemoteWriter }) { return try await RemoteTransaction.begin(over: writers) }
        return try await own.transaction(over: writers)
    }

    /// Makes good what the last owner of a partition left behind.
    public func recover(_ partition: TopicPartition) async throws(LogError) {
        let (log, inner) = try await place(of: partition)
        try await log.recover(inner)
    }

    /// A reader of a partition, which brings `parts` of every record.
    public func reader(
        for partition: TopicPartition, from position: ReadPosition, parts: RecordParts
    ) async throws(LogError) -> any TopicReader {
        let (log, inner) = try await place(of: partition)
        return try await log.reader(for: inner, from: position, parts: parts)
    }

    // MARK: Groups

    /// Becomes the owner of a consumer group of the program's own log.
    public func group(_ name: String) async throws(LogError) -> any ConsumerGroup { try await own.group(name) }

    /// Becomes a member of a consumer group of the program's own log, over topics of that log.
    public func join(_ group: String, as member: GroupMember) async throws(LogError) -> any GroupMembership {
        try await own.join(group, as: member)
    }

    /// Who consumes as a group of the program's own log.
    public func members(of group: String) async throws(LogError) -> GroupDescription {
        try await own.members(of: group)
    }

    /// The committed positions of a group.
    public func positions(of group: String) async throws(LogError) -> GroupPositions {
        try await own.positions(of: group)
    }

    /// The names of all consumer groups of the program's own log.
    public func groups() async throws(LogError) -> [String] { try await own.groups() }

    /// Deletes a consumer group with its positions.
    public func deleteGroup(_ name: String) async throws(LogError) { try await own.deleteGroup(name) }
}
