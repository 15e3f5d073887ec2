internal import PenstockEvents

/// A name under which connections are accepted.
final class InProcessListener: Listener {
    private struct State {
        var isClosed = false
        var connections: [ObjectIdentifier: InProcessConnection] = [:]
    }

    let address: FabricAddress
    private let limits: FabricLimits
    private let accept: @Sendable (any Connection) -> (any ConnectionHandler)?
    private let leave: @Sendable () -> Void
    private let state = Guarded(State())

    init(
        _ address: FabricAddress, _ limits: FabricLimits,
        _ accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?,
        leave: @escaping @Sendable () -> Void
    ) {
        self.address = address
        self.limits = limits
        self.accept = accept
        self.leave = leave
    }

    /// The client's end of a new connection; nil where it is refused.
    func connect(_ handler: any ConnectionHandler) -> InProcessConnection? {
        let client = InProcessConnection(FabricPeer(address: "\(address)"), limits)
        let server = InProcessConnection(FabricPeer(address: "this process"), limits)
        InProcessConnection.join(client, server) { [weak self, weak server] in if let server { self?.forget(server) } }
        let isAdmitted = state.withLock { state in
            guard !state.isClosed, state.connections.count < limits.connections else { return false }
            state.connections[ObjectIdentifier(server)] = server
            return true
        }
        guard isAdmitted, let serverHandler = accept(server) else {
            server.refuse()
            client.refuse()
            return nil
        }
        server.begin(serverHandler)
        client.begin(handler)
        return client
    }

    func close() async {
        state.withLock { $0.isClosed = true }
        leave()
    }

    /// Accepts no more, and closes what is there.
    func end() {
        let connections = state.withLock { state in
            state.isClosed = true
            return Array(state.connections.values)
        }
        for connection in connections { connection.close() }
    }

    private func forget(_ server: InProcessConnection) {
        state.withLock { $0.connections[ObjectIdentifier(server)] = nil }
    }
}
