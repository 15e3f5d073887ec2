internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// An attempt to connect from one host to another, and the two ways between them.
final class SimulatedCall: Sendable {
    private let network: SimulatedNetwork
    private let there: SimulatedPath
    private let back: SimulatedPath
    private let limits: FabricLimits
    private let keep: @Sendable (SimulatedConnection) -> Void
    private let outcome = Latch<Result<SimulatedConnection, FabricError>>()

    init(
        _ network: SimulatedNetwork, from: SimulatedHost, to: SimulatedHost, _ limits: FabricLimits,
        keep: @escaping @Sendable (SimulatedConnection) -> Void
    ) {
        self.network = network
        self.limits = limits
        self.keep = keep
        there = SimulatedPath(from: from, to: to, on: network)
        back = SimulatedPath(from: to, to: from, on: network)
    }

    /// Connects, within the time that connecting may take.
    func connect(
        to address: FabricAddress, _ name: String, _ handler: any ConnectionHandler
    ) async throws(FabricError) -> SimulatedConnection {
        let patience = limits.connectTimeout
        let call = self
        there.carry(0, lost: {}) { call.arrive(address, name, handler) }
        network.scheduler.call(at: network.scheduler.nanoseconds + patience.nanoseconds, of: there.from.name) {
            [outcome] in
            outcome.set(.failure(FabricError(.timedOut, "\(address) has not answered within \(patience)")))
        }
        // Not cancelled: nobody would take what comes of it.
        guard let result = await Task(operation: { await call.outcome.wait() }).value else {
            preconditionFailure("an attempt has an outcome")
        }
        return try result.get()
    }

    // At the other host.
    private func arrive(_ address: FabricAddress, _ name: String, _ handler: any ConnectionHandler) {
        let client = SimulatedConnection(FabricPeer(address: "\(address)"), network, out: there, limits)
        guard let listener = network.listener(name), listener.host === there.to else { return refuse(address) }
        let server = SimulatedConnection(
            FabricPeer(address: "host \(there.from.name)"), network, out: back, listener.limits)
        SimulatedConnection.join(client, server) { [weak listener] in listener?.forget($0) }
        back.cork()
        guard let serverHandler = listener.admit(server) else {
            server.abandon()
            return refuse(address)
        }
        server.begin(serverHandler)
        back.uncork { self.finish(client, handler) }
    }

    // At this host.
    private func finish(_ client: SimulatedConnection, _ handler: any ConnectionHandler) {
        guard client.begin(handler) else {
            outcome.set(.failure(FabricError(.peerGone, "\(client.peer) has gone at once")))
            return
        }
        keep(client)
        guard !outcome.set(.success(client)) else { return }
        // Nobody waits for it any more.
        client.fail(FabricError(.timedOut, "the answer has come too late"))
    }

    private func refuse(_ address: FabricAddress) {
        back.uncork { [outcome] in
            outcome.set(.failure(FabricError(.refused, "nobody accepts connections at \(address)")))
        }
    }
}
