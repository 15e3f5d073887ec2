internal import PenstockEvents

extension PartitionView {
    /// The transaction that is open at `end`, the offset behind the last intact batch.
    ///
    /// The last seal says whether one is open there; what follows is looked through by headers.
    func openTransaction(at end: UInt64) throws(LogError) -> PartitionLedger.OpenTransaction? {
        var start: UInt64?
        for name in try segments().reversed() where name.baseOffset < end {
            let seal = try open(name).seal
            if let seal, seal.nextOffset <= end {
                start = seal.openTransaction ?? start
                break
            }
            start = name.baseOffset
        }
        guard let start else { return nil }
        var ledger = PartitionLedger()
        try ledger.note(self, from: start, upTo: end)
        return ledger.open
    }

    /// `position`, which is nobody's, without a transaction at its end that is not known to be committed.
    func withoutOpenTransaction(_ position: CommittedPosition) throws(LogError) -> CommittedPosition {
        guard let open = try openTransaction(at: position.acknowledged) else { return position }
        if try outcomes?.outcome(of: open.begin, isRelied: false) == .committed { return position }
        return CommittedPosition(
            nextOffset: open.offset, segment: position.segment, acknowledged: position.acknowledged)
    }
}
