/// The key codes of a batch's rows, in memory that is used again where the batch has none of its own.
struct KeyCodes {
    private var zeros: Column<UInt64>?

    /// The code of each row that counts. Without keys all rows have the code 0.
    mutating func codes(
        of batch: Batch, isKeyed: Bool, _ interner: inout KeyInterner, _ stage: StageName
    ) -> Column<UInt64> {
        guard isKeyed else { return zeros(batch.rowCount) }
        guard let keys = batch.keys else { preconditionFailure("events without a key reached \(stage)") }
        guard keys.arena != nil else { return keys.hashes }
        let codes = Column<UInt64>(capacity: batch.rowCount)
        batch.forEachRow { codes.values[$0] = interner.code(keys, $0) }
        return codes
    }

    private mutating func zeros(_ count: Int) -> Column<UInt64> {
        if let zeros, zeros.capacity >= count { return zeros }
        let column = Column<UInt64>(capacity: count)
        column.values.initialize(repeating: 0, count: count)
        zeros = column
        return column
    }
}
