internal import PenstockEvents

/// The place of a waiting row in canonical order, as far as numbers tell it.
struct MergeHead: BitwiseCopyable {
    /// The effective time.
    let effectiveTime: Int64
    /// The rank of the origin.
    let rank: UInt64
    /// The row's own time, with which the sequence of a keyed stage's rows begins; that of other rows is 0.
    let time: Int64
    /// The canonical integer of the key with which the sequence goes on, or the first eight bytes of a longer one; 0 without a key.
    let key: UInt64
    /// The number of the row within its origin, or within its key.
    let sequence: UInt64
    /// Where the row waits.
    let run: Int
    /// What decides where one row has come by two ways: the number of the input, then that of the run among all that came.
    let arrival: UInt64

    /// Whether numbers tell that the row comes before the other, or behind it; nil where the rest of a long key has to, or the sequence.
    @inline(__always) func precedes(_ other: MergeHead) -> Bool? {
        if effectiveTime != other.effectiveTime { return effectiveTime < other.effectiveTime }
        if rank != other.rank { return rank < other.rank }
        if time != other.time { return time < other.time }
        return key != other.key ? key < other.key : nil
    }

    /// Whether the row comes before another of the same time, origin and key.
    @inline(__always) func precedesInSequence(_ other: MergeHead) -> Bool {
        sequence != other.sequence ? sequence < other.sequence : arrival < other.arrival
    }
}

/// The rows of a batch, or some of them, in canonical order, and how far they have been given out.
///
/// Ownership: the pointers are into columns that `WaitingRows` of the same run keeps.
struct MergeCursor: BitwiseCopyable {
    let values: UnsafeRawPointer
    let times: UnsafePointer<Int64>
    let effectiveTimes: UnsafePointer<Int64>
    /// The rows in order; nil for 0 ..< end.
    let rows: UnsafePointer<UInt32>?
    /// Of the keys with which the sequence begins, the hashes of those of a fixed width, or the first bytes of longer ones; nil without.
    let keys: UnsafePointer<UInt64>?
    let hasLongKeys: Bool
    let hasMarks: Bool
    let rank: UInt64
    let baseSequence: UInt64
    /// The numbers of the rows, where they are not `baseSequence` and so on.
    let numbers: UnsafePointer<UInt64>?
    let run: Int
    let arrival: UInt64
    let end: Int
    var position = 0
    /// The run that begins where this one ends; it waits until then.
    var following: Int?

    @inline(__always) func row(_ position: Int) -> Int { rows.map { Int($0[position]) } ?? position }

    @inline(__always) func sequence(_ row: Int) -> UInt64 {
        numbers.map { $0[row] } ?? baseSequence &+ UInt64(truncatingIfNeeded: row)
    }

    @inline(__always) func head(_ position: Int) -> MergeHead {
        let row = row(position)
        guard let keys else {
            return MergeHead(
                effectiveTime: effectiveTimes[row], rank: rank, time: 0, key: 0,
                sequence: sequence(row), run: run, arrival: arrival)
        }
        return MergeHead(
            effectiveTime: effectiveTimes[row], rank: rank, time: times[row],
            key: hasLongKeys ? keys[row] : SplitMix64.unmix(keys[row]),
            sequence: sequence(row), run: run, arrival: arrival)
    }
}

/// What a cursor's pointers point into.
struct WaitingRows {
    let batch: Batch
    let rows: Column<UInt32>?
    let columns: RowColumns

    /// Columns by row that the batch itself does not have.
    struct RowColumns {
        /// The effective times where some of the events are behind.
        let effectiveTimes: Column<Int64>?
        /// The first bytes of long keys.
        let prefixes: Column<UInt64>?

        init(_ batch: Batch) {
            var times: Column<Int64>?
            if !batch.behind.isEmpty {
                let column = Column<Int64>(capacity: batch.rowCount)
                batch.forEachMarkedRow { row, mark in column.values[row] = batch.effectiveTime(row, mark) }
                times = column
            }
            effectiveTimes = times
            prefixes = batch.placeKeys?.arena.map { arena in
                let column = Column<UInt64>(capacity: batch.rowCount)
                batch.forEachRow { row in column.values[row] = arena.withKey(row, Self.prefix) }
                return column
            }
        }

        private static func prefix(_ key: UnsafeRawBufferPointer) -> UInt64 {
            var prefix: UInt64 = 0
            for at in 0..<min(key.count, 8) { prefix |= UInt64(key[at]) << UInt64(56 - 8 * at) }
            return prefix
        }
    }

    /// What goes before the number of a row in its origin: the origin. Its stage's number needs 24 bits, so that the upper byte is free for
    /// what might go before the origin.
    private var rank: UInt64 { UInt64(batch.origin.stage) << 32 | UInt64(batch.origin.partition) }

    /// A cursor before the first of the rows.
    func cursor(run: Int, count: Int, arrival: UInt64) -> MergeCursor {
        MergeCursor(
            values: UnsafeRawPointer(batch.values.base), times: UnsafePointer(batch.times.values),
            effectiveTimes: UnsafePointer((columns.effectiveTimes ?? batch.times).values),
            rows: rows.map { UnsafePointer($0.values) },
            keys: (columns.prefixes ?? batch.placeKeys?.hashes).map { UnsafePointer($0.values) },
            hasLongKeys: columns.prefixes != nil, hasMarks: columns.effectiveTimes != nil, rank: rank,
            baseSequence: batch.baseSequence, numbers: batch.numbers.map { UnsafePointer($0.values) }, run: run,
            arrival: UInt64(batch.input) << 56 | arrival, end: count)
    }
}
