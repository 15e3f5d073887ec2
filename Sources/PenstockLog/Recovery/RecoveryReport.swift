/// What the opening of a partition found out about the last owner's end.
public struct RecoveryReport: Sendable, Hashable, CustomStringConvertible {
    /// The partition.
    public let partition: TopicPartition
    /// The segment file.
    public let file: String
    /// Where in the file the problem begins.
    public let position: Int
    /// Bytes that were cut off; 0 where nothing was cut.
    public let bytesDropped: Int
    /// The offset behind the last intact record before the problem.
    public let nextOffset: UInt64
    /// Offsets that had been acknowledged and cannot be read any more; nil where nothing of that kind is known.
    public let lostOffsets: Range<UInt64>?
    /// What is wrong there.
    public let reason: String

    /// A report.
    public init(
        partition: TopicPartition, file: String, position: Int, bytesDropped: Int, nextOffset: UInt64,
        lostOffsets: Range<UInt64>?, reason: String
    ) {
        self.partition = partition
        self.file = file
        self.position = position
        self.bytesDropped = bytesDropped
        self.nextOffset = nextOffset
        self.lostOffsets = lostOffsets
        self.reason = reason
    }

    /// The report as one line.
    public var description: String {
        let lost =
            lostOffsets.map { "offsets \($0.lowerBound)..<\($0.upperBound) had been acknowledged and are lost; " } ?? ""
        return "\(partition): \(lost)\(bytesDropped) bytes dropped from \(file) at byte \(position), "
            + "intact before offset \(nextOffset): \(reason)"
    }
}
