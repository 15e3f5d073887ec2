internal import NIOCore

/// A message that is to be sent, and what is done when that has happened.
struct OutgoingFrame: Sendable {
    let message: [UInt8]
    let payload: SlabRange?
    let released: @Sendable (FabricError?) -> Void

    /// What it counts for in a queue. The header counts too, so that there is no end of empty messages.
    var queuedBytes: Int { FrameHeader.byteCount + message.count + (payload?.count ?? 0) }
}

/// Cuts what is to be sent into pieces of the stream: many small frames in one piece, a large payload over many.
struct FrameWriter {
    /// The most bytes of a piece, unless a single message is larger.
    static let pieceBytes = 256 << 10

    private var frames = CircularBuffer<OutgoingFrame>()
    /// How much of the first frame's payload has been written; nil before its header has been.
    private var payloadWritten: Int?
    private var nextNumber: UInt64 = 0
    private var unwrittenBytes = 0
    /// The memory of the last piece, while more follows: where the socket has taken it, it is used again.
    private var spare: ByteBuffer?

    var isEmpty: Bool { frames.isEmpty }

    mutating func add(_ more: [OutgoingFrame]) {
        frames.append(contentsOf: more)
        for frame in more { unwrittenBytes += frame.queuedBytes }
    }

    /// A frame without a message.
    mutating func bareFrame(_ kind: FrameHeader.Kind) -> ByteBuffer {
        ByteBuffer(bytes: head(kind, [], nil))
    }

    /// The next piece, and the frames that it completes.
    mutating func nextPiece(_ allocator: ByteBufferAllocator) -> (piece: ByteBuffer, completed: [OutgoingFrame]) {
        let byteCount = min(unwrittenBytes, Self.pieceBytes)
        var piece = spare.take() ?? allocator.buffer(capacity: byteCount)
        piece.clear(minimumCapacity: byteCount)
        var completed: [OutgoingFrame] = []
        while let frame = frames.first, write(frame, to: &piece) {
            completed.append(frames.removeFirst())
            payloadWritten = nil
        }
        unwrittenBytes -= piece.readableBytes
        if !isEmpty { spare = piece }
        return (piece, completed)
    }

    /// Takes out all frames that have not been written to their end.
    mutating func removeAll() -> [OutgoingFrame] {
        defer { (frames, spare) = (CircularBuffer(), nil) }
        return Array(frames)
    }

    /// Writes what there is room for; true where the frame is complete.
    private mutating func write(_ frame: OutgoingFrame, to piece: inout ByteBuffer) -> Bool {
        if payloadWritten == nil {
            let fits = piece.readableBytes + FrameHeader.byteCount + frame.message.count <= Self.pieceBytes
            guard fits || piece.readableBytes == 0 else { return false }
            piece.writeBytes(head(.message, frame.message, frame.payload))
            piece.writeBytes(frame.message)
            payloadWritten = 0
        }
        guard let payload = frame.payload, let written = payloadWritten else { return true }
        let count = min(payload.count - written, max(0, Self.pieceBytes - piece.readableBytes))
        piece.writeBytes(UnsafeRawBufferPointer(rebasing: payload.bytes[written..<written + count]))
        payloadWritten = written + count
        return written + count == payload.count
    }

    private mutating func head(_ kind: FrameHeader.Kind, _ message: [UInt8], _ payload: SlabRange?) -> [UInt8] {
        var header = FrameHeader(kind)
        header.messageBytes = message.count
        header.number = nextNumber
        nextNumber += 1
        if let payload {
            header.flags = [.payload, .isInline]
            header.payloadBytes = payload.count
        }
        return header.encoded(before: message)
    }
}
