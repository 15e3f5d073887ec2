// Parts of what a source gave at a time: for a decision that holds from one of its events on.
extension FeedBatch {
    /// The number of the first event that counts, readable or not; nil where there is none.
    var firstSequence: UInt64? {
        guard rowCount > 0 else { return nil }
        let first = selection.map { $0.count > 0 ? Int($0.rows.values[0]) : rowCount } ?? 0
        return baseSequence + UInt64(min(first, unreadable.first?.row ?? rowCount))
    }

    /// The events before the one with a number, and those from it on with what follows them; nil where they are all before it.
    func parted(at sequence: UInt64) -> (head: FeedBatch, tail: FeedBatch)? {
        guard sequence < baseSequence + UInt64(rowCount) else { return nil }
        let row = Int(sequence - baseSequence)
        let rows = selection.map { selection in (0..<selection.count).map { Int(selection.rows.values[$0]) } }
        let all = rows ?? Array(0..<rowCount)
        let tail = part(all.filter { $0 >= row }, unreadable.filter { $0.row >= row }, progress)
        guard tail.firstSequence.map({ $0 < baseSequence + UInt64(rowCount) }) == true else { return nil }
        return (part(all.filter { $0 < row }, unreadable.filter { $0.row < row }, .more), tail)
    }

    private func part(_ rows: [Int], _ unreadable: [UnreadableRow], _ progress: SourceProgress) -> FeedBatch {
        let kept = Column<UInt32>(capacity: rows.count)
        for (k, row) in rows.enumerated() { kept.values[k] = UInt32(row) }
        var part = self
        part.selection = Selection(kept, count: rows.count)
        part.unreadable = unreadable
        part.progress = progress
        return part
    }
}
