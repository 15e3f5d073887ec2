/// The identity of a transaction: 128 random bits.
public struct TransactionID: Sendable, Hashable, BitwiseCopyable, CustomStringConvertible {
    /// The upper 64 bits.
    public let high: UInt64
    /// The lower 64 bits.
    public let low: UInt64

    /// The identity with these bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 hexadecimal digits.
    public var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// From here to the transaction's end a partition holds rows that are visible only if it commits.
public struct TransactionBegin: Sendable, Hashable {
    /// The transaction.
    public let id: TransactionID
    /// The topic of the partition that decides: its commit record is the transaction's.
    public let homeTopic: String
    /// The number of the partition that decides.
    public let homePartition: UInt32
    /// The offset of the begin record there.
    public let homeOffset: UInt64
    /// The epoch of that partition's owner: no later owner can commit the transaction.
    public let homeEpoch: UInt32

    /// The beginning of a transaction in one partition.
    public init(
        id: TransactionID, homeTopic: String, homePartition: UInt32, homeOffset: UInt64, homeEpoch: UInt32
    ) {
        self.id = id
        self.homeTopic = homeTopic
        self.homePartition = homePartition
        self.homeOffset = homeOffset
        self.homeEpoch = homeEpoch
    }
}

/// The name behind a producer's number in a partition.
public struct ProducerRegistration: Sendable, Hashable {
    /// The number that the producer's batches carry, from 1.
    public let id: UInt32
    /// Rises with every session of that name: an older session is fenced off.
    public let epoch: UInt32
    /// The name, unique in the partition.
    public let name: String

    /// A registration.
    public init(id: UInt32, epoch: UInt32, name: String) {
        self.id = id
        self.epoch = epoch
        self.name = name
    }
}
