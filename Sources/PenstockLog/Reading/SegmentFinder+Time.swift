internal import PenstockEvents

/// Finds where reading from an event time begins.
extension SegmentFinder {
    /// The offset of the first record at or behind `time` of the first batch that has one; nil where there is none.
    ///
    /// Damaged batches on the way count as earlier where the batch behind them still has earlier records; else reading begins at the
    /// damage, which may hold the record, so that the reader hears of it.
    mutating func offset(of time: Timestamp) throws(LogError) -> UInt64? {
        for index in names.indices {
            let name = names[index]
            guard name.baseOffset < committed.nextOffset else { break }
            if let maxTime = view.tail.maxTimes.maxTime(of: name), maxTime < time.nanoseconds { continue }
            let end = index + 1 < names.count ? names[index + 1].baseOffset : .max
            if let found = try offset(of: time, in: segment(name), upTo: min(end, committed.nextOffset)) {
                return found
            }
        }
        return nil
    }

    private func offset(
        of time: Timestamp, in segment: OpenSegment, upTo end: UInt64
    ) throws(LogError) -> UInt64? {
        segment.loadIndex(view.storage)
        defer { if let maxTime = segment.maxTime { view.tail.maxTimes.note(maxTime, of: segment.name) } }
        if let maxTime = segment.maxTime, maxTime < time.nanoseconds { return nil }
        var cursor = cursor(segment)
        try cursor.jump(to: segment.index.entry(before: time))
        var damage: UInt64?
        while cursor.offset < end, cursor.compactedEnd == nil {
            do {
                let header = try cursor.header()
                if !header.flags.contains(.control) {
                    if let damage, header.minTime >= time { return damage }
                    damage = nil
                    if header.maxTime >= time { return try first(from: time, in: header, &cursor) }
                }
                cursor.advance(past: header)
            } catch {
                if case .log(let error) = error { throw error }
                damage = damage ?? cursor.offset
                guard let found = try cursor.intactHeaderBehind(), found.baseOffset < end else { return damage }
                cursor.jump(to: found)
            }
        }
        return damage
    }

    // The batch's first offset where it is damaged: reading from there says so.
    private func first(
        from time: Timestamp, in header: BatchHeader, _ cursor: inout SegmentCursor
    ) throws(CursorFailure) -> UInt64 {
        do {
            let batch = try cursor.batch(header, parts: .attributes)
            let records = try RecordBatch(
                header, slab: batch.slab, at: batch.body.lowerBound, from: header.baseOffset, parts: .attributes)
            let index = records.withTimes { $0.firstIndex { $0 >= time.nanoseconds } }
            return header.baseOffset + UInt64(index ?? 0)
        } catch let error as CursorFailure {
            if case .log = error { throw error }
            return header.baseOffset
        } catch {
            return header.baseOffset
        }
    }
}
