internal import NIOCore
internal import PenstockEvents

/// A connection over TCP, as any thread may use it.
///
/// What threads ask for is kept behind a lock and done by the stream on its event loop, which is woken once for many
/// calls. Connection and stream hold each other until the connection ends.
final class TCPConnection: Connection {
    /// What the receiver wants with a payload that it was offered.
    enum Answer: Sendable {
        case pull(into: SlabRange, @Sendable (FabricError?) -> Void)
        case decline
    }

    /// What was asked for since the stream looked last.
    struct Orders {
        var frames: [OutgoingFrame] = []
        var answer: Answer?
        var isClosing = false
        var failure: FabricError?
    }

    private struct State {
        var orders = Orders()
        var queuedBytes = 0
        var isWoken = false
        var isEnded = false
        /// Whether a payload was offered that has no answer.
        var isOffering = false
        var offers: UInt64 = 0
    }

    let peer: FabricPeer
    private let limits: FabricLimits
    private let eventLoop: any EventLoop
    private let stream: NIOLoopBound<TCPStream>
    private let state = Guarded(State())

    init(_ peer: FabricPeer, _ limits: FabricLimits, _ stream: TCPStream, on eventLoop: any EventLoop) {
        self.peer = peer
        self.limits = limits
        self.eventLoop = eventLoop
        self.stream = NIOLoopBound(stream, eventLoop: eventLoop)
    }

    // MARK: From any thread

    func send(_ message: [UInt8], _ payload: SlabRange?, released: @escaping @Sendable (FabricError?) -> Void) {
        let frame = OutgoingFrame(message: message, payload: payload, released: released)
        let refusal: FabricError? = state.withLock { state in
            guard !state.orders.isClosing, !state.isEnded else { return closed }
            if let refusal = limits.refusal(message: message.count, payload: payload?.count) { return refusal }
            // The largest payload can be sent in any case, if it waits alone.
            guard state.queuedBytes == 0 || state.queuedBytes + frame.queuedBytes <= limits.queuedBytes else {
                return limits.queueFull(to: peer)
            }
            state.queuedBytes += frame.queuedBytes
            state.orders.frames.append(frame)
            wake(&state)
            return nil
        }
        if let refusal { released(refusal) }
    }

    func close() {
        state.withLock { state in
            guard !state.orders.isClosing, !state.isEnded else { return }
            state.orders.isClosing = true
            // Nobody will pull: what is behind the payload has to be read until the peer's end comes.
            if state.isOffering { (state.isOffering, state.orders.answer) = (false, .decline) }
            wake(&state)
        }
    }

    func fail(_ reason: FabricError) {
        state.withLock { state in
            guard !state.isEnded, state.orders.failure == nil else { return }
            state.orders.failure = reason
            wake(&state)
        }
    }

    /// Answers the offer with this number, if it still stands.
    fileprivate func answer(_ offer: UInt64, _ answer: Answer) -> Bool {
        state.withLock { state in
            guard state.isOffering, state.offers == offer, !state.isEnded else { return false }
            (state.isOffering, state.orders.answer) = (false, answer)
            wake(&state)
            return true
        }
    }

    fileprivate var closed: FabricError { .isClosed(to: peer) }

    /// Has the stream look at the orders. Called with the lock held: so no task comes after the end, when the event
    /// loop may be gone.
    private func wake(_ state: inout State) {
        guard !state.isWoken else { return }
        state.isWoken = true
        eventLoop.execute { [stream] in stream.value.obey() }
    }

    // MARK: From the stream

    /// Whether this side has closed it.
    var isClosing: Bool { state.withLock { $0.orders.isClosing } }

    /// Whether what comes is wanted: this side has neither closed it nor given it up.
    var isListening: Bool { state.withLock { !$0.orders.isClosing && $0.orders.failure == nil } }

    /// What was asked for since the last call.
    func takeOrders() -> Orders {
        state.withLock { state in
            state.isWoken = false
            defer { (state.orders.frames, state.orders.answer) = ([], nil) }
            return state.orders
        }
    }

    /// The answer to the last offer, if there is one already.
    func takeAnswer() -> Answer? {
        state.withLock { state in
            defer { state.orders.answer = nil }
            return state.orders.answer
        }
    }

    /// A message's payload, to be given to the handler.
    func offer(byteCount: Int) -> IncomingPayload {
        let number = state.withLock { state in
            state.isOffering = true
            state.offers += 1
            return state.offers
        }
        return IncomingPayload(byteCount: byteCount, StreamedPayload(self, number))
    }

    /// So much of what was handed over waits no more.
    func sent(_ byteCount: Int) { state.withLock { $0.queuedBytes -= byteCount } }

    /// From now on nothing can be asked for. Gives what was asked for and not begun.
    func finish() -> Orders {
        state.withLock { state in
            state.isEnded = true
            defer { state.orders = Orders() }
            return state.orders
        }
    }
}

/// A payload that follows its message in the stream, which stands still until there is an answer.
private final class StreamedPayload: PayloadSource {
    private let connection: TCPConnection
    private let number: UInt64

    init(_ connection: TCPConnection, _ number: UInt64) {
        self.connection = connection
        self.number = number
    }

    func pull(into target: SlabRange, _ pulled: @escaping @Sendable (FabricError?) -> Void) {
        if !connection.answer(number, .pull(into: target, pulled)) { pulled(connection.closed) }
    }

    func decline() { _ = connection.answer(number, .decline) }
}
