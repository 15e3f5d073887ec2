/// The end of a segment to which nobody appends any more, in the second half of its first block. Written after the last sync of the
/// data; up to its position the file is complete.
struct Seal: Equatable, Sendable {
    static let position = 2048
    static let byteCount = 40
    private static let frame = ChecksummedFrame("SEAL")

    /// The offset behind the segment's last record.
    let nextOffset: UInt64
    /// The position behind the segment's last batch.
    let end: UInt64
    /// Where the transaction began that is open there; nil for none.
    let openTransaction: UInt64?

    func encoded(generation: UInt64) -> [UInt8] {
        var fields = ByteFields(count: Self.byteCount)
        fields.set(generation, at: 8)
        fields.set(nextOffset, at: 16)
        fields.set(end, at: 24)
        fields.set(openTransaction.map { $0 + 1 } ?? 0, at: 32)
        return Self.frame.closed(fields)
    }

    /// Whether the place of the seal was never written to.
    static func isAbsent(in block: UnsafeRawBufferPointer) -> Bool {
        block[position..<position + byteCount].allSatisfy { $0 == 0 }
    }

    /// Nil where the first block `bytes` has no seal of this generation: the segment is open, or its owner died.
    init?(block bytes: UnsafeRawBufferPointer, generation: UInt64) {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes[Self.position..<Self.position + Self.byteCount])
        guard Self.frame.holds(bytes), bytes.integer(at: 8) == generation else { return nil }
        nextOffset = bytes.integer(at: 16)
        end = bytes.integer(at: 24)
        let begin = bytes.integer(UInt64.self, at: 32)
        openTransaction = begin == 0 ? nil : begin - 1
    }

    init(nextOffset: UInt64, end: UInt64, openTransaction: UInt64? = nil) {
        self.openTransaction = openTransaction
        self.nextOffset = nextOffset
        self.end = end
    }
}
