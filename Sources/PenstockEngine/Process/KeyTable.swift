internal import PenstockEvents

/// The keys of which an instance knows something, each in a numbered slot: open addressing with linear probing, at most half full.
///
/// Keys of at most 64 bits are told apart by their hash, which is one to one, longer ones by their bytes. A slot is used again once its key
/// has been removed. Belongs to one stage actor and is used on its thread only.
final class KeyTable {
    /// The hash of the key in each slot.
    private(set) var hashes: [UInt64] = []
    /// The canonical bytes of the key in each slot; empty for keys of at most 64 bits.
    private(set) var bytes: [[UInt8]] = []
    /// Whether the keys are longer than 64 bits.
    private(set) var isLong = false
    /// Whether a slot has a key.
    private(set) var isTaken: [Bool] = []
    private var free: [UInt32] = []
    /// Slot + 1 at each place, 0 for none.
    private var places = [UInt32](repeating: 0, count: 16)

    /// How many slots there are, taken or not.
    var slotCount: Int { hashes.count }
    /// How many keys there are.
    var count: Int { hashes.count - free.count }

    /// The slot of the key in `row`; events without keys have one key together.
    func slot(_ keys: KeyColumn?, _ row: Int) -> Int {
        guard let keys else { return slot(hash: 0, UnsafeRawBufferPointer(start: nil, count: 0)) }
        let hash = keys.hashes.values[row]
        guard let arena = keys.arena else { return slot(hash: hash, UnsafeRawBufferPointer(start: nil, count: 0)) }
        isLong = true
        return arena.withKey(row) { slot(hash: hash, $0) }
    }

    /// The slot of a key with this hash and, if it is longer than 64 bits, these bytes.
    func slot(hash: UInt64, _ key: UnsafeRawBufferPointer) -> Int {
        var at = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[at] != 0 {
            let slot = Int(places[at] - 1)
            if hashes[slot] == hash, bytes[slot].count == key.count, key.isEmpty || bytes[slot].elementsEqual(key) {
                return slot
            }
            at = (at + 1) & (places.count - 1)
        }
        let slot = take(hash, key)
        places[at] = UInt32(slot + 1)
        if count * 2 > places.count { grow() }
        return slot
    }

    private func take(_ hash: UInt64, _ key: UnsafeRawBufferPointer) -> Int {
        guard let slot = free.popLast() else {
            hashes.append(hash)
            bytes.append(Array(key))
            isTaken.append(true)
            return hashes.count - 1
        }
        hashes[Int(slot)] = hash
        bytes[Int(slot)] = Array(key)
        isTaken[Int(slot)] = true
        return Int(slot)
    }

    /// Forgets the key in a slot.
    func remove(_ slot: Int) {
        let mask = places.count - 1
        var hole = Int(truncatingIfNeeded: hashes[slot]) & mask
        while places[hole] != UInt32(slot + 1) { hole = (hole + 1) & mask }
        // What stands behind the hole moves up unless its search begins behind it.
        var at = (hole + 1) & mask
        while places[at] != 0 {
            let home = Int(truncatingIfNeeded: hashes[Int(places[at] - 1)]) & mask
            if (at - home) & mask >= (at - hole) & mask {
                places[hole] = places[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        places[hole] = 0
        bytes[slot] = []
        isTaken[slot] = false
        free.append(UInt32(slot))
    }

    private func grow() {
        let slots = places.filter { $0 != 0 }
        places = [UInt32](repeating: 0, count: places.count * 4)
        for entry in slots {
            var at = Int(truncatingIfNeeded: hashes[Int(entry - 1)]) & (places.count - 1)
            while places[at] != 0 { at = (at + 1) & (places.count - 1) }
            places[at] = entry
        }
    }

    /// Whether the key in one slot comes before that in another, by canonical bytes.
    func precedes(_ a: Int, _ b: Int) -> Bool {
        if !isLong { return SplitMix64.unmix(hashes[a]) < SplitMix64.unmix(hashes[b]) }
        return bytes[a].lexicographicallyPrecedes(bytes[b])
    }

    /// The key in a slot.
    func key<Key: EventKey>(_ slot: Int, as type: Key.Type = Key.self) -> Key {
        Key(storedHash: hashes[slot], bytes: bytes[slot])
    }

    /// Writes the key in a slot.
    func write(_ slot: Int, into chunk: inout StateEncoder) {
        chunk.put(hashes[slot])
        chunk.put(isLong)
        chunk.put(bytes[slot])
    }

    /// The slot of the next key that was written.
    func read(_ decoder: inout StateDecoder) throws -> Int {
        let hash: UInt64 = try decoder.integer()
        if try decoder.bool() { isLong = true }
        return Array(try decoder.data()).withUnsafeBytes { slot(hash: hash, $0) }
    }

    /// The slots with keys, by key group; all in the group nil where the stream has no keys.
    func slots(byKeyGroup: Bool) -> [(group: UInt16?, slots: [Int])] {
        var groups: [UInt16?: [Int]] = [:]
        for slot in hashes.indices where isTaken[slot] {
            groups[byKeyGroup ? UInt16(KeyRouter.group(of: hashes[slot])) : nil, default: []].append(slot)
        }
        return groups.sorted { ($0.key ?? 0) < ($1.key ?? 0) }.map { ($0.key, $0.value) }
    }

    /// The keys of rows that name their slots, as they stand in a batch.
    func column(_ slots: some Collection<Int>) -> KeyColumn { column(slots.map { (hashes[$0], bytes[$0]) }) }

    /// Keys by their hashes and, if they are longer than 64 bits, their bytes, as they stand in a batch.
    func column(_ keys: [(hash: UInt64, bytes: [UInt8])]) -> KeyColumn {
        let column = Column<UInt64>(capacity: keys.count)
        var arena = isLong ? KeyArena(rowCount: keys.count) : nil
        for (row, key) in keys.enumerated() {
            column.values[row] = key.hash
            if arena != nil { key.bytes.withUnsafeBytes { arena?.append($0, row: row) } }
        }
        return KeyColumn(hashes: column, arena: arena)
    }
}

extension EventKey {
    /// The key with this hash, if it has at most 64 bits, or else with these canonical bytes.
    init(storedHash hash: UInt64, bytes: [UInt8]) {
        if bytes.isEmpty && Self.self is any FixedWidthKey.Type {
            self = withUnsafeBytes(of: SplitMix64.unmix(hash).bigEndian) { Self(canonicalBytes: $0) }
        } else {
            self = bytes.withUnsafeBytes { Self(canonicalBytes: $0) }
        }
    }
}
