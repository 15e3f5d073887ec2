internal import NIOCore

/// Puts frames together from the bytes of a stream, however they are cut.
///
/// A size is looked at before memory is taken for what it announces. What is kept is at most a header and a message.
struct FrameReader {
    private let limits: FabricLimits
    private var head: [UInt8] = []
    private var header: FrameHeader?
    private var message: [UInt8] = []
    /// The number that the next frame has.
    private var next: UInt64 = 0

    init(_ limits: FabricLimits) {
        self.limits = limits
        head.reserveCapacity(FrameHeader.byteCount)
    }

    /// The next frame without its payload, which follows in `bytes`; nil where not all of it has come.
    /// - Throws: `FabricError` with code `protocolViolation` or `tooLarge`; then the stream cannot be read on.
    mutating func next(from bytes: inout ByteBuffer) throws(FabricError) -> (header: FrameHeader, message: [UInt8])? {
        guard let header = try readHeader(from: &bytes) else { return nil }
        Self.move(header.messageBytes, from: &bytes, to: &message)
        guard message.count == header.messageBytes else { return nil }
        guard head.withUnsafeBytes({ FrameHeader.isIntact($0, message) }) else {
            throw FabricError(
                .protocolViolation, "frame \(next) of the peer is damaged: its checksum is wrong",
                hint: "look for a network device that changes packets")
        }
        guard header.number == next else {
            throw FabricError(.protocolViolation, "the peer has sent frame \(header.number) where frame \(next) is due")
        }
        next += 1
        defer {
            head.removeAll(keepingCapacity: true)
            (self.header, message) = (nil, [])
        }
        return (header, message)
    }

    private mutating func readHeader(from bytes: inout ByteBuffer) throws(FabricError) -> FrameHeader? {
        if let header { return header }
        Self.move(FrameHeader.byteCount, from: &bytes, to: &head)
        let limits = limits
        let result = head.withUnsafeBytes { head in
            Result { () throws(FabricError) -> FrameHeader? in
                // What is no header at all is known before 64 bytes have come, which may be never.
                guard head.count == FrameHeader.byteCount else {
                    try FrameHeader.checkBeginning(head)
                    return nil
                }
                return try FrameHeader(head, limits)
            }
        }
        header = try result.get()
        if let header { message.reserveCapacity(header.messageBytes) }
        return header
    }

    /// Moves bytes until `target` has `count`, or there are none.
    private static func move(_ count: Int, from bytes: inout ByteBuffer, to target: inout [UInt8]) {
        let missing = min(count - target.count, bytes.readableBytes)
        guard missing > 0 else { return }
        bytes.readWithUnsafeReadableBytes { source in
            target.append(contentsOf: source.prefix(missing))
            return missing
        }
    }
}
