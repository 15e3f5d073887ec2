internal import Dispatch
internal import PenstockEvents

/// One end of a connection within a process.
///
/// Each end has a queue on which its handler is called. The ends hold each other until the connection ends.
final class InProcessConnection: Connection {
    private struct State {
        var other: InProcessConnection?
        var handler: (any ConnectionHandler)?
        /// What was handed over here and is not released.
        var sent: [UInt64: (byteCount: Int, released: @Sendable (FabricError?) -> Void)] = [:]
        var sentBytes = 0
        var nextNumber: UInt64 = 0
        var isClosing = false
        var isEnded = false
        var left: @Sendable () -> Void = {}
    }

    let peer: FabricPeer
    private let limits: FabricLimits
    private let queue: DispatchQueue
    private let state = Guarded(State())

    init(_ peer: FabricPeer, _ limits: FabricLimits) {
        self.peer = peer
        self.limits = limits
        queue = DispatchQueue(label: "penstock.in-process.\(peer.address)")
        // Nothing is delivered before there is a handler.
        queue.suspend()
    }

    /// Makes two ends one connection; `left` is called when it has ended.
    static func join(_ client: InProcessConnection, _ server: InProcessConnection, left: @escaping @Sendable () -> Void)
    {
        client.state.withLock { $0.other = server }
        server.state.withLock { state in
            state.other = client
            state.left = left
        }
    }

    /// From now on what comes is handled.
    func begin(_ handler: any ConnectionHandler) {
        state.withLock { $0.handler = handler }
        queue.resume()
    }

    // MARK: Sending

    func send(
        _ message: [UInt8], _ payload: SlabRange?, released: @escaping @Sendable (FabricError?) -> Void
    ) {
        let byteCount = message.count + (payload?.count ?? 0)
        let outcome: Result<(number: UInt64, other: InProcessConnection), FabricError> = state.withLock { state in
            guard !state.isClosing, !state.isEnded, let other = state.other else {
                return .failure(.isClosed(to: peer))
            }
            if let refusal = limits.refusal(message: message.count, payload: payload?.count) {
                return .failure(refusal)
            }
            guard state.sentBytes + byteCount <= limits.queuedBytes else {
                return .failure(limits.queueFull(to: peer))
            }
            let number = state.nextNumber
            state.nextNumber += 1
            state.sentBytes += byteCount
            state.sent[number] = (byteCount, released)
            return .success((number, other))
        }
        switch outcome {
        case .failure(let error): released(error)
        case .success(let (number, other)):
            other.queue.async { [self] in
                guard let payload else {
                    other.deliver(IncomingMessage(message, nil))
                    return release(number)
                }
                let source = OfferedSlab(payload, number, self, other)
                other.deliver(IncomingMessage(message, IncomingPayload(byteCount: payload.count, source)))
            }
        }
    }

    /// What was handed over under a number is the sender's again.
    fileprivate func release(_ number: UInt64) {
        let (released, ends): ((@Sendable (FabricError?) -> Void)?, Bool) = state.withLock { state in
            guard let entry = state.sent.removeValue(forKey: number) else { return (nil, false) }
            state.sentBytes -= entry.byteCount
            return (entry.released, state.isClosing && state.sent.isEmpty)
        }
        released?(nil)
        if ends { endBoth(nil, nil) }
    }

    // MARK: Receiving

    private func deliver(_ message: IncomingMessage) {
        let handler = state.withLock { $0.isEnded || $0.isClosing ? nil : $0.handler }
        handler?.received(message, on: self)
    }

    /// Does something on the thread of the handler, if the connection has not ended; else `instead`.
    fileprivate func perform(_ work: @escaping @Sendable () -> Void, instead: @escaping @Sendable (FabricError) -> Void)
    {
        queue.async { [self] in
            if state.withLock({ $0.isEnded || $0.isClosing }) {
                instead(.isClosed(to: peer))
            } else {
                work()
            }
        }
    }

    // MARK: The end

    func close() {
        let ends = state.withLock { state in
            guard !state.isClosing, !state.isEnded else { return false }
            state.isClosing = true
            return state.sent.isEmpty
        }
        if ends { endBoth(nil, nil) }
    }

    func fail(_ reason: FabricError) {
        endBoth(reason, FabricError(.peerGone, "the peer has given up the connection: \(reason.summary)"))
    }

    private func endBoth(_ reason: FabricError?, _ othersReason: FabricError?) {
        let other = state.withLock { $0.other }
        end(reason)
        other?.end(othersReason)
    }

    private func end(_ reason: FabricError?) {
        let (handler, sent, left, isFirst, isClosing) = state.withLock { state in
            defer {
                state.isEnded = true
                (state.handler, state.other, state.sent, state.left) = (nil, nil, [:], {})
            }
            return (state.handler, state.sent, state.left, !state.isEnded, state.isClosing)
        }
        guard isFirst else { return }
        left()
        let error = reason ?? .wasClosed(to: peer)
        queue.async { [self] in
            for (_, entry) in sent.sorted(by: { $0.key < $1.key }) { entry.released(error) }
            handler?.ended(isClosing ? nil : reason, of: self)
        }
    }

    /// Lets a connection go that nobody has accepted.
    func refuse() {
        end(nil)
        queue.resume()
    }
}

/// A part of a slab that one end offers to the other.
private final class OfferedSlab: PayloadSource {
    private let slab: SlabRange
    private let number: UInt64
    private let sender: InProcessConnection
    private let receiver: InProcessConnection

    init(_ slab: SlabRange, _ number: UInt64, _ sender: InProcessConnection, _ receiver: InProcessConnection) {
        self.slab = slab
        self.number = number
        self.sender = sender
        self.receiver = receiver
    }

    func pull(into target: SlabRange, _ pulled: @escaping @Sendable (FabricError?) -> Void) {
        receiver.perform { [self] in
            target.bytes.copyMemory(from: UnsafeRawBufferPointer(slab.bytes))
            sender.release(number)
            pulled(nil)
        } instead: { [self] in
            sender.release(number)
            pulled($0)
        }
    }

    func decline() { sender.release(number) }
}
