/// The name of a segment file: `<base offset, 20 digits>-<owner epoch, 10 digits>.segment`, so that names sort as offsets do. A compacted segment has `-<next offset, 20 digits>` behind the epoch.
struct SegmentName: Sendable, Hashable, Comparable {
    static let suffix = ".segment"
    /// A segment that is being created; it holds nothing that was acknowledged.
    static let unfinishedSuffix = ".segment-new"

    let baseOffset: UInt64
    let epoch: UInt32
    /// For a compacted segment, the offset up to which it stands for the segments that it was made from.
    let nextOffset: UInt64?

    init(baseOffset: UInt64, epoch: UInt32, nextOffset: UInt64? = nil) {
        self.baseOffset = baseOffset
        self.epoch = epoch
        self.nextOffset = nextOffset
    }

    /// Nil where `fileName` is not a segment's.
    init?(fileName: String) {
        guard fileName.hasSuffix(Self.suffix) else { return nil }
        let parts = fileName.dropLast(Self.suffix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let base = UInt64(parts[0]), let epoch = UInt32(parts[1]) else {
            return nil
        }
        guard parts.count == 3 else {
            self.init(baseOffset: base, epoch: epoch)
            return
        }
        guard let next = UInt64(parts[2]), next > base else { return nil }
        self.init(baseOffset: base, epoch: epoch, nextOffset: next)
    }

    var fileName: String {
        let range = Self.padded(baseOffset, 20) + "-" + Self.padded(epoch, 10)
        return range + (nextOffset.map { "-" + Self.padded($0, 20) } ?? "") + Self.suffix
    }

    /// Removes the segment's file, and before it its index where it has one: an index without a segment would stay for ever.
    func remove(from directory: String, storage: any Storage) throws(StorageError) {
        let path = directory + "/" + fileName
        let index = SegmentIndexFile.path(path)
        if try storage.kind(of: index) != nil { try storage.remove(index) }
        try storage.remove(path)
    }

    static func < (a: SegmentName, b: SegmentName) -> Bool {
        (a.baseOffset, a.epoch, a.nextOffset ?? 0) < (b.baseOffset, b.epoch, b.nextOffset ?? 0)
    }

    /// Whether this compacted segment stands for `other`, which is garbage then.
    func replaces(_ other: SegmentName) -> Bool {
        guard let end = nextOffset, self != other, baseOffset..<end ~= other.baseOffset else { return false }
        guard let otherEnd = other.nextOffset else { return true }
        return (other.epoch, otherEnd) < (epoch, end)
    }

    /// The names of `fileNames` that count, in the order of their offsets, and those that a compacted segment has replaced.
    static func effective(in fileNames: [String]) -> (segments: [SegmentName], replaced: [SegmentName]) {
        let all = fileNames.compactMap { SegmentName(fileName: $0) }.sorted()
        let compacted = all.filter { $0.nextOffset != nil }
        guard !compacted.isEmpty else { return (all, []) }
        let replaced = Set(all.filter { name in compacted.contains { $0.replaces(name) } })
        return (all.filter { !replaced.contains($0) }, all.filter { replaced.contains($0) })
    }

    private static func padded(_ number: some BinaryInteger, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
