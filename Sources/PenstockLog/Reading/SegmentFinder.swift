internal import PenstockEvents

/// Finds batches of a partition for a reader: which segment, and where in it. Confined to the reader's actor.
struct SegmentFinder {
    // Segments that stay open for going to and fro.
    private static let openLimit = 8

    private(set) var view: PartitionView
    private(set) var committed = CommittedPosition(nextOffset: 0, segment: nil)
    private(set) var names: [SegmentName] = []
    private var firstOffset: UInt64 = 0
    /// Recently used, the latest last.
    private var open: [OpenSegment] = []
    let limits: LogLimits
    /// Whether cursors read past the page cache what is not in memory.
    var readsPastCache = false

    init(_ view: PartitionView, limits: LogLimits) {
        self.view = view
        self.limits = limits
    }

    var partition: TopicPartition { view.partition }

    /// The offsets that the partition holds, when it was looked at last.
    var held: Range<UInt64> {
        let first = max(firstOffset, names.first?.baseOffset ?? committed.nextOffset)
        return min(first, committed.nextOffset)..<committed.nextOffset
    }

    /// Looks how far the partition is committed now, and for new segments where it has moved on to one.
    mutating func refresh() throws(LogError) {
        let before = committed.segment
        committed = try view.committed()
        if committed.segment != before || names.isEmpty { try list() }
    }

    /// Looks which segments there are; returns whether they are others than before.
    @discardableResult
    mutating func list() throws(LogError) -> Bool {
        let before = names
        names = try view.segments()
        firstOffset = try view.firstOffset()
        view.tail.maxTimes.keep(names)
        return names != before
    }

    /// The segment that takes over at `offset` from `name`, which was sealed there or given up by its owner.
    func successor(of name: SegmentName, at offset: UInt64) -> SegmentName? {
        guard name != committed.segment, let last = segment(holding: offset) else { return nil }
        return last.baseOffset == offset && last > name ? last : nil
    }

    /// The last segment that begins at or before `offset`.
    func segment(holding offset: UInt64) -> SegmentName? {
        let end = firstIndex { $0.baseOffset > offset }
        return end > 0 ? names[end - 1] : nil
    }

    /// Where the first segment behind `offset` begins, or the committed end.
    func nextSegmentBase(after offset: UInt64) -> UInt64 {
        let index = firstIndex { $0.baseOffset > offset }
        return index < names.count ? names[index].baseOffset : committed.nextOffset
    }

    /// A cursor at the beginning of a segment.
    mutating func cursor(_ name: SegmentName) throws(LogError) -> SegmentCursor {
        cursor(try segment(name))
    }

    /// A cursor at the beginning of a segment that is open.
    func cursor(_ segment: OpenSegment) -> SegmentCursor {
        var cursor = SegmentCursor(segment, isOwn: view.tail.committed != nil, limits: limits)
        cursor.readsPastCache = readsPastCache
        return cursor
    }

    /// A cursor at the batch that holds `offset`.
    mutating func cursor(holding offset: UInt64) throws(LogError) -> SegmentCursor {
        guard let name = segment(holding: offset) else {
            throw missing(offset, upTo: names.first?.baseOffset ?? committed.nextOffset)
        }
        var cursor = try cursor(name)
        if offset > name.baseOffset { try cursor.approach(offset, view.storage) }
        while cursor.offset < offset, cursor.compactedEnd == nil {
            do {
                let header = try cursor.header()
                if header.nextOffset > offset { break }
                cursor.advance(past: header)
            } catch {
                switch error {
                case .log(let error): throw error
                case .defect: try pass(&cursor, offset)
                }
            }
        }
        return cursor
    }

    /// The error of a partition that lacks a segment.
    func missing(_ offset: UInt64, upTo end: UInt64) -> LogError {
        LogError(
            .damaged, "\(partition): no segment holds offsets \(offset)..<\(end)",
            hint: "restore the missing segment from a copy, or read on from offset \(end)",
            place: .init(partition: partition, offsets: offset..<max(end, offset + 1)))
    }

    /// A segment, open.
    mutating func segment(_ name: SegmentName) throws(LogError) -> OpenSegment {
        if let index = open.lastIndex(where: { $0.name == name }) {
            // An owner that died may have been followed by one that sealed its segment.
            let known = open.remove(at: index)
            open.append(known)
            return known
        }
        let segment = OpenSegment(try view.open(name))
        if open.count == Self.openLimit { open.removeFirst() }
        open.append(segment)
        return segment
    }

    /// Gives the files back.
    mutating func close() { open = [] }

    // Goes behind damage on the way to `offset`.
    private func pass(_ cursor: inout SegmentCursor, _ offset: UInt64) throws(LogError) {
        let found = try cursor.intactHeaderBehind()
        guard let found, found.baseOffset <= offset else {
            throw missing(offset, upTo: found?.baseOffset ?? nextSegmentBase(after: offset))
        }
        cursor.jump(to: found)
    }

    private func firstIndex(where isBehind: (SegmentName) -> Bool) -> Int {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(names[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
