/// How the bytes of a payload are compressed, as a number that is stored beside it.
///
/// Detectors compress their frames themselves; the log keeps such bytes as they are and says which program can read them.
public struct PayloadCodec: RawRepresentable, Sendable, Hashable, BitwiseCopyable, CustomStringConvertible {
    /// The stored number; 128 and above are for users' own codecs.
    public let rawValue: UInt8

    /// The codec with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Not compressed.
    public static let raw = PayloadCodec(rawValue: 0)
    /// An LZ4 block.
    public static let lz4 = PayloadCodec(rawValue: 1)
    /// Bitshuffle, then LZ4 in blocks, as HDF5 filter 32008 and DECTRIS detectors write it ("bslz4").
    public static let bitshuffleLZ4 = PayloadCodec(rawValue: 2)
    /// A Zstandard frame.
    public static let zstandard = PayloadCodec(rawValue: 3)
    /// A Blosc chunk, of version 1 or 2.
    public static let blosc = PayloadCodec(rawValue: 4)
    /// A JPEG file.
    public static let jpeg = PayloadCodec(rawValue: 5)
    /// A zlib stream.
    public static let deflate = PayloadCodec(rawValue: 6)

    private static let names = ["raw", "lz4", "bslz4", "zstd", "blosc", "jpeg", "deflate"]

    /// The codec's short name, or `codec N` for one without.
    public var description: String {
        Int(rawValue) < Self.names.count ? Self.names[Int(rawValue)] : "codec \(rawValue)"
    }
}
