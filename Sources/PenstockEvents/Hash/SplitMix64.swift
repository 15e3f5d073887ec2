/// The finaliser of SplitMix64: a one-to-one map of 64-bit integers that spreads neighbouring values over the whole range.
///
/// Source: G. L. Steele Jr., D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014,
/// DOI 10.1145/2660193.2660195. The map is fixed for ever: it is in the log's records and in checkpoints.
public enum SplitMix64 {
    /// The golden-ratio increment of the generator's sequence.
    public static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// The hash of a 64-bit integer. Different integers have different hashes.
    @inlinable @inline(__always) public static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z &>> 31)
    }

    /// The integer whose hash is `hash`: the inverse of `mix`.
    @inlinable public static func unmix(_ hash: UInt64) -> UInt64 {
        var z = hash
        z = (z ^ (z &>> 31) ^ (z &>> 62)) &* 0x3196_42B2_D24D_8EC3
        z = (z ^ (z &>> 27) ^ (z &>> 54)) &* 0x96DE_1B17_3F11_9089
        return z ^ (z &>> 30) ^ (z &>> 60)
    }
}
