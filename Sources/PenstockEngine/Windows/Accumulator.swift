/// What an aggregate keeps for a key in a slice: made from a first number, added to, merged with that of a later slice.
protocol Accumulator: BitwiseCopyable, Sendable {
    /// The numbers that are added; `NoNumber` for counting.
    associatedtype Number: BitwiseCopyable

    /// The accumulator of one number.
    init(_ number: Number)

    /// Adds a number; false where integer arithmetic overflowed, which leaves the sum as it is modulo 2^64.
    mutating func add(_ number: Number) -> Bool

    /// Adds what came later in the fixed order of slices and origins; false where integer arithmetic overflowed, as above.
    mutating func merge(_ later: Self) -> Bool

    /// Whether adding can overflow.
    static var canOverflow: Bool { get }

    /// What an overflow while `number` was added carries into the bits above the sum: 1 or -1.
    static func carry(of number: Number) -> Int64

    /// What an overflow while `later` was merged carries.
    static func carry(ofMerging later: Self) -> Int64

    /// The result in the form that row builders take.
    var result: AggregateResult { get }

    /// `PaneTable.fold` for this type.
    ///
    /// The window stages are generic and are called through existentials, so their own code is not specialised. These are: each
    /// conformance is a concrete type, so its witness is the default below with the loop for that type.
    static func fold(_ rows: PaneRows<Number>, from k: inout Int, into table: inout PaneTable<Self>)

    /// `PaneTable.merge` of a whole table for this type.
    static func merge(_ later: borrowing PaneTable<Self>, into table: inout PaneTable<Self>)

    /// `PaneTable.results` for this type.
    static func results(of table: borrowing PaneTable<Self>) -> [KeyResult]

    /// `PaneTable.ordered` for this type.
    static func ordered(_ table: borrowing PaneTable<Self>) -> Column<Ordered<Self>>

    /// `ClosedRows.fill` for this type.
    static func fill(
        _ rows: inout ClosedRows, with entries: UnsafePointer<Ordered<Self>>, count: Int, _ window: WindowSpan)

    /// `PaneTable.mergeRows` for this type.
    static func mergeRows(_ rows: PaneRows<Self>, from k: inout Int, into table: inout PaneTable<Self>)

    /// `WindowPieces.add` for this type.
    static func combine(_ rows: PieceRows<Number>, into pieces: inout WindowPieces<Self>)

    /// `WindowPieces.write` for this type.
    static func write(_ pieces: borrowing WindowPieces<Self>, _ columns: PieceColumns<Self>)

    /// `PaneTable.insert` for this type.
    static func insert(_ entries: UnsafeRawBufferPointer, _ renamed: [UInt64: UInt64], into: inout PaneTable<Self>)
}

extension Accumulator {
    static var canOverflow: Bool { false }

    @inline(__always)
    static func fold(_ rows: PaneRows<Number>, from k: inout Int, into table: inout PaneTable<Self>) {
        table.fold(rows, from: &k)
    }

    @inline(__always)
    static func merge(_ later: borrowing PaneTable<Self>, into table: inout PaneTable<Self>) {
        table.merge(later)
    }

    @inline(__always)
    static func results(of table: borrowing PaneTable<Self>) -> [KeyResult] { table.results() }

    @inline(__always)
    static func ordered(_ table: borrowing PaneTable<Self>) -> Column<Ordered<Self>> { table.ordered() }

    @inline(__always)
    static func fill(
        _ rows: inout ClosedRows, with entries: UnsafePointer<Ordered<Self>>, count: Int, _ window: WindowSpan
    ) {
        rows.fill(with: entries, count: count, window)
    }

    @inline(__always)
    static func mergeRows(_ rows: PaneRows<Self>, from k: inout Int, into table: inout PaneTable<Self>) {
        table.mergeRows(rows, from: &k)
    }

    @inline(__always)
    static func combine(_ rows: PieceRows<Number>, into pieces: inout WindowPieces<Self>) { pieces.add(rows) }

