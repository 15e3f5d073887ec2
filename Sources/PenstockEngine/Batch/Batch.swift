internal import PenstockEvents

/// Where events come from: a source's partition, or a keyed stage. Part of the canonical order.
public struct Origin: Sendable, Hashable, Comparable, BitwiseCopyable {
    /// The number of the stage in the plan, in the order of stage ids as bytes.
    public let stage: UInt32
    /// The partition of the source, or a number that is no partition's.
    public let partition: UInt32

    /// The partition of an origin that is a keyed stage, whose instances are one origin together.
    @usableFromInline static let keyedPartition = UInt32.max

    /// The origin of the rows of a keyed stage.
    init(keyedStage stage: UInt32) { self.init(stage: stage, partition: Origin.keyedPartition) }

    /// Whether the sequence of the rows begins with their times and keys.
    @inlinable @inline(__always) var isKeyed: Bool { partition == Origin.keyedPartition }

    /// The origin of a stage's partition.
    public init(stage: UInt32, partition: UInt32) {
        self.stage = stage
        self.partition = partition
    }

    /// By stage, then by partition.
    @inlinable public static func < (a: Origin, b: Origin) -> Bool {
        (a.stage, a.partition) < (b.stage, b.partition)
    }
}

/// Rows that a filter kept, in ascending order.
public struct Selection: Sendable {
    let rows: Column<UInt32>
    let count: Int

    init(_ rows: Column<UInt32>, count: Int) {
        self.rows = rows
        self.count = count
    }

    func forEachRow(_ body: (Int) -> Void) {
        for k in 0..<count { body(Int(rows.values[k])) }
    }
}

/// An event further out of order than its source's bound allows, and the watermark of its partition just before it was read.
struct BehindMark: Sendable {
    let row: UInt32
    let watermark: Timestamp

    /// The watermark of a row that a stage puts out because its input has ended: its effective time is the end of time.
    static let endOfInput = Timestamp(nanoseconds: .max - 1)
}

/// What several events of a batch have been combined to before they are shared out.
struct CombinedRows {
    /// The end of what a row of a session covers from its time on; for rows of windows over time it has no meaning.
    let ends: Column<Int64>?
}

/// Some consecutive events of one origin, by columns. Immutable: stages share columns and replace some of them.
///
/// Row `i` has the time `times[i]`, the value `values[i]` and the sequence number `baseSequence + i`. Where there is a selection only
/// its rows count; a filter narrows it and leaves the other columns as they are.
public struct Batch: Sendable {
    let origin: Origin
    let baseSequence: UInt64
    let rowCount: Int
    let times: Column<Int64>
    var values: ValueColumn
    var keys: KeyColumn?
    var selection: Selection?
    var behind: [BehindMark]

    /// Whether stages that gather rows of several batches keep where each was read: only where some stage tells of single events.
    var keepsSources = false
    /// Where the rows were read that no longer stand as they were read.
    var sourcePlaces: Column<SourcePlace>?

    /// The keys with which the sequence of the rows of a keyed stage begins, whatever keys they have got since; nil for other rows.
    var placeKeys: KeyColumn?

    /// The numbers of the rows within their origin, where rows between them are missing; nil for `baseSequence + i`.
    var numbers: Column<UInt64>?

    /// What the values are, where they are not events but what several events have been combined to.
    var combined: CombinedRows?

    /// On which of the stage's inputs the batch came: 0 and 1 are the left and the right side of a join.
    var input: UInt8 = 0

    /// The bytes of what the values of all rows refer to, as far as the source said; 0 behind a stage that makes new values.
    var payloadBytes = 0

    /// The watermark of the input that carries this batch, once the batch has been read.
    var watermark: Timestamp

    init(
        origin: Origin, baseSequence: UInt64, rowCount: Int, times: Column<Int64>, values: ValueColumn,
        keys: KeyColumn? = nil,
        behind: [BehindMark] = [], watermark: Timestamp
    ) {
        self.origin = origin
        self.baseSequence = baseSequence
        self.rowCount = rowCount
        self.times = times
        self.values = values
        self.keys = keys
        self.behind = behind
        self.watermark = watermark
        placeKeys = origin.isKeyed ? keys : nil
    }

