internal import CPenstockShim
internal import PenstockEvents

/// What other threads ask of a transport's progress thread.
///
/// Bounded by what it is about: a connection is in it once, a payload once, and the number of both is limited.
final class ProgressQueue: Sendable {
    enum Command: Sendable {
        case listen(ListenRequest)
        case unlisten(listener: UInt64, done: @Sendable () -> Void)
        case connect(ConnectRequest)
        /// A connection has something to send, or to end.
        case look(link: UInt64)
        case pull(link: UInt64, PullRequest)
        /// A payload of the peer is given back without being pulled.
        case decline(link: UInt64, payload: UInt64)
        case stop(done: @Sendable () -> Void)
    }

    private struct State {
        var commands: [Command] = []
        var isAsleep = false
        var isClosed = false
    }

    /// Readable when the thread sleeps and has something to do; -1 where the system has none left.
    let event: Int32
    private let state = Guarded(State())

    init() { event = penstock_event_open() }

    deinit { penstock_event_close(event) }

    /// Hands a command over; false where the thread has ended, and then nothing comes of it.
    func submit(_ command: Command) -> Bool {
        let (isTaken, wakes) = state.withLock { state in
            if state.isClosed { return (false, false) }
            state.commands.append(command)
            defer { state.isAsleep = false }
            return (true, state.isAsleep)
        }
        if wakes { penstock_event_signal(event) }
        return isTaken
    }

    // MARK: The progress thread's side

    /// What was handed over, in order.
    func take() -> [Command] {
        state.withLock { state in
            if state.commands.isEmpty { return [] }
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Whether the thread may sleep: from now on a command wakes it.
    func maySleep() -> Bool {
        state.withLock { state in
            state.isAsleep = state.commands.isEmpty
            return state.isAsleep
        }
    }

    /// The thread is awake.
    func isAwake() {
        let wasWoken = state.withLock { state in
            defer { state.isAsleep = false }
            return !state.isAsleep
        }
        if wasWoken { penstock_event_clear(event) }
    }

    /// Takes nothing any more; gives what came meanwhile.
    func close() -> [Command] {
        state.withLock { state in
            state.isClosed = true
            defer { state.commands = [] }
            return state.commands
        }
    }
}

/// Where to listen, and whom to ask.
struct ListenRequest: Sendable {
    /// 0 for one that the system chooses.
    let port: Int
    let accept: @Sendable (any Connection) -> (any ConnectionHandler)?
    let done: @Sendable (Result<LibfabricListener, FabricError>) -> Void
}

/// Whom to connect to, and for whom.
struct ConnectRequest: Sendable {
    let address: [UInt8]
    let ticket: FabricTicket?
    let handler: any ConnectionHandler
    let done: @Sendable (Result<any Connection, FabricError>) -> Void
}

/// A payload of the peer, and where it is to go.
struct PullRequest: Sendable {
    let offer: OfferedMemory
    let target: SlabRange
    let pulled: @Sendable (FabricError?) -> Void
}
