internal import PenstockEvents
internal import PenstockLog

/// A log of which some topics show one partition alone, as partition 0 of a topic with one: what a share of a pipeline works on.
///
/// A shared topic that is not there is made with a partition for each share. All other topics, and groups, are those of the log.
final class ShareOfLog: LogStore {
    private let log: any LogStore
    private let topics: Set<String>
    private let share: Int
    private let shares: Int

    /// The view of `share`, from 0, of a number of shares.
    init(_ log: any LogStore, _ share: Int, of shares: Int, topics: Set<String>) {
        self.log = log
        self.share = share
        self.shares = shares
        self.topics = topics
    }

    private func place(of partition: TopicPartition) -> TopicPartition {
        guard topics.contains(partition.topic) else { return partition }
        precondition(partition.partition == 0, "a share has one partition of a topic")
        return TopicPartition(partition.topic, share)
    }

    private func widened(_ configuration: TopicConfiguration, _ topic: String) -> TopicConfiguration {
        guard topics.contains(topic) else { return configuration }
        var configuration = configuration
        configuration.partitions = shares
        return configuration
    }

    private func narrowed(_ topic: TopicDescription) throws(LogError) -> TopicDescription {
        guard topics.contains(topic.name) else { return topic }
        guard topic.partitions.count == shares else {
            throw LogError(
                .invalidConfiguration,
                "the topic \(topic.name) has \(topic.partitions.count) partitions, and the work is shared by \(shares)",
                hint: "every topic of a pipeline whose work is shared has as many partitions")
        }
        let part = topic.partitions[share]
        var configuration = topic.configuration
        configuration.partitions = 1
        return TopicDescription(
            name: topic.name, schema: topic.schema, configuration: configuration,
            partitions: [
                TopicDescription.Partition(
                    number: 0, firstOffset: part.firstOffset, nextOffset: part.nextOffset, segments: part.segments,
                    byteCount: part.byteCount, lastAppendTime: part.lastAppendTime, eventTimes: part.eventTimes,
                    isEnded: part.isEnded)
            ])
    }

    // MARK: Topics

    func createTopic(
        _ name: String, schema: Schema, configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        try narrowed(try await log.createTopic(name, schema: schema, configuration: widened(configuration, name)))
    }

    func openTopic(
        _ name: String, schema: Schema, creatingWith configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        try narrowed(try await log.openTopic(name, schema: schema, creatingWith: widened(configuration, name)))
    }

    func topics() async throws(LogError) -> [String] { try await log.topics() }

    func describe(_ topic: String) async throws(LogError) -> TopicDescription {
        try narrowed(try await log.describe(topic))
    }

    func owners(of topic: String) async throws(LogError) -> [PartitionOwner?] {
        let owners = try await log.owners(of: topic)
        return topics.contains(topic) ? [owners[share]] : owners
    }

    func alterTopic(_ name: String, _ change: TopicChange) async throws(LogError) -> TopicDescription {
        try narrowed(try await log.alterTopic(name, change))
    }

    func truncate(_ partition: TopicPartition, before offset: UInt64) async throws(LogError) {
        try await log.truncate(place(of: partition), before: offset)
    }

    func deleteTopic(_ name: String) async throws(LogError) {
        precondition(!topics.contains(name), "a share does not delete what belongs to all")
        try await log.deleteTopic(name)
    }

    // MARK: Writing and reading

    func writer(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        try await log.writer(for: place(of: partition))
    }

    func writer(
        for partition: TopicPartition, committing id: TransactionID?
    ) async throws(LogError) -> any TopicWriter {
        try await log.writer(for: place(of: partition), committing: id)
    }

    func sharedWriter(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        try await log.sharedWriter(for: place(of: partition))
    }

    func transaction(over writers: [any TopicWriter]) async throws(LogError) -> any Transaction {
        try await log.transaction(over: writers)
    }

    func recover(_ partition: TopicPartition) async throws(LogError) { try await log.recover(place(of: partition)) }

    func reader(
        for partition: TopicPartition, from position: ReadPosition, parts: RecordParts
    ) async throws(LogError) -> any TopicReader {
        try await log.reader(for: place(of: partition), from: position, parts: parts)
    }

    // MARK: Groups

    func group(_ name: String) async throws(LogError) -> any ConsumerGroup { try await log.group(name) }

    func join(_ group: String, as member: GroupMember) async throws(LogError) -> any GroupMembership {
        try await log.join(group, as: member)
    }

    func members(of group: String) async throws(LogError) -> GroupDescription { try await log.members(of: group) }

    func positions(of group: String) async throws(LogError) -> GroupPositions { try await log.positions(of: group) }

    func groups() async throws(LogError) -> [String] { try await log.groups() }

    func deleteGroup(_ name: String) async throws(LogError) { try await log.deleteGroup(name) }
}
