import PenstockBroker
import PenstockEvents
import PenstockLog

/// What the members of a group have been given, and what they have committed.
actor GroupTally {
    private var delivered: [TopicPartition: Set<UInt64>] = [:]
    private var acknowledged: [TopicPartition: [Range<UInt64>]] = [:]
    private var tried: [TopicPartition: [Range<UInt64>]] = [:]
    private(set) var count = 0

    func deliver(_ delivery: Delivery) {
        delivered[delivery.partition, default: []].formUnion(delivery.offsets)
        count += delivery.offsets.count
    }

    /// A commit was acknowledged, or its answer did not come.
    func commit(_ delivery: Delivery, isAcknowledged: Bool) {
        if isAcknowledged {
            acknowledged[delivery.partition, default: []].append(delivery.offsets)
        } else {
            tried[delivery.partition, default: []].append(delivery.offsets)
        }
    }

    /// Those of some offsets that were never delivered.
    func missing(_ offsets: Set<UInt64>, in partition: TopicPartition) -> Set<UInt64> {
        offsets.subtracting(delivered[partition] ?? [])
    }

    /// What is wrong about the records of a partition, of which there are so many; nil where nothing is. Each was
    /// delivered, and what commits say joins without an overlap; a hole is only where an answer was lost.
    func problem(in partition: TopicPartition, of count: Int) -> String? {
        let missing = missing(Set(0..<UInt64(count)), in: partition)
        if !missing.isEmpty { return "\(partition): \(missing.sorted().prefix(10)) were never delivered" }
        var position: UInt64 = 0
        for range in (acknowledged[partition] ?? []).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound < position { return "\(partition): \(range) was committed twice" }
            let hole = position..<range.lowerBound
            let covered = (tried[partition] ?? []).reduce(into: Set<UInt64>()) { $0.formUnion($1) }
            if !covered.isSuperset(of: hole) { return "\(partition): \(hole) was not committed" }
            position = range.upperBound
        }
        return nil
    }
}

/// A consumer of a group that runs until its stream ends, commits each delivery, and can be killed.
final class RunningMember: Sendable {
    private let task: Task<Void, any Error>
    let consumer: Guarded<RecordConsumer?>

    init(
        _ topics: [String], in log: any LogStore, group: String, _ tally: GroupTally,
        options: ConsumerOptions = ConsumerOptions()
    ) async throws {
        var options = options
        options.commits = .manual
        let consumer = try await RecordConsumer(topics: topics, in: log, group: group, options: options)
        let isHere = Guarded<RecordConsumer?>(consumer)
        self.consumer = isHere
        task = Task {
            while let consumer = isHere.withLock({ $0 }), let delivery = try await consumer.next() {
                await tally.deliver(delivery)
                do throws(LogError) {
                    try await consumer.commit([delivery.partition: delivery.offsets.upperBound])
                    await tally.commit(delivery, isAcknowledged: true)
                } catch {
                    await tally.commit(delivery, isAcknowledged: false)
                    guard error.code == .producerFenced || error.code == .partitionNotFound else { throw error }
                }
            }
            try await isHere.withLock { $0 }?.close()
        }
    }

    /// Ends it in mid-work, without a word to the group but that the connection ends or the consumer is gone.
    func kill(_ client: RemoteLog?) async {
        client?.close()
        task.cancel()
        _ = await task.result
        consumer.withLock { $0 = nil }
    }

    /// Leaves the group in mid-work.
    func leave() async throws {
        try await consumer.withLock { $0 }?.close()
        _ = await task.result
    }

    /// Suspends until its stream has ended.
    func ended() async throws { try await task.value }
}
