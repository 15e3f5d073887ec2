import PenstockBroker
import PenstockLog
import PenstockTesting

/// The leases of a broker, of which each is told to the ledger: an epoch of a partition has one owner.
struct RecordedLeases: PartitionLeases {
    private let leases: any PartitionLeases
    private let broker: String
    private let ledger: BrokerLedger

    init(_ leases: any PartitionLeases, of broker: String, _ ledger: BrokerLedger) {
        self.leases = leases
        self.broker = broker
        self.ledger = ledger
    }

    func claim(_ partition: TopicPartition, above floor: UInt32) async throws(LogError) -> Lease {
        let lease = try await leases.claim(partition, above: floor)
        ledger.grant(partition, epoch: lease.epoch, to: broker)
        return lease
    }
}

extension SimulatedClock {
    /// Goes on as the process of the clock.
    func enter() async { try? await sleep(until: now()) }
}
