internal import PenstockEvents
internal import PenstockFabric

/// A name of a simulated network under which a host accepts connections.
final class SimulatedListener: Listener {
    private struct State {
        var isClosed = false
        var ends: Set<UInt64> = []
    }

    let address: FabricAddress
    let host: SimulatedHost
    let limits: FabricLimits
    private let accept: @Sendable (any Connection) -> (any ConnectionHandler)?
    private let leave: @Sendable (SimulatedListener) -> Void
    private let state = Guarded(State())

    init(
        _ address: FabricAddress, _ host: SimulatedHost, _ limits: FabricLimits,
        _ accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?,
        leave: @escaping @Sendable (SimulatedListener) -> Void
    ) {
        self.address = address
        self.host = host
        self.limits = limits
        self.accept = accept
        self.leave = leave
    }

    /// What handles a new connection; nil where it is refused.
    func admit(_ end: SimulatedConnection) -> (any ConnectionHandler)? {
        let isAdmitted = state.withLock { state in
            guard !state.isClosed, state.ends.count < limits.connections else { return false }
            return state.ends.insert(end.number).inserted
        }
        guard isAdmitted else { return nil }
        if let handler = accept(end) { return handler }
        forget(end)
        return nil
    }

    func forget(_ end: SimulatedConnection) { state.withLock { _ = $0.ends.remove(end.number) } }

    func close() async { stop() }

    /// Accepts no more connections.
    func stop() {
        state.withLock { $0.isClosed = true }
        leave(self)
    }
}
