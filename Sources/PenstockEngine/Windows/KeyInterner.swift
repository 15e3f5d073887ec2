internal import PenstockEvents

/// Gives each key a 64-bit code that no other key has.
///
/// Keys of a fixed width are their own code: the hash is one to one. For longer keys the code is the hash unless another key has it
/// already; then it is the next hash of the hash. The bytes decide what is the same key, never the hash alone.
struct KeyInterner {
    private struct Entry {
        /// Where the search for the key begins.
        let hash: UInt64
        let key: [UInt8]
    }

    private var entries: [UInt64: Entry] = [:]
    /// The hashes of the keys whose code is another, because an earlier key had it.
    private(set) var displaced: [UInt64: UInt64] = [:]

    private var keyBytes = 0

    /// How many long keys are remembered.
    var count: Int { entries.count }

    /// About how many bytes the long keys take: their own, their places, and the head of an array each.
    var byteCount: Int { keyBytes + entries.count * 32 + entries.capacity * MemoryLayout<(UInt64, Entry)>.stride }

    /// The code of the key in `row`.
    @inline(__always) mutating func code(_ keys: KeyColumn, _ row: Int) -> UInt64 {
        let hash = keys.hashes.values[row]
        guard let arena = keys.arena else { return hash }
        return intern(hash, arena, row)
    }

    private mutating func intern(_ hash: UInt64, _ arena: KeyArena, _ row: Int) -> UInt64 {
        arena.withKey(row) { code(of: $0, hash) }
    }

    /// The code of a long key with this hash.
    mutating func code(of key: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt64 {
        var code = hash
        while let known = entries[code] {
            if known.key.elementsEqual(key) { return code }
            code = Self.following(code)
        }
        entries[code] = Entry(hash: hash, key: Array(key))
        keyBytes += key.count
        if code != hash { displaced[code] = hash }
        return code
    }

    private static func following(_ code: UInt64) -> UInt64 { SplitMix64.mix(code &+ SplitMix64.golden) }

    /// The canonical bytes of the long key with this code.
    func key(_ code: UInt64) -> [UInt8]? { entries[code]?.key }

    /// Forgets all long keys but those in `live`, and those that stand before a live one in the search for it.
    mutating func keepOnly(_ live: Set<UInt64>) {
        var kept = live
        for code in live {
            guard var passed = entries[code]?.hash else { continue }
            while passed != code {
                kept.insert(passed)
                passed = Self.following(passed)
            }
        }
        entries = entries.filter { kept.contains($0.key) }
        keyBytes = entries.values.reduce(0) { $0 + $1.key.count }
        displaced = displaced.filter { kept.contains($0.key) }
    }
}
