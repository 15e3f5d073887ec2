/// Little-endian integers at fixed places: how headers are written and read.
struct ByteFields {
    private(set) var bytes: [UInt8]

    init(count: Int) { bytes = [UInt8](repeating: 0, count: count) }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func set(_ value: some FixedWidthInteger & BitwiseCopyable, at position: Int) {
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: value.littleEndian, toByteOffset: position, as: type(of: value.littleEndian))
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    func set(_ value: some FixedWidthInteger & BitwiseCopyable, at position: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: position, as: type(of: value.littleEndian))
    }
}

extension UnsafeRawBufferPointer {
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type = Value.self, at position: Int) -> Value
    {
        Value(littleEndian: loadUnaligned(fromByteOffset: position, as: Value.self))
    }

    /// Whether all bytes are zero.
    var isZero: Bool {
        var at = 0
        while at + 64 <= count {
            if loadUnaligned(fromByteOffset: at, as: SIMD8<UInt64>.self) != .zero { return false }
            at += 64
        }
        return self[at...].allSatisfy { $0 == 0 }
    }
}

extension Int {
    /// The smallest multiple of `alignment`, a power of two, that is not smaller.
    func rounded(upTo alignment: Int) -> Int { (self + alignment - 1) & ~(alignment - 1) }
}

extension Array where Element: BitwiseCopyable {
    /// `withUnsafeBytes` that throws what its body throws.
    func withRawBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { values throws(Failure) in try body(UnsafeRawBufferPointer(values)) }
    }
}
