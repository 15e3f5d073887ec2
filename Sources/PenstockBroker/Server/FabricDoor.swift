internal import PenstockEvents
internal import PenstockFabric

/// Where clients that have said who they are come in over a fabric: each by a ticket that it was given over its other connection.
final class FabricDoor: Sendable {
    private struct State {
        /// Who was given the tickets that are out, by their numbers.
        var holders: [UInt64: BrokerSession] = [:]
        var address: FabricAddress?
    }

    private let fabric: LibfabricTransport
    private let tickets: FabricTickets
    private let state = Guarded(State())

    /// - Throws: As `LibfabricTransport`.
    init(_ choice: FabricChoice, _ limits: FabricLimits) throws(FabricError) {
        tickets = FabricTickets()
        fabric = try LibfabricTransport(
            provider: choice.provider, interface: choice.interface, limits: limits, tickets: tickets)
    }

    /// The name of the fabric's provider.
    var provider: String { fabric.name }

    /// The endpoint of the listener, once clients are let in.
    var address: FabricAddress? { state.withLock { $0.address } }

    /// Lets clients in. `accept` is told what came in, and over which connection it had said who it is.
    func open(
        at choice: FabricChoice, _ accept: @escaping @Sendable (WireConnection, BrokerSession) -> BrokerSession?
    ) async throws(FabricError) {
        let depot = SlabDepot(fabric)
        let limits = fabric.limits
        let listener = try await fabric.listen(at: .host(choice.interface, port: 0)) { [weak self] connection in
            guard let number = connection.peer.ticket, let holder = self?.take(number) else { return nil }
            return accept(WireConnection(connection: connection, limits: limits, depot: depot), holder)
        }
        state.withLock { $0.address = listener.address }
    }

    /// What a client that has said who it is needs to come in, once.
    func offer(to session: BrokerSession) -> FabricOffer? {
        guard let address else { return nil }
        let ticket = tickets.issue()
        state.withLock { $0.holders[ticket.number] = session }
        return FabricOffer(provider: fabric.name, address: address, ticket: ticket)
    }

    /// The client does not come any more.
    func withdraw(_ ticket: UInt64) {
        tickets.withdraw(ticket)
        _ = take(ticket)
    }

    func close() async { await fabric.close() }

    private func take(_ ticket: UInt64) -> BrokerSession? { state.withLock { $0.holders.removeValue(forKey: ticket) } }
}
