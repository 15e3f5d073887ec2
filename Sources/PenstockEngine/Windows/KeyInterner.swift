internal import PenstockEvents

/// Gives each key a 64-bit code that no other key has.
///
/// Keys of a fixed width are their own code: the hash is one to one. For longer keys the code is the hash unless another key has it
/// already; then it is the next hash of the hash. The bytes decide what is the same key, never the hash alone.
struct KeyInterner {
    private var bytes: [UInt64: [UInt8]] = [:]

    /// How many long keys are remembered.
    var count: Int { bytes.count }

    /// The code of the key in `row`.
    @inline(__always) mutating func code(_ keys: KeyColumn, _ row: Int) -> UInt64 {
        let hash = keys.hashes.values[row]
        guard let arena = keys.arena else { return hash }
        return intern(hash, arena, row)
    }

    private mutating func intern(_ hash: UInt64, _ arena: KeyArena, _ row: Int) -> UInt64 {
        arena.withKey(row) { key in
            var code = hash
            while let known = bytes[code] {
                if known.elementsEqual(key) { return code }
                code = SplitMix64.mix(code &+ SplitMix64.golden)
            }
            bytes[code] = Array(key)
            return code
        }
    }

    /// The canonical bytes of the long key with this code.
    func key(_ code: UInt64) -> [UInt8]? { bytes[code] }

    /// Forgets all long keys but those in `live`.
    mutating func keepOnly(_ live: Set<UInt64>) {
        bytes = bytes.filter { live.contains($0.key) }
    }
}
