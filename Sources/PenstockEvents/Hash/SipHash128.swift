/// SipHash-2-4 with 128 bits of result and a key of zeros: for names made of contents, where 64 bits would be too few.
///
/// Source: J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012, DOI 10.1007/978-3-642-34931-7_28; the result of
/// 128 bits as in the authors' reference implementation. The key is known to all, so that two contents that were made to collide may do so; others
/// do not: among 10^9 the chance is below 10^-20. Fixed for ever, as `XXHash64`.
public enum SipHash128 {
    /// The hash of `bytes`, read as the algorithm says: little-endian words on every machine. `first` are the first eight bytes of the result as
    /// such a word, `second` the others.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> (first: UInt64, second: UInt64) {
        hash(bytes, key: (0, 0))
    }

    static func hash(_ bytes: UnsafeRawBufferPointer, key: (UInt64, UInt64)) -> (first: UInt64, second: UInt64) {
        var lanes = Lanes(key)
        let whole = bytes.count & ~7
        for at in stride(from: 0, to: whole, by: 8) {
            lanes.take(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
        }
        var last = UInt64(truncatingIfNeeded: bytes.count) << 56
        for at in whole..<bytes.count { last |= UInt64(bytes[at]) << UInt64(8 * (at - whole)) }
        lanes.take(last)
        return (lanes.finish { $0.v2 ^= 0xEE }, lanes.finish { $0.v1 ^= 0xDD })
    }

    private struct Lanes {
        var v0, v1, v2, v3: UInt64

        init(_ key: (UInt64, UInt64)) {
            v0 = key.0 ^ 0x736F_6D65_7073_6575
            v1 = key.1 ^ 0x646F_7261_6E64_6F6D ^ 0xEE
            v2 = key.0 ^ 0x6C79_6765_6E65_7261
            v3 = key.1 ^ 0x7465_6462_7974_6573
        }

        mutating func take(_ word: UInt64) {
            v3 ^= word
            for _ in 0..<2 { round() }
            v0 ^= word
        }

        mutating func finish(_ begin: (inout Self) -> Void) -> UInt64 {
            begin(&self)
            for _ in 0..<4 { round() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        private mutating func round() {
            v0 &+= v1
            v1 = rotate(v1, 13) ^ v0
            v0 = rotate(v0, 32)
            v2 &+= v3
            v3 = rotate(v3, 16) ^ v2
            v0 &+= v3
            v3 = rotate(v3, 21) ^ v0
            v2 &+= v1
            v1 = rotate(v1, 17) ^ v2
            v2 = rotate(v2, 32)
        }

        private func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 { (value &<< by) | (value &>> (64 &- by)) }
    }
}
