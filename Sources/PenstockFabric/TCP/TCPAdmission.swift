internal import PenstockEvents

/// Who may come in at a listener: how many, and whom the listener's owner wants.
final class TCPAdmission: Sendable {
    private struct State {
        var isClosed = false
        /// Those who have connected and are not accepted yet. They do not count for the limit of the others, and have
        /// one of the same size.
        var greeting: Set<ObjectIdentifier> = []
        var admitted: Set<ObjectIdentifier> = []
    }

    private let limits: FabricLimits
    private let accept: @Sendable (any Connection) -> (any ConnectionHandler)?
    /// Is told of each connection that has come and was not accepted.
    let rejected: @Sendable (FabricError) -> Void
    private let state = Guarded(State())

    init(
        _ limits: FabricLimits, _ accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?,
        rejected: @escaping @Sendable (FabricError) -> Void
    ) {
        self.limits = limits
        self.accept = accept
        self.rejected = rejected
    }

    /// How many connections are there, greeted or not.
    var count: Int { state.withLock { $0.greeting.count + $0.admitted.count } }

    /// Somebody has connected; false where too many have at the same time.
    func arrived(_ stream: TCPStream) -> Bool {
        let id = ObjectIdentifier(stream)
        return state.withLock { state in
            guard !state.isClosed, state.greeting.count < limits.connections else { return false }
            state.greeting.insert(id)
            return true
        }
    }

    /// Somebody has said who they are. Gives what handles the connection, or nil where it is refused.
    func admit(_ connection: TCPConnection, of stream: TCPStream) -> (any ConnectionHandler)? {
        let id = ObjectIdentifier(stream)
        let hasRoom = state.withLock { state in
            guard !state.isClosed, state.admitted.count < limits.connections else { return false }
            state.greeting.remove(id)
            state.admitted.insert(id)
            return true
        }
        return hasRoom ? accept(connection) : nil
    }

    /// A connection has ended, or was refused.
    func left(_ stream: TCPStream) {
        let id = ObjectIdentifier(stream)
        state.withLock { state in
            state.greeting.remove(id)
            state.admitted.remove(id)
        }
    }

    /// Admits nobody any more.
    func close() { state.withLock { $0.isClosed = true } }
}
