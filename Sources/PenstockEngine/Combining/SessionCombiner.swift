internal import PenstockEvents

/// Combines events to pieces of sessions: for each key the intervals that its events in a batch cover, each with an accumulator.
final class SessionCombiner<A: Accumulator>: Combiner {
    private let stage: StageName
    private let gap: Int64
    private let aggregate: Aggregate
    private var scratch = NumberScratch()
    private var codes = KeyCodes()
    private var interner = KeyInterner()
    private var gain = CombiningGain()
    private var pieces = SessionPieces<A>()

    init(stage: StageName, gap: Int64, aggregate: Aggregate) {
        self.stage = stage
        self.gap = gap
        self.aggregate = aggregate
    }

    func combine(_ batch: Batch) -> Batch? {
        guard batch.behind.isEmpty, batch.keys?.arena == nil, gain.isWorthwhile(batch.count),
            // What the author's code throws it throws where it is aggregated.
            let numbers = try? scratch.numbers(of: A.Number.self, aggregate.numbers, batch, stage)
        else { return nil }
        let codes = codes.codes(of: batch, isKeyed: aggregate.isKeyed, &interner, stage)
        pieces.begin(batch.count)
        A.combine(
            SessionRows(
                rows: batch.rows, times: UnsafePointer(batch.times.values), codes: UnsafePointer(codes.values),
                numbers: numbers, gap: gap),
            into: &pieces)
        withExtendedLifetime((batch, codes)) {}
        gain.note(batch.count, combinedTo: pieces.count)
        return rows(like: batch)
    }

    private func rows(like batch: Batch) -> Batch {
        let count = pieces.count
        let values = ValueColumn(ValueType(A?.self), capacity: count)
        let (times, ends) = (Column<Int64>(capacity: count), Column<Int64>(capacity: count))
        let hashes = Column<UInt64>(capacity: count)
        values.base.bindMemory(to: A?.self, capacity: count).update(from: pieces.states, count: count)
        times.values.update(from: pieces.firsts, count: count)
        ends.values.update(from: pieces.ends, count: count)
        hashes.values.update(from: pieces.codes, count: count)
        values.setInitialized(count: count)
        var combined = Batch(
            origin: batch.origin, baseSequence: batch.baseSequence, rowCount: count, times: times, values: values,
            keys: aggregate.isKeyed ? KeyColumn(hashes: hashes, arena: nil) : nil, watermark: batch.watermark)
        combined.placeKeys = nil
        combined.input = batch.input
        combined.combined = CombinedRows(ends: ends)
        return combined
    }
}

/// The rows of a batch whose sessions are combined: the columns that are read.
struct SessionRows<Number: BitwiseCopyable> {
    let rows: Rows
    let times: UnsafePointer<Int64>
    let codes: UnsafePointer<UInt64>
    let numbers: UnsafePointer<Number>
    let gap: Int64
}

/// Pieces of sessions by column, and for each key the place of its last one: open addressing, at most half full.
///
/// Ownership: the memory is of columns that nobody else has.
struct SessionPieces<A: Accumulator>: ~Copyable {
    private(set) var count = 0
    private var capacity = 0
    private var codeColumn = Column<UInt64>(capacity: 0)
    private var firstColumn = Column<Int64>(capacity: 0)
    private var endColumn = Column<Int64>(capacity: 0)
    private var stateColumn = Column<A?>(capacity: 0)
    /// Piece + 1 at each place, 0 for none.
    private var placeColumn = Column<UInt32>(capacity: 0)
    private var mask = 0

    var codes: UnsafeMutablePointer<UInt64> { codeColumn.values }
    var firsts: UnsafeMutablePointer<Int64> { firstColumn.values }
    var ends: UnsafeMutablePointer<Int64> { endColumn.values }
    var states: UnsafeMutablePointer<A?> { stateColumn.values }

    /// Begins anew, with room for the pieces of so many rows.
    mutating func begin(_ rows: Int) {
        count = 0
        if rows > capacity {
            capacity = rows
            codeColumn = Column(capacity: rows)
            firstColumn = Column(capacity: rows)
            endColumn = Column(capacity: rows)
            stateColumn = Column(capacity: rows)
            var places = 16
            while places < 2 * rows { places *= 2 }
            placeColumn = Column(capacity: places)
            mask = places - 1
        }
        placeColumn.values.update(repeating: 0, count: mask + 1)
    }

    /// Adds each row to the last piece of its key where they share an instant, otherwise as a piece of its own.
    @inline(__always) mutating func add(_ rows: SessionRows<A.Number>) {
        let (codes, firsts, ends, states, places) = (codes, firsts, ends, states, placeColumn.values)
        let (gap, mask) = (rows.gap, mask)
        var count = count
        for k in 0..<rows.rows.count {
            let row = rows.rows[k]
            let (time, code) = (rows.times[row], rows.codes[row])
            var at = Int(truncatingIfNeeded: code) & mask
            while places[at] != 0, codes[Int(places[at]) &- 1] != code { at = (at &+ 1) & mask }
            let piece = Int(places[at]) &- 1
            if piece >= 0, time <= ends[piece], time &+ gap >= firsts[piece],
                max(ends[piece], time &+ gap) &- min(firsts[piece], time) <= SessionWindows.longest
            {
                firsts[piece] = min(firsts[piece], time)
                ends[piece] = max(ends[piece], time &+ gap)
                _ = states[piece]!.add(rows.numbers[row])
            } else {
                codes[count] = code
                (firsts[count], ends[count]) = (time, time &+ gap)
                states[count] = A(rows.numbers[row])
                count &+= 1
                places[at] = UInt32(truncatingIfNeeded: count)
            }
        }
        self.count = count
    }
}
