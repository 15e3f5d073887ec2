/// The keys of a batch's rows: a 64-bit hash each, and the bytes of keys that do not fit in 64 bits.
public struct KeyColumn: Sendable {
    /// The hash of each row's key; for keys of a fixed width it is one to one.
    let hashes: Column<UInt64>
    /// The canonical bytes of keys longer than 64 bits; nil for keys of a fixed width.
    let arena: KeyArena?

    init(hashes: Column<UInt64>, arena: KeyArena?) {
        self.hashes = hashes
        self.arena = arena
    }

    /// The keys of some rows of columns of the same kind, in the given order.
    init(gathering rows: [(batch: KeyColumn?, row: Int)]) {
        hashes = Column(capacity: rows.count)
        var arena = rows.first?.batch?.arena.map { _ in KeyArena(rowCount: rows.count) }
        for (k, (column, row)) in rows.enumerated() {
            guard let column else { preconditionFailure("rows with keys and rows without came from one stage") }
            hashes.values[k] = column.hashes.values[row]
            column.arena?.withKey(row) { key in arena?.append(key, row: k) }
        }
        self.arena = arena
    }

    /// Whether both are the same keys of the same rows.
    func isSame(as other: KeyColumn?) -> Bool { other?.hashes === hashes }
}

/// The canonical bytes of the keys of a batch, one behind the other.
public struct KeyArena: Sendable {
    /// All bytes.
    public private(set) var bytes: [UInt8] = []
    /// The end of each row's bytes; rows that were not selected are empty.
    private var ends: [Int] = []

    @usableFromInline init(rowCount: Int) {
        ends.reserveCapacity(rowCount)
    }

    /// Sets the key of `row`, which must not be below an earlier one.
    @usableFromInline mutating func append(_ key: UnsafeRawBufferPointer, row: Int) {
        while ends.count < row { ends.append(bytes.count) }
        bytes.append(contentsOf: key)
        ends.append(bytes.count)
    }

    /// Calls `body` with the bytes of the key of `row`.
    func withKey<Result>(_ row: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = row == 0 ? 0 : ends[row - 1]
        let end = ends[row]
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
    }
}
