internal import PenstockEvents

/// Combines events to pieces of windows: one accumulator for each key and slice of time, or for each key and interval of a session.
final class PieceCombiner<A: Accumulator>: Combiner {
    private let stage: StageName
    private let rule: PieceRule
    private let aggregate: Aggregate
    private var scratch = NumberScratch()
    private var codes = KeyCodes()
    private var interner = KeyInterner()
    private var gain = CombiningGain()
    private var pieces = WindowPieces<A>()

    init(stage: StageName, _ rule: PieceRule, _ aggregate: Aggregate) {
        self.stage = stage
        self.rule = rule
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
            PieceRows(
                rows: batch.rows, times: UnsafePointer(batch.times.values), codes: UnsafePointer(codes.values),
                numbers: numbers, rule: rule),
            into: &pieces)
        withExtendedLifetime((batch, codes)) {}
        gain.note(batch.count, combinedTo: pieces.count)
        return rows(like: batch)
    }

    private func rows(like batch: Batch) -> Batch {
        let count = pieces.count
        let values = ValueColumn(ValueType(A.self), capacity: count)
        let (times, ends) = (Column<Int64>(capacity: count), Column<Int64>(capacity: count))
        let hashes = Column<UInt64>(capacity: count)
        A.write(
            pieces,
            PieceColumns(
                codes: hashes.values, firsts: times.values, ends: ends.values,
                accumulators: values.base.bindMemory(to: A.self, capacity: count)))
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

/// Which events of a key become one piece.
enum PieceRule {
    /// Those of one slice.
    case slices(TimeWindows)
    /// Those whose intervals, so long from the time of each, share an instant.
    case sessions(gap: Int64)
}

/// The rows of a batch that are combined: the columns that are read.
struct PieceRows<Number: BitwiseCopyable> {
    let rows: Rows
    let times: UnsafePointer<Int64>
    let codes: UnsafePointer<UInt64>
    let numbers: UnsafePointer<Number>
    let rule: PieceRule
}

/// Where pieces are written to.
struct PieceColumns<A: Accumulator> {
    let codes: UnsafeMutablePointer<UInt64>
    let firsts: UnsafeMutablePointer<Int64>
    let ends: UnsafeMutablePointer<Int64>
    let accumulators: UnsafeMutablePointer<A>
}
