internal import PenstockEvents

/// The frame that the log's small files and a segment's seal have in common: four letters that say what they are, the CRC of all that
/// follows, and then that.
struct ChecksummedFrame {
    /// Bytes before the content.
    static let byteCount = 8

    private let magic: UInt32

    /// - Parameter name: the four letters, in ASCII.
    init(_ name: StaticString) {
        precondition(name.utf8CodeUnitCount == 4, "a frame is named by four letters")
        magic = name.withUTF8Buffer { UnsafeRawBufferPointer($0).integer(at: 0) }
    }

    /// Fills in the frame around the content of `fields`, which begins at `byteCount`.
    func closed(_ fields: ByteFields) -> [UInt8] {
        var fields = fields
        fields.set(magic, at: 0)
        fields.set(fields.bytes.withUnsafeBytes { Self.checksum($0) }, at: 4)
        return fields.bytes
    }

    /// Whether `bytes` are a whole frame of this name.
    func holds(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= Self.byteCount && bytes.integer(at: 0) == magic && bytes.integer(at: 4) == Self.checksum(bytes)
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[byteCount...]))
    }
}
