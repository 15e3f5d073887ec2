public import PenstockLog

/// The brokers that serve a log, and which of them has what.
public struct ClusterDescription: Sendable, Hashable {
    /// A broker.
    public struct Broker: Sendable, Hashable {
        /// What it is called.
        public let name: String
        /// Where clients reach it.
        public let address: String
    }

    /// A partition or a consumer group that a broker has.
    public struct Possession: Sendable, Hashable {
        /// What it is: the partition, or the name of the group.
        public enum Subject: Sendable, Hashable {
            /// A partition.
            case partition(TopicPartition)
            /// A consumer group.
            case group(String)
        }

        /// What it is.
        public let subject: Subject
        /// The name of the broker.
        public let owner: String
        /// The number of the ownership, above those of all earlier ones.
        public let epoch: UInt32
    }

    /// The brokers, sorted by name.
    public let brokers: [Broker]
    /// What they have, sorted by its key.
    public let possessions: [Possession]

    init(brokers: [Broker], possessions: [Possession]) {
        self.brokers = brokers
        self.possessions = possessions
    }

    init(members: [Member], claims: [ClaimedKey]) {
        brokers = members.map { Broker(name: $0.name, address: $0.address) }
        possessions = claims.compactMap { claim in
            Self.subject(claim.key).map { Possession(subject: $0, owner: claim.holder, epoch: claim.epoch) }
        }
    }

    /// What somebody may see of it.
    func visible(_ topics: (String) -> Bool, groups: (String) -> Bool) -> ClusterDescription {
        ClusterDescription(
            brokers: brokers,
            possessions: possessions.filter { possession in
                switch possession.subject {
                case .partition(let partition): topics(partition.topic)
                case .group(let group): groups(group)
                }
            })
    }

    private static func subject(_ key: CoordinationKey) -> Possession.Subject? {
        let parts = key.description.split(separator: "/")
        if parts.count == 2, key.description.hasPrefix(CoordinationKey.groups) { return .group(String(parts[1])) }
        guard parts.count == 3, key.description.hasPrefix(CoordinationKey.partitions), let number = Int(parts[2]) else {
            return nil
        }
        return .partition(TopicPartition(String(parts[1]), number))
    }
}

extension ClusterDescription: WireValue {
    func write(to message: inout WireWriter) {
        message.put(brokers.map(\.name))
        message.put(brokers.map(\.address))
        message.put(possessions)
    }
    init(from message: inout WireReader) throws(WireError) {
        let (names, addresses): ([String], [String]) = (try message.take(), try message.take())
        guard names.count == addresses.count else { throw WireError("addresses are missing") }
        brokers = zip(names, addresses).map { Broker(name: $0, address: $1) }
        possessions = try message.take()
    }
}

extension ClusterDescription.Possession: WireValue {
    func write(to message: inout WireWriter) {
        switch subject {
        case .partition(let partition):
            message.put(UInt8(0))
            message.put(partition)
        case .group(let group):
            message.put(UInt8(1))
            message.put(group)
        }
        message.put(owner)
        message.put(epoch)
    }
    init(from message: inout WireReader) throws(WireError) {
        switch try message.take(UInt8.self) {
        case 0: subject = .partition(try message.take())
        case 1: subject = .group(try message.take())
        case let other: throw WireError("\(other) is nothing that a broker has")
        }
        (owner, epoch) = (try message.take(), try message.take())
    }
}
