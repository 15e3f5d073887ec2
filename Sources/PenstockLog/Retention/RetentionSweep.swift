internal import PenstockEvents

/// Finds out which segments of a partition may go by the topic's retention.
struct RetentionSweep {
    /// A segment to which nobody appends any more.
    struct Sealed {
        let name: SegmentName
        /// The offset behind its last record.
        let end: UInt64
        let byteCount: Int
    }

    let retention: Retention
    let now: Timestamp
    /// Nothing at or behind this offset goes: a group has not consumed it.
    let consumed: UInt64

    /// The first offset of what stays, or nil where everything stays.
    ///
    /// - Parameters:
    ///   - segments: the oldest first.
    ///   - activeBytes: the size of the segment that is being written.
    ///   - lastAppend: when a segment was last appended to; nil where that is unknown, so that age does not drop it.
    func firstOffset(
        of segments: [Sealed], activeBytes: Int, lastAppend: (SegmentName) throws(LogError) -> Timestamp?
    ) throws(LogError) -> UInt64? {
        var first: UInt64?
        var total = segments.reduce(activeBytes) { $0 + $1.byteCount }
        for segment in segments where segment.end > segment.name.baseOffset {
            guard segment.end <= consumed else { break }
            // Not one expression: an autoclosure does not keep the type of its error.
            var goes = onlyGroupsHold || isOver(total - segment.byteCount)
            if !goes { goes = try isOld(segment.name, lastAppend) }
            guard goes else { break }
            total -= segment.byteCount
            first = segment.end
        }
        return first
    }

    private var onlyGroupsHold: Bool {
        retention.bytes == nil && retention.age == nil && !retention.untilConsumedBy.isEmpty
    }

    private func isOver(_ remaining: Int) -> Bool { retention.bytes.map { remaining >= $0 } ?? false }

    private func isOld(
        _ name: SegmentName, _ lastAppend: (SegmentName) throws(LogError) -> Timestamp?
    ) throws(LogError) -> Bool {
        guard let limit = retention.age, let last = try lastAppend(name) else { return false }
        // A clock that went back makes a negative age, which is none.
        let (age, overflow) = now.nanoseconds.subtractingReportingOverflow(last.nanoseconds)
        return !overflow && age > limit.nanoseconds
    }
}
