/// The name of a segment file: `<base offset, 20 digits>-<owner epoch, 10 digits>.segment`, so that names sort as offsets do.
struct SegmentName: Sendable, Hashable, Comparable {
    static let suffix = ".segment"
    /// A segment that is being created; it holds nothing that was acknowledged.
    static let unfinishedSuffix = ".segment-new"

    let baseOffset: UInt64
    let epoch: UInt32

    init(baseOffset: UInt64, epoch: UInt32) {
        self.baseOffset = baseOffset
        self.epoch = epoch
    }

    /// Nil where `fileName` is not a segment's.
    init?(fileName: String) {
        guard fileName.hasSuffix(Self.suffix) else { return nil }
        let parts = fileName.dropLast(Self.suffix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let base = UInt64(parts[0]), let epoch = UInt32(parts[1]) else { return nil }
        self.init(baseOffset: base, epoch: epoch)
    }

    var fileName: String { Self.padded(baseOffset, 20) + "-" + Self.padded(epoch, 10) + Self.suffix }

    static func < (a: SegmentName, b: SegmentName) -> Bool { (a.baseOffset, a.epoch) < (b.baseOffset, b.epoch) }

    private static func padded(_ number: some BinaryInteger, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
