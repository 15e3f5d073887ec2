/// Where a payload is: its record. What passes by reference instead of the bytes.
public struct PayloadReference: Sendable, Hashable {
    /// The partition of the record.
    public let partition: TopicPartition
    /// The offset of the record.
    public let offset: UInt64

    /// The payload of the record at `offset`.
    public init(_ partition: TopicPartition, _ offset: UInt64) {
        self.partition = partition
        self.offset = offset
    }
}

/// What is wanted of a payload, in bytes as they are stored: of one that arrived compressed, compressed ones.
public enum PayloadSelection: Sendable, Hashable {
    /// All of it.
    case all
    /// One run of bytes.
    case range(Range<Int>)
    /// `count` runs of `length` bytes, the first at `start`, each `stride` bytes (no less than `length`) behind the beginning of the one
    /// before: a region of an image, a channel of a table.
    case strided(start: Int, length: Int, stride: Int, count: Int)
    /// These runs, in this order.
    case list([Range<Int>])

    /// The runs in a payload of `byteCount` bytes, or nil where one is outside of it.
    func runs(in byteCount: Int) -> [Range<Int>]? {
        let runs: [Range<Int>]
        switch self {
        case .all: runs = [0..<byteCount]
        case .range(let range): runs = [range]
        case .list(let ranges): runs = ranges
        case .strided(let start, let length, let stride, let count):
            guard Self.fits(start, length, stride, count, in: byteCount) else { return nil }
            runs = (0..<count).map { start + $0 * stride..<start + $0 * stride + length }
        }
        return runs.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= byteCount } ? runs : nil
    }

    private static func fits(_ start: Int, _ length: Int, _ stride: Int, _ count: Int, in byteCount: Int) -> Bool {
        guard start >= 0, length >= 0, stride >= length, count >= 0, length <= byteCount, start <= byteCount - length
        else { return false }
        return count <= 1 || length > 0 && stride <= (byteCount - length - start) / (count - 1)
    }
}
