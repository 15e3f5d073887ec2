import PenstockLog
import PenstockTesting

/// What a seed lets happen to brokers and their clients.
struct BrokerPlan: Sendable, CustomStringConvertible {
    enum Trouble: Sendable {
        /// A broker dies, with the power or alone, and is back later.
        case crash(broker: Int, Crash, isSilent: Bool, for: Duration)
        /// A broker is stopped in an orderly way, and started again.
        case restart(broker: Int, for: Duration)
        /// A client dies, and is back later.
        case kill(client: Int, isSilent: Bool, for: Duration)
        /// A client and a broker do not reach each other.
        case separate(client: Int, broker: Int, for: Duration)
        /// A process takes nothing in.
        case stall(host: Int, for: Duration)
        /// A process stands still, while its clock goes on.
        case freeze(host: Int, for: Duration)
        /// The owner of a partition stands still for longer than its lease, at once or before its n-th change of the files from then on, behind the
        /// question whether it may. One producer stays connected to it; all other clients come back, and find the broker that takes over.
        case oversleep(partition: Int, change: Int?, staying: Int, for: Duration)
        /// Connections break, and messages take long.
        case storm(losses: Double, longDelays: Double, for: Duration)
    }

    struct Step: Sendable {
        /// How long nothing else happens before it.
        let pause: Duration
        let trouble: Trouble
    }

    static let longestTrouble = Duration.seconds(40)

    let brokers: Int
    let producers: Int
    let readers: Int
    let members: Int
    let partitions: Int
    /// Records of each producer for each partition.
    let records: Int
    let durability: Durability
    /// After how long a silent peer is given up.
    let silence: Duration
    /// Of brokers that share the partitions.
    let lease: Duration
    let steps: [Step]

    var clients: Int { producers + readers + members }

    init(brokers: Int, _ random: inout SeededRandom) {
        self.brokers = brokers
        producers = 1 + random.below(3)
        readers = 1 + random.below(2)
        members = random.below(3)
        partitions = 1 + random.below(2)
        records = 3 + random.below(16)
        durability = random.below(4) == 0 ? .pageCache : .durable
        silence = .seconds([5, 15, 60][random.below(3)])
        lease = .seconds([2, 10][random.below(2)])
        let (clients, kinds) = (producers + readers + members, durability == .durable ? Crash.allCases : [.process])
        let longest = Int(Self.longestTrouble.components.seconds)
        let timing = LeaseTiming(lease: lease)
        steps = (0..<1 + random.below(7)).map { [partitions, producers] _ in
            let pause = Self.duration(&random, 3 * brokers)
            let length = Self.duration(&random, random.coin() ? 3 : longest)
            let trouble: Trouble =
                switch random.below(brokers > 1 ? 16 : 13) {
                case 0...2:
                    .crash(
                        broker: random.below(brokers), kinds[random.below(kinds.count)], isSilent: random.coin(),
                        for: length)
                case 3: .restart(broker: random.below(brokers), for: length)
                case 4...5: .kill(client: random.below(clients), isSilent: random.coin(), for: length)
                case 6...7: .separate(client: random.below(clients), broker: random.below(brokers), for: length)
                case 8: .freeze(host: random.below(brokers + clients), for: length)
                case 9: .stall(host: random.below(brokers + clients), for: length)
                case 13...:
                    .oversleep(
                        partition: random.below(partitions), change: random.below(4) == 0 ? nil : 1 + random.below(6),
                        staying: random.below(producers),
                        for: timing.lease + timing.margin + .seconds(5) + Self.duration(&random, 20))
                default:
                    .storm(
                        losses: random.coin() ? 0.02 : 0.2, longDelays: random.coin() ? 0 : 0.05, for: length)
                }
            return Step(pause: pause, trouble: trouble)
        }
    }

    private static func duration(_ random: inout SeededRandom, _ seconds: Int) -> Duration {
        .microseconds(random.below(seconds * 1_000_000))
    }

    var description: String {
        let what =
            "\(brokers) brokers, \(producers) producers of \(records) records for each of \(partitions) partitions "
            + "(\(durability)), \(readers) readers, \(members) members of a group; silence \(silence), "
            + "lease \(lease)"
        return ([what] + steps.map { "  after \($0.pause): \($0.trouble)" }).joined(separator: "\n")
    }
}
