internal import PenstockEvents

/// When a segment was appended to, found at its two ends without a walk through it.
struct SegmentTimes {
    /// The append time of the first batch.
    let firstAppend: Timestamp
    /// The later of the append times of the first and the last batch: the clock may have gone back in between.
    let lastAppend: Timestamp

    /// Nil where an intact batch is not found at either end.
    init?(_ segment: SegmentFile, limits: LogLimits) throws(LogError) {
        var limits = limits
        limits.readWindowBytes = FileBlock.alignment
        var cursor = SegmentCursor(segment, limits: limits)
        let search = HeaderSearch(segment: segment, limits: limits)
        guard let first = try? cursor.header(), let last = try search.last()?.header else { return nil }
        firstAppend = first.appendTime
        lastAppend = max(first.appendTime, last.appendTime)
    }
}
