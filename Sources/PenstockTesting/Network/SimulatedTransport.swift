internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// What a process on a host of a simulated network sends and receives by.
final class SimulatedTransport: Transport {
    private struct State {
        var listeners: [SimulatedListener] = []
        var isClosed = false
    }

    let name = "simulated"
    let limits: FabricLimits
    private let network: SimulatedNetwork
    private let host: SimulatedHost
    private let state = Guarded(State())
    private let ends = Guarded<[UInt64: SimulatedConnection]>([:])

    init(_ network: SimulatedNetwork, _ host: SimulatedHost, _ limits: FabricLimits) {
        self.network = network
        self.host = host
        self.limits = limits
    }

    func makePool(slabBytes: Int, slabs: Int) throws(FabricError) -> SlabPool {
        try SlabPool(slabBytes: slabBytes, slabs: slabs)
    }

    func listen(
        at address: FabricAddress, _ accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?
    ) async throws(FabricError) -> any Listener {
        let name = try Self.name(address)
        if isClosed { throw .transportClosed }
        let listener = SimulatedListener(
            address, host, limits,
            { [weak self] connection in
                if let self, let end = connection as? SimulatedConnection { keep(end) }
                return accept(connection)
            },
            leave: { [network] in network.remove($0, as: name) })
        guard network.add(listener, as: name) else {
            throw FabricError(.addressInUse, "somebody listens at \(address) already")
        }
        state.withLock { $0.listeners.append(listener) }
        return listener
    }

    func connect(
        to address: FabricAddress, _ handler: any ConnectionHandler
    ) async throws(FabricError) -> any Connection {
        let name = try Self.name(address)
        if isClosed { throw .transportClosed }
        let listener = network.listener(name)
        // Where nobody listens, the host says so; there is always one.
        let call = SimulatedCall(network, from: host, to: listener?.host ?? SimulatedHost(name), limits) {
            [weak self] in
            self?.keep($0)
        }
        return try await call.connect(to: address, name, handler)
    }

    func close() async {
        let listeners = state.withLock { state in
            defer { state.listeners = [] }
            state.isClosed = true
            return state.listeners
        }
        for listener in listeners { listener.stop() }
        for (_, end) in ends.withLock({ $0.sorted { $0.key < $1.key } }) { end.close() }
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } || host.isDead }

    private func keep(_ end: SimulatedConnection) {
        ends.withLock { ends in
            ends = ends.filter { !$0.value.isOver }
            ends[end.number] = end
        }
    }

    private static func name(_ address: FabricAddress) throws(FabricError) -> String {
        guard case .name(let name) = address else {
            throw FabricError(
                .invalidAddress, "\(address) is no address of a simulated network", hint: "write name:NAME")
        }
        return name
    }
}
