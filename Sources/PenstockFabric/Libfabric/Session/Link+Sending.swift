internal import CFabric

/// A frame without a payload that a link makes itself.
struct ControlFrame {
    var header: FrameHeader
    let message: [UInt8]

    init(_ kind: FrameHeader.Kind, _ message: [UInt8]) {
        header = FrameHeader(kind)
        header.messageBytes = message.count
        self.message = message
    }

    /// That a payload is its sender's again.
    static func release(_ payload: UInt64, isDeclined: Bool) -> ControlFrame {
        var frame = ControlFrame(.release, [])
        frame.header.payload = payload
        if isDeclined { frame.header.flags = .declined }
        return frame
    }
}

/// What a link sends.
struct LinkSending {
    /// Frames that are under way, one behind the other in one send, or a free place for them.
    struct Slot {
        /// The messages in it, which are released when it has been sent.
        var messages: [OutgoingMessage] = []
        var isBye = false
    }

    /// A payload that the peer has not released.
    struct Offered {
        let message: OutgoingMessage
        /// What makes it readable.
        let region: MemoryRegion
    }

    var slots: [Slot]
    var free: [Int]
    /// Frames that the provider has not taken yet.
    var stalled: (slot: Int, byteCount: Int)?
    var control = Fifo<ControlFrame>()
    var waiting = Fifo<OutgoingMessage>()
    var offered: [UInt64: Offered] = [:]
    var isClosing = false
    var nextNumber: UInt64 = 0
    var nextPayload: UInt64 = 0
    /// What the peer takes.
    var peersLimits: FabricLimits

    init(slots count: Int, _ limits: FabricLimits) {
        slots = Array(repeating: Slot(), count: count)
        free = Array((0..<count).reversed())
        peersLimits = limits
    }

    /// Whether everything that was handed over is sent and released.
    var isDone: Bool { control.isEmpty && waiting.isEmpty && offered.isEmpty && free.count == slots.count }
}

extension Link {
    /// Sends as much as the provider takes.
    func pump() throws(FabricError) {
        if endpoint == nil { return }
        if let (slot, byteCount) = sending.stalled {
            guard try post(send: slot, byteCount) else { return }
            sending.stalled = nil
        }
        releasePulled()
        while let slot = sending.free.last, let byteCount = encode(into: slot) {
            sending.free.removeLast()
            guard try post(send: slot, byteCount) else {
                sending.stalled = (slot, byteCount)
                return
            }
        }
        try pumpPulls()
    }

    /// Hands a frame to the provider; false where it does not take it now.
    private func post(send slot: Int, _ byteCount: Int) throws(FabricError) -> Bool {
        guard let endpoint else { return false }
        context.activate(endpoint)
        let status = endpoint.send(slot: slot, byteCount, to: destination)
        if status == 0 {
            stallDeadline = .max
            return true
        }
        try stall(status, "a frame")
        return false
    }

    /// The provider does not take an operation: it will be tried again, or never will.
    func stall(_ status: Int, _ what: String) throws(FabricError) {
        guard status == -Int(FI_EAGAIN) else {
            throw FabricError(
                .peerGone,
                "\(what) cannot be exchanged with \(connection.peer): \(context.domain.library.reason(status))")
        }
        context.stalled.append(id)
        if stallDeadline == .max { stallDeadline = context.deadline(in: context.limits.pullTimeout) }
        if isLost { stallDeadline = min(stallDeadline, context.deadline(in: Self.lostTimeout)) }
    }

    /// Whether the provider takes nothing although it has nothing: then it does not wait for room but for a connection
    /// to a peer that was there.
    var isLost: Bool {
        switch phase {
        case .open, .closing:
            pulling.reads == 0 && sending.free.count + (sending.stalled == nil ? 0 : 1) == sending.slots.count
        default: false
        }
    }

    /// A frame has been sent.
    func sent(slot: Int) {
        attempt { () throws(FabricError) in
            let done = sending.slots[slot]
            sending.slots[slot] = LinkSending.Slot()
            sending.free.append(slot)
            for message in done.messages {
                connection.haveGone(message.byteCount)
                message.released(nil)
            }
            if done.isBye, case .leaving(var leaving) = phase {
                leaving.isSent = true
                phase = .leaving(leaving)
                phaseDeadline = context.deadline(in: handler == nil ? Self.lostTimeout : Self.farewellTimeout)
            }
        }
    }

