internal import PenstockEvents

/// WindowPieces of windows by column, and the place of each: open addressing, at most half full.
///
/// Ownership: the memory is of columns that nobody else has.
struct WindowPieces<A: Accumulator>: ~Copyable {
    private(set) var count = 0
    private var capacity = 0
    private var codes = Column<UInt64>(capacity: 0)
    private var firsts = Column<Int64>(capacity: 0)
    private var ends = Column<Int64>(capacity: 0)
    private var accumulators = Column<A>(capacity: 0)
    /// Piece + 1 at each place, 0 for none.
    private var places = Column<UInt32>(capacity: 0)
    private var mask = 0
    /// The starts of the slices of the pieces.
    private var starts: [Int64] = []

    /// Begins anew, with room for the pieces of so many rows.
    mutating func begin(_ rows: Int) {
        count = 0
        starts.removeAll(keepingCapacity: true)
        if rows > capacity {
            capacity = rows
            codes = Column(capacity: rows)
            firsts = Column(capacity: rows)
            ends = Column(capacity: rows)
            accumulators = Column(capacity: rows)
            var size = 16
            while size < 2 * rows { size *= 2 }
            places = Column(capacity: size)
            mask = size - 1
        }
        places.values.update(repeating: 0, count: mask + 1)
    }

    /// Adds each row to the piece to which it belongs, or as a piece of its own.
    @inline(__always) mutating func add(_ rows: PieceRows<A.Number>) {
        switch rows.rule {
        case .slices(let windows): addToSlices(rows, windows)
        case .sessions(let gap): addToSessions(rows, gap)
        }
    }

    @inline(__always) private mutating func addToSlices(_ rows: PieceRows<A.Number>, _ windows: TimeWindows) {
        let (codes, firsts, accumulators) = (codes.values, firsts.values, accumulators.values)
        let (places, mask) = (places.values, mask)
        var count = count
        var slice: (start: Int64, end: Int64) = (0, 0)
        var seed = 0
        for k in 0..<rows.rows.count {
            let row = rows.rows[k]
            let (time, code) = (rows.times[row], rows.codes[row])
            if time < slice.start || time >= slice.end {
                slice = windows.slice(containing: time) ?? (time, time &+ 1)
                seed = Int(truncatingIfNeeded: SplitMix64.mix(UInt64(bitPattern: slice.start)))
                if !starts.contains(slice.start) { starts.append(slice.start) }
            }
            var at = (Int(truncatingIfNeeded: code) ^ seed) & mask
            var piece = Int(places[at]) &- 1
            while piece >= 0, codes[piece] != code || firsts[piece] != slice.start {
                at = (at &+ 1) & mask
                piece = Int(places[at]) &- 1
            }
            if piece >= 0 {
                _ = accumulators[piece].add(rows.numbers[row])
            } else {
                (codes[count], firsts[count]) = (code, slice.start)
                accumulators[count] = A(rows.numbers[row])
                count &+= 1
                places[at] = UInt32(truncatingIfNeeded: count)
            }
        }
        self.count = count
    }

    /// Of each key the last piece is known.
    @inline(__always) private mutating func addToSessions(_ rows: PieceRows<A.Number>, _ gap: Int64) {
        let (codes, firsts, ends, accumulators) = (codes.values, firsts.values, ends.values, accumulators.values)
        let (places, mask) = (places.values, mask)
        var count = count
        for k in 0..<rows.rows.count {
            let row = rows.rows[k]
            let (time, code) = (rows.times[row], rows.codes[row])
            let end = time &+ gap
            var at = Int(truncatingIfNeeded: code) & mask
            var piece = Int(places[at]) &- 1
            while piece >= 0, codes[piece] != code {
                at = (at &+ 1) & mask
                piece = Int(places[at]) &- 1
            }
            if piece >= 0, time <= ends[piece], end >= firsts[piece],
                max(ends[piece], end) &- min(firsts[piece], time) <= SessionWindows.longest
            {
                firsts[piece] = min(firsts[piece], time)
                ends[piece] = max(ends[piece], end)
                _ = accumulators[piece].add(rows.numbers[row])
            } else {
                (codes[count], firsts[count], ends[count]) = (code, time, end)
                accumulators[count] = A(rows.numbers[row])
                count &+= 1
                places[at] = UInt32(truncatingIfNeeded: count)
            }
        }
        self.count = count
    }

    /// Writes the pieces, those of one slice side by side.
    @inline(__always) func write(_ columns: PieceColumns<A>) {
        var written = 0
        for slice in 0..<max(starts.count, 1) {
            let start = starts.isEmpty ? nil : starts[slice]
            for piece in 0..<count where start == nil || firsts.values[piece] == start {
                columns.codes[written] = codes.values[piece]
                columns.firsts[written] = firsts.values[piece]
                columns.ends[written] = ends.values[piece]
                columns.accumulators[written] = accumulators.values[piece]
                written &+= 1
            }
        }
    }
}