    @inline(__always)
    static func write(_ pieces: borrowing WindowPieces<Self>, _ columns: PieceColumns<Self>) { pieces.write(columns) }

    static func carry(of number: Number) -> Int64 { 0 }

    static func carry(ofMerging later: Self) -> Int64 { 0 }

    @inline(__always)
    static func insert(
        _ entries: UnsafeRawBufferPointer, _ renamed: [UInt64: UInt64], into table: inout PaneTable<Self>
    ) { table.insert(entries, renamed) }
}

/// The aggregate of a key.
struct KeyResult: Sendable {
    let code: UInt64
    let result: AggregateResult
}

/// The result of an aggregate for one key and window.
public struct AggregateResult: Sendable, BitwiseCopyable {
    /// How many events were aggregated, where the aggregate counts them.
    public var count: Int64 = 0
    /// The sum, minimum or maximum of integers.
    public var integer: Int64 = 0
    /// The sum, mean, minimum or maximum of floating-point numbers.
    public var float: Double = 0
    /// The sum of the squared differences from the mean, where the aggregate has a variance.
    public var squares: Double = 0
}

/// What counting takes from an event.
struct NoNumber: BitwiseCopyable {}

struct CountAccumulator: Accumulator {
    var count: Int64

    @inline(__always) init(_ number: NoNumber) { count = 1 }

    @inline(__always) mutating func add(_ number: NoNumber) -> Bool {
        count &+= 1
        return true
    }

    mutating func merge(_ later: CountAccumulator) -> Bool {
        count &+= later.count
        return true
    }

    var result: AggregateResult { AggregateResult(count: count) }
}

struct IntegerSum: Accumulator {
    static var canOverflow: Bool { true }

    static func carry(of number: Int64) -> Int64 { number > 0 ? 1 : -1 }

    static func carry(ofMerging later: Self) -> Int64 { carry(of: later.sum) }

    var sum: Int64

    @inline(__always) init(_ number: Int64) { sum = number }

    @inline(__always) mutating func add(_ number: Int64) -> Bool {
        let (next, overflow) = sum.addingReportingOverflow(number)
        sum = next
        return !overflow
    }

    mutating func merge(_ later: IntegerSum) -> Bool { add(later.sum) }

    var result: AggregateResult { AggregateResult(integer: sum) }
}

struct FloatSum: Accumulator {
    var sum: Double

    @inline(__always) init(_ number: Double) { sum = number }

    @inline(__always) mutating func add(_ number: Double) -> Bool {
        sum += number
        return true
    }

    mutating func merge(_ later: FloatSum) -> Bool { add(later.sum) }

    var result: AggregateResult { AggregateResult(float: sum) }
}

struct IntegerMean: Accumulator {
    static var canOverflow: Bool { true }

    static func carry(of number: Int64) -> Int64 { number > 0 ? 1 : -1 }

    static func carry(ofMerging later: Self) -> Int64 { carry(of: later.sum) }

    var sum: Int64
    var count: Int64

    @inline(__always) init(_ number: Int64) { (sum, count) = (number, 1) }

    @inline(__always) mutating func add(_ number: Int64) -> Bool {
        let (next, overflow) = sum.addingReportingOverflow(number)
        sum = next
        count &+= 1
        return !overflow
    }

    mutating func merge(_ later: IntegerMean) -> Bool {
        count &+= later.count - 1
        return add(later.sum)
    }

    var result: AggregateResult { AggregateResult(count: count, integer: sum, float: Double(sum) / Double(count)) }
}

struct FloatMean: Accumulator {
    var sum: Double
    var count: Int64

    @inline(__always) init(_ number: Double) { (sum, count) = (number, 1) }

    @inline(__always) mutating func add(_ number: Double) -> Bool {
        sum += number
        count &+= 1
        return true
    }

    mutating func merge(_ later: FloatMean) -> Bool {
        sum += later.sum
        count &+= later.count
        return true
    }

    var result: AggregateResult { AggregateResult(count: count, float: sum / Double(count)) }
}
