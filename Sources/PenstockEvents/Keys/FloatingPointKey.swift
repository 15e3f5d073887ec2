extension Double: FixedWidthKey {
    /// The bits of the number, arranged so that smaller numbers have smaller integers; zero and minus zero are one key.
    @inlinable @inline(__always) public var canonicalInteger: UInt64 {
        let bits = (self == 0 ? 0 : self).bitPattern
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }

    /// The number whose canonical integer this is.
    @inlinable public init(canonicalInteger: UInt64) {
        self.init(bitPattern: canonicalInteger >> 63 == 1 ? canonicalInteger & ~(1 << 63) : ~canonicalInteger)
    }

    /// Whether it is a number.
    @inlinable @inline(__always) public var isUsable: Bool { !isNaN }
}

extension Float: FixedWidthKey {
    /// As that of the same number in double precision.
    @inlinable @inline(__always) public var canonicalInteger: UInt64 { Double(self).canonicalInteger }

    /// The number whose canonical integer this is.
    @inlinable public init(canonicalInteger: UInt64) { self.init(Double(canonicalInteger: canonicalInteger)) }

    /// Whether it is a number.
    @inlinable @inline(__always) public var isUsable: Bool { !isNaN }
}