    /// The peer has given a payload back.
    func released(_ payload: UInt64) throws(FabricError) {
        guard let offered = sending.offered.removeValue(forKey: payload) else {
            throw FabricError(
                .protocolViolation, "\(connection.peer) has released payload \(payload), which it does not have")
        }
        if case .closing = phase { phaseDeadline = context.deadline(in: context.limits.pullTimeout) }
        connection.haveGone(offered.message.byteCount)
        offered.message.released(nil)
    }

    // MARK: Frames

    /// Puts as many frames as there are and fit into a slot, since a send costs more than a frame does; gives their
    /// bytes, or nil where there is nothing to send.
    private func encode(into slot: Int) -> Int? {
        let most = sending.peersLimits.frameBytes
        var used = 0
        while let byteCount = nextFrameBytes, used == 0 || used + byteCount <= most {
            used += encodeNext(into: slot, at: used)
        }
        return used > 0 ? used : nil
    }

    private var nextFrameBytes: Int? {
        if let frame = sending.control.first { return FrameHeader.byteCount + frame.message.count }
        switch phase {
        case .open, .closing: break
        default: return nil
        }
        guard let message = sending.waiting.first else { return nil }
        let payload = message.payload.map { isInline($0) ? $0.count : 0 } ?? 0
        return FrameHeader.byteCount + message.bytes.count + payload
    }

    private func isInline(_ payload: SlabRange) -> Bool { payload.count <= sending.peersLimits.inlineBytes }

    /// Puts the next frame into a slot, behind what is in it; gives its bytes, or 0 where it cannot be sent.
    private func encodeNext(into slot: Int, at offset: Int) -> Int {
        if let frame = sending.control.popFirst() {
            if frame.header.kind == .bye { sending.slots[slot].isBye = true }
            return encode(frame.header, frame.message, nil, into: slot, at: offset)
        }
        guard let message = sending.waiting.popFirst() else { return 0 }
        do throws(FabricError) {
            return try encode(message, into: slot, at: offset)
        } catch {
            connection.haveGone(message.byteCount)
            message.released(error)
            return 0
        }
    }

    private func encode(_ message: OutgoingMessage, into slot: Int, at offset: Int) throws(FabricError) -> Int {
        if let refusal = sending.peersLimits.refusal(message: message.bytes.count, payload: message.payload?.count) {
            throw refusal
        }
        var header = FrameHeader(.message)
        header.messageBytes = message.bytes.count
        guard let payload = message.payload else {
            sending.slots[slot].messages.append(message)
            return encode(header, message.bytes, nil, into: slot, at: offset)
        }
        header.flags = .payload
        header.payloadBytes = payload.count
        if isInline(payload) {
            header.flags.insert(.isInline)
            sending.slots[slot].messages.append(message)
            return encode(header, message.bytes, UnsafeRawBufferPointer(payload.bytes), into: slot, at: offset)
        }
        guard let endpoint else { throw FabricError.isClosed(to: connection.peer) }
        let (region, start) = try context.region(for: payload, endpoint)
        header.payload = sending.nextPayload
        header.address = region.remoteAddress(start)
        header.key = region.key
        sending.nextPayload += 1
        sending.offered[header.payload] = LinkSending.Offered(message: message, region: region)
        return encode(header, message.bytes, nil, into: slot, at: offset)
    }

    private func encode(
        _ header: FrameHeader, _ message: [UInt8], _ payload: UnsafeRawBufferPointer?, into slot: Int, at offset: Int
    ) -> Int {
        guard let memory = endpoint?.sendSlot(slot) else { preconditionFailure("a link that has ended sends nothing") }
        var header = header
        header.epoch = epoch
        header.number = sending.nextNumber
        sending.nextNumber += 1
        func place(_ bytes: UnsafeRawBufferPointer, _ at: Int) {
            UnsafeMutableRawBufferPointer(rebasing: memory[offset + at..<offset + at + bytes.count]).copyMemory(
                from: bytes)
        }
        header.encoded(before: message).withUnsafeBytes { place($0, 0) }
        message.withUnsafeBytes { place($0, FrameHeader.byteCount) }
        let messageEnd = FrameHeader.byteCount + message.count
        guard let payload else { return messageEnd }
        place(payload, messageEnd)
        return messageEnd + payload.count
    }
}

extension FabricLimits {
    /// The most bytes of frames in one send: a frame of the largest size.
    var frameBytes: Int { max(FrameHeader.byteCount + messageBytes + inlineBytes, Greeting.frameBytes) }
}
