public import Penstock

/// The hash of one row of a result: its fields one after the other, as PNX1 defines it.
public struct RowHash {
    /// The hash of the fields so far.
    public private(set) var value: UInt64 = 0x243F_6A88_85A3_08D3
    private let text: TextPool

    /// The hash of no field; texts are slices of `text`.
    @inline(__always) public init(text: TextPool = .shared) { self.text = text }

    /// Adds a number.
    @inline(__always) public mutating func add(_ field: Int64) { add(bits: UInt64(bitPattern: field)) }

    /// Adds a text: its first eight bytes and its length.
    @inline(__always) public mutating func add(_ field: TextSlice) {
        add(bits: text.head(of: field) &+ UInt64(field.length) &* Draws.golden)
    }

    /// Adds an instant, in milliseconds.
    @inline(__always) public mutating func add(_ field: Timestamp) { add(field.milliseconds) }

    @inline(__always) private mutating func add(bits: UInt64) {
        value = SplitMix64.mix((value ^ bits) &+ Draws.golden)
    }
}

/// A row of a result whose fields make a hash.
public protocol HashedRow: SummedRow {
    /// Adds the fields in order.
    func hash(into hash: inout RowHash)
}

/// Rows of which a batch gives a total.
///
/// The total of a batch is a requirement, because a sink is called through an existential, so that its own code is not specialised: each
/// row type's witness is the loop for that type.
public protocol SummedRow: Sendable {
    /// The number of rows in a batch and the wrapping sum over them. An event that holds a list of rows counts as many.
    static func total(of events: Events<Self>) -> RowTotal
}

extension HashedRow {
    /// The number of rows and the wrapping sum of their hashes.
    @inline(__always) public static func total(of events: Events<Self>) -> RowTotal {
        let text = TextPool.shared
        var sum: UInt64 = 0
        events.forEachEvent { row, _ in
            var hash = RowHash(text: text)
            row.hash(into: &hash)
            sum &+= hash.value
        }
        return RowTotal(rows: events.count, sum: sum)
    }
}

/// An event that is a list of rows.
extension Array: SummedRow where Element: HashedRow {
    /// The number of rows of all lists and the wrapping sum of their hashes.
    public static func total(of events: Events<[Element]>) -> RowTotal {
        var total = RowTotal()
        events.forEachEvent { rows, _ in
            for row in rows {
                var hash = RowHash()
                row.hash(into: &hash)
                total.rows += 1
                total.sum &+= hash.value
            }
        }
        return total
    }
}
