public import PenstockEvents

/// By what an answer is remembered: 128 bits that stand for all that the answer depends on.
///
/// ```swift
/// AnswerKey(structure.name, probe.radius, 7)
/// ```
///
/// Two events with one key get one answer. What has no part in the key must not change the answer; a number that says the version of the function
/// belongs in it.
public struct AnswerKey: Sendable, Hashable {
    /// The first 64 bits.
    public let first: UInt64
    /// The others.
    public let second: UInt64

    /// A key of 128 bits that the author has from elsewhere: the first half of a SHA-256, say.
    public init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }

    /// The key of contents: SipHash-2-4 of the bytes, with 128 bits. An array of numbers has bytes, too:
    /// `positions.withUnsafeBytes { AnswerKey(bytes: $0) }`.
    public init(bytes: some Collection<UInt8>) {
        let hash =
            bytes.withContiguousStorageIfAvailable { SipHash128.hash(UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes { SipHash128.hash($0) }
        self.init(first: hash.first, second: hash.second)
    }

    /// The key of several values, which differs when one of them does, or their order: text, integers, floating-point numbers by their value.
    public init<First: EventKey, each Part: EventKey>(_ first: First, _ parts: repeat each Part) {
        var bytes: [UInt8] = []
        Self.add(first, to: &bytes)
        repeat Self.add(each parts, to: &bytes)
        self.init(bytes: bytes)
    }

    private static func add(_ part: some EventKey, to bytes: inout [UInt8]) {
        let part = part.withCanonicalBytes { Array($0) }
        // With the length in front, so that "ab", "c" is not "a", "bc".
        withUnsafeBytes(of: UInt64(part.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes += part
    }
}
