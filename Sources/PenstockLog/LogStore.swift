public import PenstockEvents

/// A log: topics of partitions of records, in the order in which they were appended.
///
/// The engine sees the log through this protocol only; `EmbeddedLog` is the implementation that is a directory.
public protocol LogStore: Sendable {
    /// Creates a topic.
    /// - Throws: `LogError` with code `topicExists`, `invalidTopicName`, `invalidConfiguration`, or one of the storage.
    func createTopic(
        _ name: String, schema: Schema, configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription

    /// The topic `name`, which is created with `configuration` where it is not there. An existing topic keeps its configuration.
    /// - Throws: as `createTopic`; `LogError` with code `schemaMismatch` where the topic holds records of another schema.
    func openTopic(
        _ name: String, schema: Schema, creatingWith configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription

    /// The names of all topics, sorted by their bytes, without those that the log keeps for itself.
    func topics() async throws(LogError) -> [String]

    /// A topic's schema, configuration, partitions and offsets.
    /// - Throws: `LogError` with code `topicNotFound` or `damaged`.
    func describe(_ topic: String) async throws(LogError) -> TopicDescription

    /// Who writes to each partition of a topic, by number; nil where nobody does.
    /// - Throws: `LogError` with code `topicNotFound`, or one of the storage.
    func owners(of topic: String) async throws(LogError) -> [PartitionOwner?]

    /// Changes what may change in a topic's configuration. A writer that is open takes the change over at its next segment at the
    /// latest, also one in another process.
    /// - Throws: `LogError` with code `topicNotFound`, `invalidConfiguration`, `invalidTopicName` for one of the log's own, or
    ///   `partitionOwned` where another process is changing the topic this moment.
    func alterTopic(_ name: String, _ change: TopicChange) async throws(LogError) -> TopicDescription

    /// Gives up the records of a partition before an offset, exactly there; the space goes in whole segments. An offset at or before
    /// the first one changes nothing.
    /// - Throws: `LogError` with code `offsetOutOfRange` behind the end, or `partitionOwned` where another process writes to it.
    func truncate(_ partition: TopicPartition, before offset: UInt64) async throws(LogError)

    /// Deletes a topic with all its records. Positions that groups have in it stay.
    /// - Throws: `LogError` with code `topicNotFound`, or `partitionOwned` where somebody writes to it.
    func deleteTopic(_ name: String) async throws(LogError)

    /// Becomes the writer of a partition, after recovery where the last one ended uncleanly.
    /// - Throws: `LogError` with code `partitionOwned` where there is one, in this or another process.
    func writer(for partition: TopicPartition) async throws(LogError) -> any TopicWriter

    /// Becomes the writer of a partition as `writer(for:)`, and where its last owner left a transaction with this id open commits that instead
    /// of aborting it. For whoever has written down elsewhere that all rows of the transaction are acknowledged and are to be valid; the
    /// transaction's first partition has to be opened before the others.
    /// - Throws: as `writer(for:)`.
    func writer(for partition: TopicPartition, committing id: TransactionID?) async throws(LogError) -> any TopicWriter

    /// A writer of a partition that others may have at the same time, where the log can share one: producers whose sessions tell their
    /// batches apart. Where it cannot, as `writer(for:)`.
    /// - Throws: as `writer(for:)`.
    func sharedWriter(for partition: TopicPartition) async throws(LogError) -> any TopicWriter

    /// Begins a transaction over partitions that the caller writes to; the first one's commit record decides for all.
    /// - Throws: `LogError` with code `transactionOpen` where one of them has a transaction, or `invalidTransaction` where the writers are none,
    ///   name a partition twice, or are not of this log.
    func transaction(over writers: [any TopicWriter]) async throws(LogError) -> any Transaction

    /// Makes good what the last owner of a partition left behind, as its next writer would: cuts a torn tail, and seals.
    /// - Throws: `LogError` with code `partitionOwned` where somebody writes to it.
    func recover(_ partition: TopicPartition) async throws(LogError)

    /// A reader of a partition, which brings `parts` of every record into memory. Needs no write access.
    /// - Throws: `LogError` with code `offsetOutOfRange` where the position is outside the partition.
    func reader(
        for partition: TopicPartition, from position: ReadPosition, parts: RecordParts
    ) async throws(LogError) -> any TopicReader

    /// Becomes the owner of a consumer group, which begins to exist where it is not there.
    /// - Throws: `LogError` with code `partitionOwned` where it has an owner, in this or another process, or members; or
    ///   `invalidConfiguration` for a name that breaks the rules.
    func group(_ name: String) async throws(LogError) -> any ConsumerGroup

    /// Becomes a member of a consumer group, which begins to exist where it is not there. Its members share the partitions
    /// of their topics, and commit for those that they have; while there are members nobody else owns the group.
    /// - Throws: `LogError` with code `partitionOwned` where it has another owner, `invalidConfiguration` for what breaks the rules or the
    ///   limits, or `invalidTopicName`.
    func join(_ group: String, as member: GroupMember) async throws(LogError) -> any GroupMembership

    /// Who consumes as a group, and what each has; nobody where one owner has all of it.
    /// - Throws: `LogError` with code `groupNotFound`.
    func members(of group: String) async throws(LogError) -> GroupDescription

    /// The committed positions of a group. Needs no write access, and the group may have an owner meanwhile.
    /// - Throws: `LogError` with code `groupNotFound`.
    func positions(of group: String) async throws(LogError) -> GroupPositions

    /// The names of all consumer groups, sorted by their bytes.
    func groups() async throws(LogError) -> [String]

    /// Deletes a consumer group with its positions.
    /// - Throws: `LogError` with code `groupNotFound`, or `partitionOwned` where it has an owner.
    func deleteGroup(_ name: String) async throws(LogError)
}

extension LogStore {
    /// As `writer(for:)`: the writer of a log that cannot share one.
    public func sharedWriter(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        try await writer(for: partition)
    }

    /// A reader of a partition that brings everything into memory. Needs no write access.
    /// - Throws: `LogError` with code `offsetOutOfRange` where the position is outside the partition.
    public func reader(
        for partition: TopicPartition, from position: ReadPosition
    ) async throws(LogError) -> any TopicReader {
        try await reader(for: partition, from: position, parts: .everything)
    }

    /// The payload behind a reference, or what `selection` takes of it. For many, a reader's `payloads(of:_:)` is better.
    /// - Throws: as `TopicReader.payloads(of:_:)`.
    public func payload(
        of reference: PayloadReference, _ selection: PayloadSelection = .all
    ) async throws(LogError) -> Payload {
        let reader = try await reader(for: reference.partition, from: .offset(reference.offset), parts: .attributes)
        do throws(LogError) {
            let payload = try await reader.payload(of: reference.offset, selection)
            await reader.close()
            return payload
        } catch {
            await reader.close()
            throw error
        }
    }
}
