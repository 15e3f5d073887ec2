internal import PenstockEvents

// Keys whose integer sums have overflowed in a window: they have no row in it.
extension KeyedTimeWindows {
    /// The keys whose sums do not fit.
    func overflowed(in table: borrowing PaneTable<A>) -> Set<UInt64> {
        var codes = table.overflowed
        guard let limits = aggregate.sumLimits else { return codes }
        for key in A.results(of: table) where !limits.contains(key.result.integer) { codes.insert(key.code) }
        return codes
    }

    /// Tells of the keys without a row, in the order of the rows.
    func leaveOut(_ overflowed: Set<UInt64>, _ window: WindowSpan) {
        guard !overflowed.isEmpty else { return }
        let time = window.end.nanoseconds - 1
        for code in overflowed.sorted(by: interner.isInOrder) {
            failures.leaveOut(
                FailedEvents.Row(
                    code: code, key: interner.key(code), isKeyed: aggregate.isKeyed, window: window, time: time,
                    effectiveTime: time), IntegerOverflow())
        }
    }
}
