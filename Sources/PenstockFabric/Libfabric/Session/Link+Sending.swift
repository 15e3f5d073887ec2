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
    /// A frame that is under way, or a free place for one.
    struct Slot {
        /// The message in it, which is released when the frame has been sent.
        var message: OutgoingMessage?
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
    /// A frame that the provider has not taken yet.
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
        while let slot = sending.free.last, let byteCount = encodeNext(into: slot) {
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
        // Most frames are small: a completion for each would cost more than the copy does. A bye's tells when it has left.
        let isInjected = byteCount <= endpoint.injectBytes && !sending.slots[slot].isBye
        let status =
            isInjected
            ? endpoint.inject(slot: slot, byteCount, to: destination) : endpoint.send(slot: slot, byteCount, to: destination)
        if status == 0 {
            stallDeadline = .max
            if isInjected { freeSlot(slot) }
            return true
        }
        try stall(status, "a frame")
        return false
    }

    /// The provider does not take an operation: it will be tried again, or never will.
    func stall(_ status: Int, _ what: String) throws(FabricError) {
        guard status == -Int(FI_EAGAIN) else {
            throw FabricError(
                .peerGone, "\(what) cannot be exchanged with \(connection.peer): \(context.domain.library.reason(status))")
        }
        context.stalled.append(id)
        if stallDeadline == .max { stallDeadline = context.deadline(in: context.limits.pullTimeout) }
        if isLost { stallDeadline = min(stallDeadline, context.deadline(in: Self.lostTimeout)) }
    }

    /// Whether the provider takes nothing although it has nothing: then it does not wait for room but for a connection to a peer that was there.
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
            if freeSlot(slot).isBye, case .leaving(var leaving) = phase {
                leaving.isSent = true
                phase = .leaving(leaving)
                phaseDeadline = context.deadline(in: Self.farewellTimeout)
            }
        }
    }

    /// The frame in a slot needs it no more; gives what was in it.
    @discardableResult private func freeSlot(_ slot: Int) -> LinkSending.Slot {
        let done = sending.slots[slot]
        sending.slots[slot] = LinkSending.Slot()
        sending.free.append(slot)
        if let message = done.message {
            connection.haveGone(message.byteCount)
            message.released(nil)
        }
        return done
    }

    /// The peer has given a payload back.
    func released(_ payload: UInt64) throws(FabricError) {
        guard let offered = sending.offered.removeValue(forKey: payload) else {
            throw FabricError(.protocolViolation, "\(connection.peer) has released payload \(payload), which it does not have")
        }
        if case .closing = phase { phaseDeadline = context.deadline(in: context.limits.pullTimeout) }
        connection.haveGone(offered.message.byteCount)
        offered.message.released(nil)
    }

    // MARK: Frames

    /// Puts the next frame into a slot; gives its bytes, or nil where there is none to send.
    private func encodeNext(into slot: Int) -> Int? {
        if let frame = sending.control.popFirst() {
            sending.slots[slot].isBye = frame.header.kind == .bye
            return encode(frame.header, frame.message, nil, into: slot)
        }
        switch phase {
        case .open, .closing: break
        default: return nil
        }
        while let message = sending.waiting.popFirst() {
            do throws(FabricError) {
                return try encode(message, into: slot)
            } catch {
                connection.haveGone(message.byteCount)
                message.released(error)
            }
        }
        return nil
    }

    private func encode(_ message: OutgoingMessage, into slot: Int) throws(FabricError) -> Int {
        if let refusal = sending.peersLimits.refusal(message: message.bytes.count, payload: message.payload?.count) {
            throw refusal
        }
        var header = FrameHeader(.message)
        header.messageBytes = message.bytes.count
        guard let payload = message.payload else {
            sending.slots[slot].message = message
            return encode(header, message.bytes, nil, into: slot)
        }
        header.flags = .payload
        header.payloadBytes = payload.count
        if payload.count <= sending.peersLimits.inlineBytes {
            header.flags.insert(.isInline)
            sending.slots[slot].message = message
            return encode(header, message.bytes, UnsafeRawBufferPointer(payload.bytes), into: slot)
        }
        guard let endpoint else { throw FabricError(.closed, "the connection to \(connection.peer) is closed") }
        let (region, offset) = try context.region(for: payload, endpoint)
        header.payload = sending.nextPayload
        header.address = region.remoteAddress(offset)
        header.key = region.key
        sending.nextPayload += 1
        sending.offered[header.payload] = LinkSending.Offered(message: message, region: region)
        return encode(header, message.bytes, nil, into: slot)
    }

    private func encode(_ header: FrameHeader, _ message: [UInt8], _ payload: UnsafeRawBufferPointer?, into slot: Int) -> Int {
        guard let memory = endpoint?.sendSlot(slot) else { preconditionFailure("a link that has ended sends nothing") }
        var header = header
        header.epoch = epoch
        header.number = sending.nextNumber
        sending.nextNumber += 1
        memory.copyBytes(from: header.encoded(before: message))
        let messageEnd = FrameHeader.byteCount + message.count
        UnsafeMutableRawBufferPointer(rebasing: memory[FrameHeader.byteCount..<messageEnd]).copyBytes(from: message)
        guard let payload else { return messageEnd }
        UnsafeMutableRawBufferPointer(rebasing: memory[messageEnd..<messageEnd + payload.count]).copyMemory(from: payload)
        return messageEnd + payload.count
    }
}
