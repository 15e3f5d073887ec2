internal import PenstockEvents

/// A network within a process: messages go from one queue to another, payloads are copied.
///
/// Connections are between parts that share the transport. For pipelines with a broker in their own process, and for tests.
public final class InProcessTransport: Transport {
    private struct State {
        var listeners: [String: InProcessListener] = [:]
        var isClosed = false
    }

    /// `in-process`.
    public let name = "in-process"
    /// What messages and payloads may be.
    public let limits: FabricLimits
    private let state = Guarded(State())

    /// A network without listeners.
    public init(limits: FabricLimits = FabricLimits()) { self.limits = limits }

    /// Memory for payloads: any is as good as another within a process.
    /// - Throws: `FabricError` with code `outOfMemory`.
    public func makePool(slabBytes: Int, slabs: Int) throws(FabricError) -> SlabPool {
        try SlabPool(slabBytes: slabBytes, slabs: slabs)
    }

    /// Accepts connections under a name.
    /// - Throws: `FabricError` with code `invalidAddress` for anything but a name, `addressInUse` or `closed`.
    public func listen(
        at address: FabricAddress, _ accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?
    ) async throws(FabricError) -> any Listener {
        guard case .name(let name) = address else {
            throw FabricError(
                .invalidAddress, "\(address) is no address within a process", hint: "write name:NAME")
        }
        let listener = InProcessListener(address, limits, accept) { [weak self] in
            self?.state.withLock { $0.listeners[name] = nil }
        }
        let refusal: FabricError? = state.withLock { state in
            if state.isClosed { return .transportClosed }
            if state.listeners[name] != nil {
                return FabricError(.addressInUse, "somebody listens at \(address) already")
            }
            state.listeners[name] = listener
            return nil
        }
        if let refusal { throw refusal }
        return listener
    }

    /// Connects to a name.
    /// - Throws: `FabricError` with code `invalidAddress`, `refused` or `closed`.
    public func connect(
        to address: FabricAddress, _ handler: any ConnectionHandler
    ) async throws(FabricError) -> any Connection {
        guard case .name(let name) = address else {
            throw FabricError(
                .invalidAddress, "\(address) is no address within a process", hint: "write name:NAME")
        }
        let (listener, isClosed) = state.withLock { ($0.listeners[name], $0.isClosed) }
        if isClosed { throw FabricError.transportClosed }
        guard let listener, let connection = listener.connect(handler) else {
            throw FabricError(.refused, "nobody accepts connections at \(address)")
        }
        return connection
    }

    /// Closes all listeners and their connections.
    public func close() async {
        let listeners = state.withLock { state in
            defer { state.listeners = [:] }
            state.isClosed = true
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.end() }
    }
}