    /// The number of events.
    public var count: Int { selection?.count ?? rowCount }

    /// The rows that count, for kernels.
    var rows: Rows {
        Rows(count: count, indices: selection.map { UnsafePointer($0.rows.values) })
    }

    /// Calls `body` with each row that counts, in order.
    @inline(__always) func forEachRow<Failure: Error>(_ body: (Int) throws(Failure) -> Void) throws(Failure) {
        if let selection {
            for k in 0..<selection.count { try body(Int(selection.rows.values[k])) }
        } else {
            for row in 0..<rowCount { try body(row) }
        }
    }

    /// Calls `body` with each row that counts, in order, and with its mark where its event is behind.
    func forEachMarkedRow<Failure: Error>(_ body: (Int, BehindMark?) throws(Failure) -> Void) throws(Failure) {
        var mark = 0
        try forEachRow { row throws(Failure) in
            while mark < behind.count, behind[mark].row < row { mark += 1 }
            try body(row, mark < behind.count && behind[mark].row == row ? behind[mark] : nil)
        }
    }

    /// The place of a row with where it was read, for what is told of single events.
    func place(of row: Int) -> EventPlace {
        let mark = behind.first { Int($0.row) == row }
        let source = sourcePlace(row)
        return EventPlace(
            nanoseconds: times.values[row], effectiveNanoseconds: effectiveTime(row, mark), origin: source.origin,
            key: placeKey(row), sequence: source.sequence)
    }

    /// Where a row was read.
    func sourcePlace(_ row: Int) -> SourcePlace {
        sourcePlaces?.values[row] ?? SourcePlace(origin: origin, sequence: sequence(row))
    }

    /// The canonical integer of the key with which the row's sequence begins; 0 where it does not begin with one, and for keys of more than
    /// 64 bits, whose rows are put in order by their bytes before anything looks at numbers.
    @inline(__always) func placeKey(_ row: Int) -> UInt64 {
        guard let placeKeys, placeKeys.arena == nil else { return 0 }
        return SplitMix64.unmix(placeKeys.hashes.values[row])
    }

    /// Where a row stands in canonical order.
    @inline(__always) func place(_ row: Int, effectiveTime: Int64) -> EventPlace {
        EventPlace(
            nanoseconds: times.values[row], effectiveNanoseconds: effectiveTime, origin: origin, key: placeKey(row),
            sequence: sequence(row))
    }

    /// The number of a row within its origin.
    @inline(__always) func sequence(_ row: Int) -> UInt64 {
        numbers.map { $0.values[row] } ?? baseSequence &+ UInt64(truncatingIfNeeded: row)
    }

    /// The effective time of a row: behind its watermark, where its event is.
    func effectiveTime(_ row: Int, _ mark: BehindMark?) -> Int64 {
        guard let mark else { return times.values[row] }
        return max(times.values[row], mark.watermark.nanoseconds + 1)
    }
}

/// Where a row was read: its origin and its number there.
struct SourcePlace: BitwiseCopyable {
    let origin: Origin
    let sequence: UInt64
}

/// The rows that a kernel works on: the first `count`, or those that `indices` names.
public struct Rows {
    /// How many rows there are.
    public let count: Int
    /// The row numbers in ascending order, or nil for 0 ..< count. Valid while the kernel runs.
    public let indices: UnsafePointer<UInt32>?

    /// The numbers of the rows, in order.
    var numbers: [Int] { (0..<count).map { self[$0] } }

    @usableFromInline init(count: Int, indices: UnsafePointer<UInt32>?) {
        self.count = count
        self.indices = indices
    }

    /// The number of the k-th row.
    @inlinable @inline(__always) public subscript(k: Int) -> Int {
        if let indices { Int(indices[k]) } else { k }
    }
}
