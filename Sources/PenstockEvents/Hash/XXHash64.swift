/// XXH64 with seed 0: the hash of keys that are longer than 64 bits.
///
/// Source: Y. Collet, "xxHash fast digest algorithm", specification 0.1.1, section "XXH64". Fixed for ever, as `SplitMix64`.
public enum XXHash64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    /// The hash of `bytes`, read as the algorithm says: little-endian words on every machine.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        func word64(_ at: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        }
        func word32(_ at: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        }
        var at = 0
        var hash: UInt64
        if bytes.count >= 32 {
            var lanes: (UInt64, UInt64, UInt64, UInt64) = (prime1 &+ prime2, prime2, 0, 0 &- prime1)
            while at + 32 <= bytes.count {
                lanes.0 = round(lanes.0, word64(at))
                lanes.1 = round(lanes.1, word64(at + 8))
                lanes.2 = round(lanes.2, word64(at + 16))
                lanes.3 = round(lanes.3, word64(at + 24))
                at += 32
            }
            hash = rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
            for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
                hash = (hash ^ round(0, lane)) &* prime1 &+ prime4
            }
        } else {
            hash = prime5
        }
        hash &+= UInt64(bytes.count)
        while at + 8 <= bytes.count {
            hash = rotate(hash ^ round(0, word64(at)), 27) &* prime1 &+ prime4
            at += 8
        }
        if at + 4 <= bytes.count {
            hash = rotate(hash ^ (UInt64(word32(at)) &* prime1), 23) &* prime2 &+ prime3
            at += 4
        }
        while at < bytes.count {
            hash = rotate(hash ^ (UInt64(bytes[at]) &* prime5), 11) &* prime1
            at += 1
        }
        hash = (hash ^ (hash >> 33)) &* prime2
        hash = (hash ^ (hash >> 29)) &* prime3
        return hash ^ (hash >> 32)
    }

    @inline(__always) private static func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 {
        (value &<< by) | (value &>> (64 &- by))
    }

    @inline(__always) private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* prime2, 31) &* prime1
    }
}
