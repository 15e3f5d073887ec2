internal import PenstockEvents

/// Where batches of a segment begin, and their times: one entry for about every 64 KiB of the file.
///
/// It grows batch by batch while a segment is written, scanned or read from its beginning, and is stored beside the segment when that
/// is sealed. Nobody depends on it: an entry is believed only where the file has the header of that batch.
struct SegmentIndex: Equatable, Sendable {
    /// Bytes of the segment between two entries, at least.
    static let spacing = 64 << 10

    /// A batch of the segment.
    struct Entry: Equatable, Sendable {
        var offset: UInt64
        var position: UInt64
        /// The largest event time before the batch, in nanoseconds; the smallest number where there is none.
        var maxTimeBefore: Int64
    }

    /// The offset behind the last batch.
    private(set) var nextOffset: UInt64
    /// The position behind the last batch.
    private(set) var end = UInt64(Superblock.byteCount)
    private(set) var lastAppendTime = Int64.min
    /// The smallest event time in nanoseconds; the largest number where there is no record.
    private(set) var minTime = Int64.max
    /// The largest event time in nanoseconds; the smallest number where there is no record.
    private(set) var maxTime = Int64.min
    private(set) var entries: [Entry] = []

    /// Of an empty segment.
    init(baseOffset: UInt64) { nextOffset = baseOffset }

    init(
        nextOffset: UInt64, end: UInt64, lastAppendTime: Int64, minTime: Int64, maxTime: Int64, entries: [Entry]
    ) {
        self.minTime = minTime
        self.nextOffset = nextOffset
        self.end = end
        self.lastAppendTime = lastAppendTime
        self.maxTime = maxTime
        self.entries = entries
    }

    /// Adds the batch at `position`, unless it is known. One that does not follow the last is not added, nor is any behind it: what
    /// lies between is not known. In a compacted segment, which `allowsGaps`, it follows where its position does.
    mutating func note(_ header: BatchHeader, at position: Int, allowsGaps: Bool = false) {
        guard header.baseOffset == nextOffset || allowsGaps && header.baseOffset > nextOffset && follows(position)
        else { return }
        if entries.last.map({ UInt64(position) >= $0.position + UInt64(Self.spacing) }) ?? true {
            entries.append(Entry(offset: header.baseOffset, position: UInt64(position), maxTimeBefore: maxTime))
        }
        nextOffset = header.nextOffset
        end = UInt64(position + header.paddedByteCount)
        lastAppendTime = max(lastAppendTime, header.appendTime.nanoseconds)
        guard !header.flags.contains(.control) else { return }
        minTime = min(minTime, header.minTime.nanoseconds)
        maxTime = max(maxTime, header.maxTime.nanoseconds)
    }

    private func follows(_ position: Int) -> Bool {
        position == Int(end) || position == Int(end).rounded(upTo: FileBlock.alignment)
    }

    /// The last entry at or before `offset`.
    func entry(atOrBefore offset: UInt64) -> Entry? { last { $0.offset <= offset } }

    /// The last entry before which every record is earlier than `time`.
    func entry(before time: Timestamp) -> Entry? { last { $0.maxTimeBefore < time.nanoseconds } }

    // The last entry with a property that no entry has behind one that has it not.
    private func last(where holds: (Entry) -> Bool) -> Entry? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(entries[middle]) { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? entries[low - 1] : nil
    }
}
