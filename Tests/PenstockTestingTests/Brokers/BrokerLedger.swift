import PenstockEvents
import PenstockLog

/// What clients of brokers were promised and have seen, and whether it fits together.
final class BrokerLedger: Sendable {
    /// The records of one producer for one partition.
    struct Lane: Hashable, Sendable {
        let producer: UInt64
        let partition: Int
    }

    /// A record as a reader has seen it.
    struct Sight: Hashable, Sendable {
        let offset: UInt64
        let producer: UInt64
        let index: UInt32
    }

    fileprivate struct State {
        /// How many records were handed to a producer.
        var sent: [Lane: Int] = [:]
        var acknowledged: [Lane: Set<UInt32>] = [:]
        /// Where a record is, as an acknowledgement or a reader has said.
        var places: [Int: [UInt64: Sight]] = [:]
        var processed: [Int: Set<UInt64>] = [:]
        var committed: [Int: UInt64] = [:]
        /// Of partitions, and of what the log keeps for groups.
        var owners: [TopicPartition: [UInt32: String]] = [:]
        var violations: [String] = []
    }

    private let state = Guarded(State())

    var violations: [String] { state.withLock { $0.violations } }

    func violate(_ what: String) { state.withLock { $0.violations.append(what) } }

    func send(_ index: UInt32, _ lane: Lane) {
        state.withLock { $0.sent[lane] = max($0.sent[lane] ?? 0, Int(index) + 1) }
    }

    func acknowledge(_ index: UInt32, _ lane: Lane, at offset: UInt64?) {
        state.withLock { state in
            state.acknowledged[lane, default: []].insert(index)
            guard let offset else { return }
            state.place(
                Sight(offset: offset, producer: lane.producer, index: index), lane.partition, "an acknowledgement")
        }
    }

    /// A producer was told that its first `count` records are there.
    func acknowledgeAll(below count: UInt64, _ lane: Lane) {
        state.withLock { $0.acknowledged[lane, default: []].formUnion(0..<UInt32(count)) }
    }

    /// A reader has seen a record.
    func see(_ sight: Sight, _ partition: Int, by who: String) { state.withLock { $0.place(sight, partition, who) } }

    func acknowledgedCount(_ lane: Lane) -> Int { state.withLock { $0.acknowledged[lane]?.count ?? 0 } }

    // MARK: Groups

    func process(_ sight: Sight, _ partition: Int, by who: String) {
        state.withLock { state in
            state.place(sight, partition, who)
            state.processed[partition, default: []].insert(sight.offset)
        }
    }

    func processedCount(_ partition: Int) -> Int { state.withLock { $0.processed[partition]?.count ?? 0 } }

    /// What a group has committed, as somebody has just been told who asked after all former ones were.
    func observe(committed: UInt64, _ partition: Int) {
        state.withLock { state in
            let before = state.committed[partition] ?? 0
            if committed < before {
                state.violations.append(
                    "the group's position in partition \(partition) went from \(before) back to \(committed)")
            }
            state.committed[partition] = max(before, committed)
            let processed = state.processed[partition] ?? []
            let missed = state.places[partition, default: [:]].keys.filter { $0 < committed && !processed.contains($0) }
            if let first = missed.min() {
                state.violations.append(
                    "the group has committed \(committed) in partition \(partition), and nobody has processed \(first)")
            }
        }
    }

    // MARK: Owners

    /// A broker was given a partition.
    func grant(_ partition: TopicPartition, epoch: UInt32, to broker: String) {
        state.withLock { state in
            if let former = state.owners[partition]?[epoch] {
                state.violations.append("epoch \(epoch) of \(partition) was given to \(former) and to \(broker)")
            }
            state.owners[partition, default: [:]][epoch] = broker
        }
    }

    /// The broker that was given a partition last; nil where none was.
    func owner(of partition: TopicPartition) -> String? {
        state.withLock { $0.owners[partition]?.max { $0.key < $1.key }?.value }
    }

    // MARK: The end

    /// Compares what a partition holds in the end.
    func check(_ content: [Sight], _ partition: Int, producers: Int) {
        state.withLock { state in
            for producer in 0..<UInt64(producers) {
                let lane = Lane(producer: producer, partition: partition)
                let indices = content.filter { $0.producer == producer }.map(\.index)
                if indices != Array(0..<UInt32(indices.count)) {
                    state.violations.append("partition \(partition) holds \(indices) of producer \(producer)")
                }
                if indices.count > state.sent[lane] ?? 0 {
                    state.violations.append("partition \(partition) holds what producer \(producer) never sent")
                }
                let lost = (state.acknowledged[lane] ?? []).filter { $0 >= indices.count }
                if let first = lost.min() {
                    state.violations.append(
                        "record \(first) of producer \(producer) was acknowledged, and partition \(partition) ends before it"
                    )
                }
            }
            let held = Dictionary(uniqueKeysWithValues: content.map { ($0.offset, $0) })
            for (offset, sight) in state.places[partition, default: [:]].sorted(by: { $0.key < $1.key })
            where held[offset] != sight {
                state.violations.append(
                    "offset \(offset) of partition \(partition) was \(sight), and is \(held[offset].map { "\($0)" } ?? "gone")"
                )
                return
            }
        }
    }
}

extension BrokerLedger.State {
    fileprivate mutating func place(_ sight: BrokerLedger.Sight, _ partition: Int, _ who: String) {
        let known = places[partition]?[sight.offset]
        if let known, known != sight {
            violations.append(
                "offset \(sight.offset) of partition \(partition) was \(known), and is \(sight) to \(who)")
        }
        places[partition, default: [:]][sight.offset] = sight
    }
}
