/// A type by whose values a stream may be keyed.
///
/// Two keys are the same when their canonical bytes are: integers big-endian with the sign bit flipped, text as its UTF-8 bytes without
/// normalisation, floating-point numbers by the bits of the number in an order that is theirs. Keys are ordered by those bytes. Keys of a fixed width of at most 64 bits conform to `FixedWidthKey`; for them
/// the hash is one to one and stands for the key itself.
public protocol EventKey: Sendable, Hashable {
    /// Calls `body` with the canonical bytes; the pointer is valid during the call only.
    func withCanonicalBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result

    /// Whether the value can be a key; one that is not a number cannot. By default every value can.
    var isUsable: Bool { get }

    /// The key with these canonical bytes, which came from `withCanonicalBytes` of the same type.
    init(canonicalBytes: UnsafeRawBufferPointer)
}

extension EventKey {
    /// Yes.
    @inlinable @inline(__always) public var isUsable: Bool { true }
}

/// A key that fits in 64 bits.
public protocol FixedWidthKey: EventKey, BitwiseCopyable {
    /// The canonical bytes read as one big-endian integer: keeps the order of the keys.
    var canonicalInteger: UInt64 { get }

    /// The key with this canonical integer.
    init(canonicalInteger: UInt64)
}

extension FixedWidthKey {
    /// Calls `body` with the eight bytes of the canonical integer, big-endian.
    @inlinable public func withCanonicalBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: canonicalInteger.bigEndian) { body($0) }
    }

    /// The key with these eight canonical bytes.
    @inlinable public init(canonicalBytes: UnsafeRawBufferPointer) {
        self.init(canonicalInteger: UInt64(bigEndian: canonicalBytes.loadUnaligned(as: UInt64.self)))
    }
}

extension FixedWidthKey where Self: FixedWidthInteger & UnsignedInteger {
    /// The number itself.
    @inlinable @inline(__always) public var canonicalInteger: UInt64 { UInt64(truncatingIfNeeded: self) }

    /// The number itself.
    @inlinable public init(canonicalInteger: UInt64) { self.init(truncatingIfNeeded: canonicalInteger) }
}

extension FixedWidthKey where Self: FixedWidthInteger & SignedInteger {
    /// The number with its sign bit flipped, so that negative numbers come first.
    @inlinable @inline(__always) public var canonicalInteger: UInt64 {
        UInt64(bitPattern: Int64(self)) ^ (1 << 63)
    }

    /// The number whose canonical integer this is.
    @inlinable public init(canonicalInteger: UInt64) {
        self.init(truncatingIfNeeded: Int64(bitPattern: canonicalInteger ^ (1 << 63)))
    }
}

extension UInt8: FixedWidthKey {}
extension UInt16: FixedWidthKey {}
extension UInt32: FixedWidthKey {}
extension UInt64: FixedWidthKey {}
extension UInt: FixedWidthKey {}
extension Int8: FixedWidthKey {}
extension Int16: FixedWidthKey {}
extension Int32: FixedWidthKey {}
extension Int64: FixedWidthKey {}
extension Int: FixedWidthKey {}

extension String: EventKey {
    /// Calls `body` with the UTF-8 bytes. Composed and decomposed letters are different keys, although `==` on text calls them equal.
    public func withCanonicalBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var copy = self
        return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// The text with these UTF-8 bytes.
    public init(canonicalBytes: UnsafeRawBufferPointer) { self.init(decoding: canonicalBytes, as: UTF8.self) }
}
