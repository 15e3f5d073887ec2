internal import NIOCore

/// What comes. While an offered payload has no answer nothing is read from the socket, so that TCP holds the peer back.
extension TCPStream {
    /// The most bytes that one read brings.
    static let receiveBytes = 256 << 10

    /// What the next bytes of the stream are.
    enum Incoming {
        case frame
        /// A payload that was offered.
        case offered(byteCount: Int)
        case pulling(Pull)
        case skipping(bytesLeft: Int)
    }

    /// A payload on its way into the receiver's memory.
    struct Pull {
        let target: SlabRange
        var count = 0
        let pulled: @Sendable (FabricError?) -> Void

        var isComplete: Bool { count == target.count }

        /// Copies what there is, at most to the end of the payload.
        mutating func take(from bytes: inout ByteBuffer) {
            let missing = min(target.count - count, bytes.readableBytes)
            guard missing > 0 else { return }
            bytes.readWithUnsafeReadableBytes { [target, count] source in
                let room = UnsafeMutableRawBufferPointer(rebasing: target.bytes[count..<count + missing])
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[0..<missing]))
                return missing
            }
            count += missing
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnded else { return }
        lastProgress = .now()
        var more = unwrapInboundIn(data)
        if arrived.readableBytes == 0 { arrived = more } else { arrived.writeBuffer(&more) }
        readFrames()
        // Beyond what one read brings comes only what the system had when the peer's end reached it.
        if arrived.readableBytes > 2 * Self.receiveBytes { end(TCPFailure.gone(peer), .reset) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isOpen { write() }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if isStanding { isReadHeld = true } else { context.read() }
    }

    private var isStanding: Bool { if case .offered = incoming { true } else { false } }

    /// Reads what has arrived until it stands still.
    func readFrames() {
        guard !isReading else { return }
        isReading = true
        defer { isReading = false }
        do throws(FabricError) {
            while !isEnded, try readOn() {}
        } catch {
            end(error, .reset)
        }
        // The system's buffer is used again for the next read if nobody holds it.
        if arrived.readableBytes == 0 { arrived = ByteBuffer() } else { gauge.note(arrived: arrived.readableBytes) }
        if isReadHeld, !isStanding {
            isReadHeld = false
            context?.read()
        }
    }

    /// Takes the next step; false where it waits for bytes or for an answer.
    private func readOn() throws(FabricError) -> Bool {
        switch incoming {
        case .frame:
            guard let (header, message) = try reader.next(from: &arrived) else { return false }
            try handle(header, message)
            return true
        case .offered(let byteCount):
            guard let answer = connection?.takeAnswer() else { return false }
            accept(answer, byteCount)
            return true
        case .pulling(var pull):
            pull.take(from: &arrived)
            guard pull.isComplete else {
                incoming = .pulling(pull)
                keepWatch()
                return false
            }
            incoming = .frame
            pull.pulled(nil)
            return true
        case .skipping(let bytesLeft):
            let count = min(bytesLeft, arrived.readableBytes)
            arrived.moveReaderIndex(forwardBy: count)
            incoming = count == bytesLeft ? .frame : .skipping(bytesLeft: bytesLeft - count)
            return count == bytesLeft
        }
    }

    func accept(_ answer: TCPConnection.Answer, _ byteCount: Int) {
        lastProgress = .now()
        switch answer {
        case .pull(let target, let pulled): incoming = .pulling(Pull(target: target, pulled: pulled))
        case .decline: incoming = .skipping(bytesLeft: byteCount)
        }
    }

    private func handle(_ header: FrameHeader, _ message: [UInt8]) throws(FabricError) {
        switch header.kind {
        case .message where isOpen:
            try deliver(header, message)
        case .bye where isOpen: end(nil, .orderly)
        case _ where !isOpen && header.flags.isEmpty: try handleGreeting(header.kind)
        default:
            throw FabricError(.protocolViolation, "the peer has sent a frame of the kind \(header.kind) out of place")
        }
    }

    private func deliver(_ header: FrameHeader, _ message: [UInt8]) throws(FabricError) {
        guard let connection else { return }
        let hasPayload = header.flags.contains(.payload)
        guard header.flags.isSubset(of: [.payload, .isInline]), hasPayload == header.flags.contains(.isInline) else {
            throw FabricError(.protocolViolation, "the peer has sent a payload that does not follow its message")
        }
        guard let handler = listeningHandler else {
            incoming = .skipping(bytesLeft: header.payloadBytes)
            return
        }
        guard hasPayload else { return handler.received(IncomingMessage(message, nil), on: connection) }
        incoming = .offered(byteCount: header.payloadBytes)
        let payload = connection.offer(byteCount: header.payloadBytes)
        handler.received(IncomingMessage(message, payload), on: connection)
    }

    // MARK: Time

    /// Ends the connection when the peer has not moved for `limits.pullTimeout` though something is expected of it.
    func keepWatch() {
        guard watch == nil, let context else { return }
        let due = lastProgress + TimeAmount(limits.pullTimeout)
        watch = context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { [self] in
            watch = nil
            let isPulling = if case .pulling = incoming { true } else { false }
            guard isPulling || isLeaving else { return }
            guard NIODeadline.now() >= lastProgress + TimeAmount(limits.pullTimeout) else { return keepWatch() }
            let what = isPulling ? "sent nothing of a payload" : "not taken what was sent to it"
            end(FabricError(.timedOut, "\(peer) has \(what) for \(limits.pullTimeout)"), .reset)
        }
    }
}
