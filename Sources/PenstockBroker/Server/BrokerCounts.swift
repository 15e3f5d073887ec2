public import PenstockFabric

/// What has come to a broker since it began. The audit has each of them, with who and why.
public struct BrokerCounts: Sendable, Hashable, CustomStringConvertible {
    /// Clients that were let in.
    public internal(set) var connected = 0
    /// Connections that were not: by the transport, or by the broker.
    public internal(set) var refused = 0
    /// Requests for what a client may not do.
    public internal(set) var denied = 0
    /// Clients whose connection was ended because of what they sent.
    public internal(set) var violated = 0

    /// All of them in one line.
    public var description: String {
        "\(connected) clients let in, \(refused) refused, \(denied) requests denied, "
            + "\(violated) clients sent off for what they sent"
    }

    mutating func note(_ kind: AuditEntry.Kind) {
        switch kind {
        case .connected: connected += 1
        case .refused: refused += 1
        case .denied: denied += 1
        case .violated: violated += 1
        case .ended, .dropped: break
        }
    }
}

extension Broker {
    /// Counts and writes down somebody whom a transport has not let through to the broker. What transports call that take such a function.
    public func refuse(_ reason: FabricError) {
        audit(.refused, "", FabricPeer(address: ""), reason.summary)
    }
}
