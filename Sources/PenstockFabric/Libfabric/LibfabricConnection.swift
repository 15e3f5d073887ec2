internal import PenstockEvents

/// What was handed over to be sent.
struct OutgoingMessage: Sendable {
    let bytes: [UInt8]
    let payload: SlabRange?
    let released: @Sendable (FabricError?) -> Void

    /// What it counts for in the limit of what waits.
    var byteCount: Int { bytes.count + (payload?.count ?? 0) }
}

/// A connection over a fabric, as the threads of its users see it.
///
/// What they ask for waits here until the progress thread, which has everything else of the connection in a `Link`,
/// looks for it.
final class LibfabricConnection: Connection {
    /// What the users have asked for since the progress thread has looked.
    struct Wishes {
        var messages: [OutgoingMessage] = []
        var isClosing = false
        var failure: FabricError?
    }

    private struct State {
        var wishes = Wishes()
        var waitingBytes = 0
        /// Whether the progress thread is going to look.
        var isAnnounced = false
        var isClosed = false
    }

    let peer: FabricPeer
    let link: UInt64
    private let limits: FabricLimits
    private let queue: ProgressQueue
    private let state = Guarded(State())

    init(_ peer: FabricPeer, _ link: UInt64, _ limits: FabricLimits, _ queue: ProgressQueue) {
        self.peer = peer
        self.link = link
        self.limits = limits
        self.queue = queue
    }

    func send(_ message: [UInt8], _ payload: SlabRange?, released: @escaping @Sendable (FabricError?) -> Void) {
        if let refusal = limits.refusal(message: message.count, payload: payload?.count) { return released(refusal) }
        let outgoing = OutgoingMessage(bytes: message, payload: payload, released: released)
        let (refusal, announces): (FabricError?, Bool) = state.withLock { state in
            if state.isClosed { return (.isClosed(to: peer), false) }
            guard state.waitingBytes + outgoing.byteCount <= limits.queuedBytes else {
                return (limits.queueFull(to: peer), false)
            }
            state.waitingBytes += outgoing.byteCount
            state.wishes.messages.append(outgoing)
            defer { state.isAnnounced = true }
            return (nil, !state.isAnnounced)
        }
        if let refusal { return released(refusal) }
        if announces { announce() }
    }

    func close() {
        wish { wishes in wishes.isClosing = true }
    }

    func fail(_ reason: FabricError) {
        wish { wishes in wishes.failure = wishes.failure ?? reason }
    }

    private func wish(_ change: (inout Wishes) -> Void) {
        let announces = state.withLock { state in
            state.isClosed = true
            change(&state.wishes)
            defer { state.isAnnounced = true }
            return !state.isAnnounced
        }
        if announces { announce() }
    }

    /// Tells the progress thread to look. Where it has ended, so has the connection, and what waits here is told so.
    private func announce() {
        if queue.submit(.look(link: link)) { return }
        for message in take().messages { message.released(.isClosed(to: peer)) }
    }

    // MARK: The progress thread's side

    /// What was asked for since the last time.
    func take() -> Wishes {
        state.withLock { state in
            state.isAnnounced = false
            defer { state.wishes.messages = [] }
            return state.wishes
        }
    }

    /// That so many bytes do not wait any more.
    func haveGone(_ byteCount: Int) { state.withLock { $0.waitingBytes -= byteCount } }

    /// Takes nothing any more; gives what waited.
    func end() -> [OutgoingMessage] {
        state.withLock { state in
            state.isClosed = true
            state.isAnnounced = true
            defer { state.wishes.messages = [] }
            return state.wishes.messages
        }
    }
}
