internal import PenstockEvents
internal import PenstockFabric

/// One end of a connection over a simulated network.
///
/// The ends hold each other until they have ended, each for itself: one of them may live on for long.
final class SimulatedConnection: Connection {
    /// A message that was handed over, and the memory that is offered beside it.
    private struct Sent {
        let byteCount: Int
        let payload: SlabRange?
        let released: @Sendable (FabricError?) -> Void
    }

    private struct State {
        var other: SimulatedConnection?
        var handler: (any ConnectionHandler)?
        /// What was handed over here and is not released.
        var sent: [UInt64: Sent] = [:]
        var sentBytes = 0
        /// What is being pulled here.
        var pulls: [UInt64: @Sendable (FabricError?) -> Void] = [:]
        var nextNumber: UInt64 = 0
        var isClosing = false
        var isEnded = false
        var left: @Sendable (SimulatedConnection) -> Void = { _ in }
    }

    let peer: FabricPeer
    let number: UInt64
    private let network: SimulatedNetwork
    /// The way to the other end, and the way of what is read from its memory, which keeps no order with messages.
    private let out: SimulatedPath
    private let side: SimulatedPath
    private let limits: FabricLimits
    private let state = Guarded(State())

    init(_ peer: FabricPeer, _ network: SimulatedNetwork, out: SimulatedPath, _ limits: FabricLimits) {
        self.peer = peer
        self.network = network
        self.out = out
        self.limits = limits
        side = SimulatedPath(from: out.from, to: out.to, on: network)
        number = side.number
    }

    /// Makes two ends one connection; `left` is called when the second one has ended.
    static func join(
        _ client: SimulatedConnection, _ server: SimulatedConnection,
        left: @escaping @Sendable (SimulatedConnection) -> Void
    ) {
        client.state.withLock { $0.other = server }
        server.state.withLock { ($0.other, $0.left) = (client, left) }
    }

    /// From now on what comes is handled; false where it has ended already.
    @discardableResult
    func begin(_ handler: any ConnectionHandler) -> Bool {
        let isEnded = state.withLock { state in
            if !state.isEnded { state.handler = handler }
            return state.isEnded
        }
        if !isEnded { host.add(self) }
        return !isEnded
    }

    /// Lets an end go that nobody wants.
    func abandon() {
        state.withLock { state in
            state.isEnded = true
            state.other = nil
        }
    }

    var other: SimulatedConnection? { state.withLock { $0.other } }
    var isOver: Bool { state.withLock { $0.isEnded } }
    private var host: SimulatedHost { out.from }

    // MARK: Sending

    func send(_ message: [UInt8], _ payload: SlabRange?, released: @escaping @Sendable (FabricError?) -> Void) {
        let byteCount = message.count + (payload?.count ?? 0)
        let outcome: Result<(number: UInt64, other: SimulatedConnection), FabricError> = state.withLock { state in
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
            state.sent[number] = Sent(byteCount: byteCount, payload: payload, released: released)
            return .success((number, other))
        }
        switch outcome {
        case .failure(let error): released(error)
        case .success(let (number, other)):
            out.carry(byteCount, lost: { breakDown() }) { [self] in
                guard let payload else {
                    other.deliver(IncomingMessage(message, nil))
                    return network.scheduler.schedule(on: SimulatedHost.thread, of: host.name) { self.release(number) }
                }
                let source = SimulatedPayload(number, to: other)
                other.deliver(IncomingMessage(message, IncomingPayload(byteCount: payload.count, source)))
            }
        }
    }

    /// What was handed over under a number is the sender's again.
    func release(_ number: UInt64) {
        let (released, finishes): ((@Sendable (FabricError?) -> Void)?, Bool) = state.withLock { state in
            guard let entry = state.sent.removeValue(forKey: number) else { return (nil, false) }
            state.sentBytes -= entry.byteCount
            return (entry.released, state.isClosing && state.sent.isEmpty)
        }
        released?(nil)
        if finishes { finish() }
    }

    // MARK: Receiving

    private func deliver(_ message: IncomingMessage) {
        let handler = state.withLock { $0.isEnded || $0.isClosing ? nil : $0.handler }
        handler?.received(message, on: self)
    }

    /// Tells the other end that what it had sent under a number is its own again.
    func giveBack(_ number: UInt64) {
        guard let other else { return }
        out.carry(0, lost: { breakDown() }) { other.release(number) }
    }

