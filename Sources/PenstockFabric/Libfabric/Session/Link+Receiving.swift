internal import CFabric

/// What a link receives. Slots are filled in the order in which they were posted, but may be reported in another.
struct LinkReceiving {
    /// The bytes that have come into each slot, until they are looked at.
    var arrived: [Int?]
    /// The slot of the next frame.
    var next = 0
    /// The number that the next frame must have.
    var number: UInt64 = 0
    /// The number that the next payload must have.
    var payload: UInt64 = 0

    init(slots count: Int) { arrived = Array(repeating: nil, count: count) }
}

extension Link {
    /// Lets a frame come into a slot.
    func post(receive slot: Int) throws(FabricError) {
        guard let endpoint else { return }
        context.activate(endpoint)
        let status = endpoint.receive(into: slot)
        if status == 0 { return }
        throw FabricError(.unavailable, "a receive cannot be posted: \(context.domain.library.reason(status))")
    }

    /// A frame has come into a slot.
    func received(slot: Int, _ byteCount: Int) {
        attempt { () throws(FabricError) in
            receiving.arrived[slot] = byteCount
            while let byteCount = receiving.arrived[receiving.next] {
                let slot = receiving.next
                receiving.arrived[slot] = nil
                receiving.next = (slot + 1) % receiving.arrived.count
                try read(slot, byteCount)
                try post(receive: slot)
            }
        }
    }

    private func read(_ slot: Int, _ byteCount: Int) throws(FabricError) {
        guard let endpoint else { return }
        var rest = endpoint.receiveSlot(slot)[0..<byteCount]
        repeat {
            let isFirst = receiving.number == 0
            let frame = try Frame(
                UnsafeRawBufferPointer(rebasing: rest), isFirst ? .ofGreetings : context.limits, from: connection.peer)
            rest = rest.dropFirst(frame.byteCount)
            if isFirst { try greeted(frame) } else { try handle(frame) }
        } while !rest.isEmpty
    }

    private func handle(_ frame: Frame) throws(FabricError) {
        try check(frame.header)
        if case .leaving = phase {
            if frame.header.kind == .bye { answered() }
            return
        }
        switch frame.header.kind {
        case .message: try deliver(frame)
        case .release: try released(frame.header.payload)
        case .bye: peerLeaves(Farewell(frame.message))
        case .hello, .welcome:
            throw FabricError(.protocolViolation, "\(connection.peer) greets in the middle of a session")
        }
    }

    /// Checks a frame's session and place in it.
    func check(_ header: FrameHeader) throws(FabricError) {
        guard header.epoch == epoch else {
            throw FabricError(.protocolViolation, "\(connection.peer) has sent a frame of another session")
        }
        guard header.number == receiving.number else {
            throw FabricError(
                .protocolViolation,
                "\(connection.peer) has sent frame \(header.number), and \(receiving.number) was next")
        }
        receiving.number += 1
    }

    private func deliver(_ frame: Frame) throws(FabricError) {
        var payload: IncomingPayload?
        if let bytes = frame.inlinePayload {
            payload = IncomingPayload(byteCount: bytes.count, InlinePayload(bytes))
        } else if frame.header.flags.contains(.payload) {
            guard frame.header.payload == receiving.payload else {
                throw FabricError(
                    .protocolViolation,
                    "\(connection.peer) offers payload \(frame.header.payload), and \(receiving.payload) was next")
            }
            receiving.payload += 1
            let offer = OfferedMemory(
                link: id, number: frame.header.payload, byteCount: frame.header.payloadBytes,
                address: frame.header.address,
                key: frame.header.key)
            payload = IncomingPayload(byteCount: offer.byteCount, RemotePayload(offer, context.queue))
        }
        // Who closes does not listen any more; a payload that is dropped here is declined.
        guard case .open = phase, !sending.isClosing else { return }
        handler?.received(IncomingMessage(frame.message, payload), on: connection)
    }
}

/// A frame as it has come: whole, and intact.
struct Frame {
    let header: FrameHeader
    let message: [UInt8]
    /// The payload that is in the frame, where one is.
    let inlinePayload: [UInt8]?

    /// How many bytes it has.
    var byteCount: Int { FrameHeader.byteCount + message.count + (inlinePayload?.count ?? 0) }

    /// Reads and checks a frame at the beginning of the bytes; others may follow.
    /// - Throws: `FabricError` with code `protocolViolation` or `tooLarge`.
    init(_ bytes: UnsafeRawBufferPointer, _ limits: FabricLimits, from peer: FabricPeer) throws(FabricError) {
        guard bytes.count >= FrameHeader.byteCount else {
            throw FabricError(.protocolViolation, "\(peer) has sent \(bytes.count) bytes, which are no frame")
        }
        header = try FrameHeader(bytes, limits)
        let isInline = header.flags.contains(.isInline)
        let messageEnd = FrameHeader.byteCount + header.messageBytes
        let end = messageEnd + (isInline ? header.payloadBytes : 0)
        guard bytes.count >= end, !isInline || header.flags.contains(.payload) else {
            throw FabricError(
                .protocolViolation, "\(peer) has sent a frame of \(bytes.count) bytes that tells another length")
        }
        message = Array(bytes[FrameHeader.byteCount..<messageEnd])
        guard FrameHeader.isIntact(bytes, message) else {
            throw FabricError(.protocolViolation, "\(peer) has sent a frame with a wrong checksum")
        }
        inlinePayload = isInline ? Array(bytes[messageEnd..<end]) : nil
    }
}

extension FabricLimits {
    /// What may come before there is a session.
    static var ofGreetings: FabricLimits {
        var limits = FabricLimits()
        limits.messageBytes = Greeting.frameBytes - FrameHeader.byteCount
        return limits
    }
}
