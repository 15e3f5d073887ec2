internal import PenstockEvents

// Keys whose integer sums have overflowed in a window: they have no row in it.
extension KeyedTimeWindows {
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