    /// Brings what the other end has offered under a number.
    func pull(_ number: UInt64, _ target: SlabRange, _ pulled: @escaping @Sendable (FabricError?) -> Void) {
        let other: SimulatedConnection? = state.withLock { state in
            guard !state.isEnded, !state.isClosing else { return nil }
            state.pulls[number] = pulled
            return state.other
        }
        guard let other else {
            giveBack(number)
            return pulled(.isClosed(to: peer))
        }
        side.carry(0, lost: { breakDown() }) { [self] in
            other.answer(number) { bytes in self.finishPull(number, bytes, into: target) }
        }
        network.scheduler.call(at: network.scheduler.nanoseconds + limits.pullTimeout.nanoseconds, of: host.name) {
            guard self.state.withLock({ $0.pulls[number] != nil }) else { return }
            self.fail(FabricError(.timedOut, "\(self.peer) sends nothing of a payload"))
        }
    }

    /// Reads what was offered here under a number, and hands it to the other end.
    private func answer(_ number: UInt64, _ take: @escaping @Sendable ([UInt8]) -> Void) {
        guard let payload = state.withLock({ $0.sent[number]?.payload }) else { return }
        let bytes = Array(payload.bytes)
        side.carry(bytes.count, lost: { breakDown() }) { take(bytes) }
    }

    private func finishPull(_ number: UInt64, _ bytes: [UInt8], into target: SlabRange) {
        guard let pulled = state.withLock({ $0.pulls.removeValue(forKey: number) }) else { return }
        target.bytes.copyBytes(from: bytes)
        giveBack(number)
        pulled(nil)
    }

    // MARK: The end

    func close() {
        let finishes = state.withLock { state in
            guard !state.isClosing, !state.isEnded else { return false }
            state.isClosing = true
            return state.sent.isEmpty
        }
        if finishes { finish() }
    }

    // Everything has got through: both ends part.
    private func finish() {
        if let other { out.carry(0, lost: { other.cut() }) { other.end(nil) } }
        end(nil)
    }

    func fail(_ reason: FabricError) {
        if let other {
            let told = FabricError(.peerGone, "the peer has given up the connection: \(reason.summary)")
            out.carry(0, lost: { other.cut() }) { other.end(told) }
        }
        end(reason)
    }

    /// Nothing gets through any more, either way.
    func cut() {
        for path in [out, side] { path.cut() }
        guard let other else { return }
        for path in [other.out, other.side] { path.cut() }
    }

    // A message is lost: the ends hear of it each at its own time, or never.
    private func breakDown() {
        let ends = [self, other].compactMap(\.self)
        cut()
        for end in ends {
            end.end(FabricError(.peerGone, "the connection to \(end.peer) has broken"), after: network.drawNotice())
        }
    }

    /// Ends after some nanoseconds; never, where that is nil.
    func end(_ reason: FabricError, after delay: Int64?) {
        guard let delay else { return }
        network.scheduler.call(at: network.scheduler.nanoseconds + delay) { self.end(reason) }
    }

    func end(_ reason: FabricError?) {
        let (ended, isFirst) = state.withLock { state in
            let ended = state
            state.isEnded = true
            (state.handler, state.other, state.sent, state.pulls) = (nil, nil, [:], [:])
            state.left = { _ in }
            return (ended, !ended.isEnded)
        }
        guard isFirst else { return }
        host.remove(self)
        ended.left(self)
        let error = reason ?? .wasClosed(to: peer)
        network.scheduler.schedule(on: SimulatedHost.thread, of: host.name) { [self] in
            for (_, entry) in ended.sent.sorted(by: { $0.key < $1.key }) { entry.released(error) }
            for (_, pulled) in ended.pulls.sorted(by: { $0.key < $1.key }) { pulled(error) }
            ended.handler?.ended(ended.isClosing ? nil : reason, of: self)
        }
    }
}

/// A payload that one end offers to the other.
private final class SimulatedPayload: PayloadSource {
    private let number: UInt64
    private let receiver: SimulatedConnection

    init(_ number: UInt64, to receiver: SimulatedConnection) {
        self.number = number
        self.receiver = receiver
    }

    func pull(into target: SlabRange, _ pulled: @escaping @Sendable (FabricError?) -> Void) {
        receiver.pull(number, target, pulled)
    }

    func decline() { receiver.giveBack(number) }
}
