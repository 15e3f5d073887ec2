/// The hash of a key, as it stands in the column of key hashes. Fixed for ever.
public enum KeyHash {
    /// The hash of a key of at most 64 bits: one to one.
    @inlinable @inline(__always) public static func of(_ key: some FixedWidthKey) -> UInt64 {
        SplitMix64.mix(key.canonicalInteger)
    }

    /// The hash of any other key: XXH64 of its canonical bytes.
    public static func of(_ key: some EventKey) -> UInt64 { key.withCanonicalBytes { XXHash64.hash($0) } }
}
