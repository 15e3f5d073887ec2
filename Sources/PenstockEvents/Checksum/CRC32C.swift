internal import CPenstockShim

/// CRC-32C (Castagnoli polynomial, RFC 3720 section 12.1), by the processor's instruction where it has one.
public enum CRC32C {
    /// The checksum of `bytes`, continuing from `seed` (0 to start): `checksum(b, seed: checksum(a))` is that of a then b.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        penstock_crc32c(seed, bytes.baseAddress, bytes.count)
    }

    /// The checksum of a then b from theirs, where b has `count` bytes: neither is read again.
    public static func joined(_ a: UInt32, _ b: UInt32, count: Int) -> UInt32 {
        penstock_crc32c_joined(a, b, count)
    }
}
