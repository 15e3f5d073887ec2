/// Rows of a batch that are given slots, as far as they lie in one slice: its bounds, the columns that are read and written.
///
/// The loops are here, where no class is touched from row to row.
struct SlotRun {
    let rows: Rows
    let times: UnsafePointer<Int64>
    let codes: UnsafePointer<UInt64>
    let start: Int64
    let end: Int64
    let slots: UnsafeMutablePointer<UInt32>
    /// Where the rows themselves are written down; nil where none can be left out.
    let inside: UnsafeMutablePointer<UInt32>?

    /// Gives one slot to the rows from the `k`-th on while they lie in the slice, and moves `k` and `count` behind them.
    @inline(__always) func assign(_ slot: UInt32, from k: inout Int, count: inout Int) {
        forEach(from: &k, count: &count) { _ in slot }
    }

    /// Calls `body` with the rows that lie in the slice.
    @inline(__always) fileprivate func forEach(from k: inout Int, count: inout Int, _ body: (Int) -> UInt32) {
        let length = UInt64(bitPattern: end &- start)
        let total = rows.count
        var (next, written) = (k, count)
        while next < total {
            let row = rows[next]
            guard UInt64(bitPattern: times[row] &- start) < length else { break }
            slots[written] = body(row)
            inside?[written] = UInt32(truncatingIfNeeded: row)
            written &+= 1
            next &+= 1
        }
        (k, count) = (next, written)
    }
}

extension SlotTable {
    /// Gives each row from the `k`-th on the slot of its key while they lie in the slice; `make` gives those of new keys.
    mutating func assign(_ run: SlotRun, from k: inout Int, count: inout Int, _ make: () -> UInt32) {
        run.forEach(from: &k, count: &count) { slot(run.codes[$0], make) }
    }
}
