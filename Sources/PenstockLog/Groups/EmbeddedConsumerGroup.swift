internal import PenstockEvents

/// The owner of a consumer group of an embedded log: the writer of the group's topic.
actor EmbeddedConsumerGroup: ConsumerGroup {
    nonisolated let name: String
    private(set) var positions: GroupPositions

    private let writer: any TopicWriter
    private let clock: any WallClock

    init(_ positions: GroupPositions, writer: any TopicWriter, clock: any WallClock) {
        name = positions.group
        self.positions = positions
        self.writer = writer
        self.clock = clock
    }

    func commit(_ offsets: [TopicPartition: UInt64]) async throws(LogError) {
        guard !offsets.isEmpty else { return }
        let change = GroupPositions(group: name, offsets: offsets)
        var batch = RecordBatchBuilder(schemaID: GroupPosition.schema.id)
        let now = clock.now()
        for partition in change.partitions {
            try TopicName.validate(partition.topic)
            guard TopicConfiguration.partitionRange.contains(partition.partition + 1) else {
                throw LogError(
                    .partitionNotFound, "the consumer group \(name) cannot have a position in \(partition)",
                    hint: "partitions are numbered from 0 to 4095", place: .init(partition: partition))
            }
            batch.append(GroupPosition(partition, offset: offsets[partition] ?? 0), time: now)
        }
        let pending = try await writer.submit(batch)
        let acknowledgement = try await pending.acknowledgement()
        take(change, at: acknowledgement.firstOffset)
    }

    func close() async throws(LogError) { try await writer.close() }

    // Commits that overlap are acknowledged in the order of the log, but may come back here in another one.
    private var lastOffsets: [TopicPartition: UInt64] = [:]

    private func take(_ change: GroupPositions, at offset: UInt64) {
        for partition in change.partitions where offset >= lastOffsets[partition] ?? 0 {
            lastOffsets[partition] = offset
            positions.offsets[partition] = change[partition]
        }
    }
}
