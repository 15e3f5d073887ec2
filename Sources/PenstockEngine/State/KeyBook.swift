internal import PenstockEvents

/// Which keys the codes in the state of a key group stand for. Keys of a fixed width are their own codes and need no book.
enum KeyBook {
    /// Writes the keys of the codes, each once and in their order.
    static func write(_ codes: some Sequence<UInt64>, of interner: KeyInterner, _ chunk: inout StateEncoder) {
        guard interner.count > 0 else { return chunk.put(UInt64(0)) }
        var sorted = Array(codes)
        sorted.sort()
        var unique: [UInt64] = []
        unique.reserveCapacity(sorted.count)
        for code in sorted where code != unique.last { unique.append(code) }
        chunk.put(UInt64(unique.count))
        for code in unique {
            guard let key = interner.key(code) else {
                preconditionFailure("a long key was forgotten while a state held it")
            }
            chunk.put(code)
            chunk.put(key)
        }
    }

    /// Makes the keys known to an interner and gives the new codes of those that have others now.
    static func read(_ chunk: inout StateDecoder, into interner: inout KeyInterner) throws -> [UInt64: UInt64] {
        var renamed: [UInt64: UInt64] = [:]
        for _ in 0..<(try chunk.count()) {
            let code: UInt64 = try chunk.integer()
            let new = try chunk.data().withUnsafeBytes { interner.code(of: $0, XXHash64.hash($0)) }
            if new != code { renamed[code] = new }
        }
        return renamed
    }
}

extension [UInt64: UInt64] {
    /// The present code of a key whose code was another when the state was written.
    @inline(__always) func code(_ old: UInt64) -> UInt64 { isEmpty ? old : self[old] ?? old }
}
