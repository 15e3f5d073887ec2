internal import PenstockEvents

/// Which rows of transactions a reader delivers. What it found out holds up to the record that ends the transaction.
struct RowVisibility {
    private var known: (end: UInt64, isCommitted: Bool)?

    /// Whether the row `header` at `cursor` is valid; `readable` is how far the partition may be read.
    ///
    /// Readers do not get into an open transaction, but for one whose home has committed it while its own partition, without an
    /// owner, does not say so yet.
    mutating func isVisible(
        _ header: BatchHeader, at cursor: SegmentCursor, _ view: PartitionView, readable: UInt64
    ) throws(LogError) -> Bool {
        guard header.flags.contains(.transactional), !header.belongsToLog else { return true }
        if let known, header.baseOffset < known.end { return known.isCommitted }
        var walk = try HeaderWalk(view, from: cursor)
        var result = (end: readable, isCommitted: true)
        while let next = try walk.next(), next.baseOffset < readable {
            guard next.flags.contains(.commit) || next.flags.contains(.abort) else { continue }
            result = (next.baseOffset, next.flags.contains(.commit))
            break
        }
        known = result
        return result.isCommitted
    }
}
