internal import PenstockEvents

/// What a result depends on, in 128 bits: the same inputs have the same digest, others another one but for one case in 2^128.
///
/// SipHash-2-4 with a key that all know: against accidents, not against an adversary.
public struct ContentDigest: Sendable, Hashable, CustomStringConvertible {
    /// The two halves.
    public let high, low: UInt64

    init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// The digest of bytes.
    public init(_ bytes: UnsafeRawBufferPointer) { (high, low) = SipHash128.hash(bytes) }

    /// The digest of what this one stands for and something more.
    public func adding(_ text: String) -> ContentDigest {
        var bytes = withUnsafeBytes(of: (high.littleEndian, low.littleEndian)) { Array($0) }
        bytes.append(contentsOf: text.utf8)
        return bytes.withUnsafeBytes { ContentDigest($0) }
    }

    /// 32 hexadecimal digits.
    public var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
