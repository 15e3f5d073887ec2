internal import PenstockEvents

extension Batch {
    enum KeyOrder { case less, equal, greater }

    /// How the key with which the sequence of a row begins compares to that of a row of another batch of the same stream.
    func placeKeyOrder(_ row: Int, _ other: Batch, _ otherRow: Int) -> KeyOrder {
        guard let keys = placeKeys, let otherKeys = other.placeKeys else { return .equal }
        guard let arena = keys.arena, let otherArena = otherKeys.arena else {
            let a = SplitMix64.unmix(keys.hashes.values[row])
            let b = SplitMix64.unmix(otherKeys.hashes.values[otherRow])
            return a < b ? .less : a == b ? .equal : .greater
        }
        return arena.withKey(row) { a in
            otherArena.withKey(otherRow) { b in
                a.elementsEqual(b) ? .equal : a.lexicographicallyPrecedes(b) ? .less : .greater
            }
        }
    }

    /// A batch of some rows of other batches, in the given order. Their values are copied by the type's own copying.
    init(gathering rows: [(batch: Batch, row: Int)], baseSequence: UInt64, watermark: Timestamp) {
        precondition(!rows.isEmpty, "a batch of no rows")
        let first = rows[0].batch
        let element = first.values.element
        let values = ValueColumn(element, capacity: rows.count)
        let times = Column<Int64>(capacity: rows.count)
        let hashes = Column<UInt64>(capacity: rows.count)
        var arena = first.keys?.arena == nil ? nil : KeyArena(rowCount: rows.count)
        for (k, (batch, row)) in rows.enumerated() {
            element.copy(batch.values.base + row * element.stride, values.base + k * element.stride)
            times.values[k] = batch.times.values[row]
            guard let keys = batch.keys else { continue }
            hashes.values[k] = keys.hashes.values[row]
            keys.arena?.withKey(row) { key in arena?.append(key, row: k) }
        }
        values.setInitialized(count: rows.count)
        self.init(
            origin: first.origin, baseSequence: baseSequence, rowCount: rows.count, times: times, values: values,
            keys: first.keys == nil ? nil : KeyColumn(hashes: hashes, arena: arena), watermark: watermark)
        let numbers = Column<UInt64>(capacity: rows.count)
        for (k, (batch, row)) in rows.enumerated() { numbers.values[k] = batch.sequence(row) }
        self.numbers = numbers
        placeKeys = first.placeKeys.map { _ in
            KeyColumn(gathering: rows.map { (batch: $0.batch.placeKeys, row: $0.row) })
        }
    }
}
