/// The promise that a batch is in the log.
public struct Acknowledgement: Sendable, Hashable {
    /// The offset of the batch's first record.
    public let firstOffset: UInt64
    /// The number of records.
    public let count: Int
    /// What the batch survives from now on.
    public let durability: Durability

    /// Whether a producer had submitted these records before, so that nothing was written now.
    public let isDuplicate: Bool
    /// Whether `firstOffset` is known: always, but for a duplicate older than the last 16 batches of its producer, where it is 0.
    public let knowsOffset: Bool

    /// An acknowledgement.
    public init(
        firstOffset: UInt64, count: Int, durability: Durability, isDuplicate: Bool = false, knowsOffset: Bool = true
    ) {
        self.firstOffset = firstOffset
        self.count = count
        self.durability = durability
        self.isDuplicate = isDuplicate
        self.knowsOffset = knowsOffset
    }

    /// The offsets of the batch's records.
    public var offsets: Range<UInt64> { firstOffset..<firstOffset + UInt64(count) }
}
