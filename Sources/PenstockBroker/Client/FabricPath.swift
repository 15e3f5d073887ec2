internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// A client's way over a fabric: what it sends and reads goes there, once a broker knows who it is.
final class FabricPath: Sendable {
    private let choice: FabricChoice
    private let limits: FabricLimits
    private let made = Guarded<(fabric: LibfabricTransport, depot: SlabDepot)?>(nil)

    init(_ choice: FabricChoice, _ limits: FabricLimits) {
        self.choice = choice
        self.limits = limits
    }

    deinit {
        guard let (fabric, _) = made.withLock({ $0 }) else { return }
        Task { await fabric.close() }
    }

    /// A connection over the fabric beside one on which the client has said who it is; nil where one of both has no fabric, and none was
    /// asked for by name.
    /// - Throws: `LogError` with code `invalidConfiguration` where there is no fabric of the name, or `unreachable` where
    ///   the broker does not answer on it.
    func connection(
        beside origin: ClientConnection, _ limits: RemoteLog.Limits, _ timer: any MonotonicClock
    ) async throws(LogError) -> ClientConnection? {
        let offer: FabricOffer? = try await origin.call(.fabric)
        guard let offer else {
            return try without("the broker offers no fabric", hint: "start it with --fabric \(choice)")
        }
        if case .named(let name) = choice.provider, name != offer.provider {
            return try without("the broker offers \(offer.provider)", hint: "use the same provider on both sides")
        }
        do throws(FabricError) {
            let (fabric, depot) = try transport(offer.provider)
            let connection = ClientConnection(to: origin.address, limits, fabric, depot, timer, told: origin.told)
            let wire = try await fabric.connect(to: offer.address, showing: offer.ticket, connection)
            connection.join(wire, beside: origin)
            return connection
        } catch {
            // A broker that goes meanwhile, or stands still, may be there again.
            if case .named = choice.provider, [.timedOut, .peerGone, .refused, .closed].contains(error.code) {
                throw LogError(.unreachable, error.summary, hint: error.hint)
            }
            return try without(error.summary, hint: error.hint)
        }
    }

    private func without(_ why: String, hint: String?) throws(LogError) -> ClientConnection? {
        guard case .named = choice.provider else { return nil }
        throw LogError(.invalidConfiguration, "the fabric \(choice) cannot be used: \(why)", hint: hint)
    }

    // Made under the lock: connections that come at once share one, and would end with one that nobody keeps.
    private func transport(_ provider: String) throws(FabricError) -> (fabric: LibfabricTransport, depot: SlabDepot) {
        try made.withLock { made throws(FabricError) in
            if let made, made.fabric.name == provider { return made }
            let fabric = try LibfabricTransport(provider: .named(provider), interface: choice.interface, limits: limits)
            let new = (fabric, SlabDepot(fabric))
            made = new
            return new
        }
    }
}
