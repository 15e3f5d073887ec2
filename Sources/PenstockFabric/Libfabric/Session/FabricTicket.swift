internal import PenstockEvents

/// Lets one connection in over a fabric: a number that is said openly, and a secret that both ends have from an
/// authenticated connection before.
public struct FabricTicket: Sendable {
    /// What the listener knows the secret by.
    public let number: UInt64
    /// What both ends prove to know.
    public let secret: FabricSecret

    /// The ticket of this number and secret.
    public init(number: UInt64, secret: FabricSecret) {
        self.number = number
        self.secret = secret
    }
}

/// The tickets that are out for the listeners of a transport. Each lets one connection in; it is as good as withdrawn
/// then. Whoever issues them sees to it that they are not more than there are peers.
public final class FabricTickets: Sendable {
    private struct State {
        var secrets: [UInt64: FabricSecret] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = Guarded(State())

    /// None yet.
    public init() {}

    /// A new ticket.
    public func issue() -> FabricTicket {
        let secret = FabricSecret()
        return state.withLock { state in
            state.lastNumber += 1
            state.secrets[state.lastNumber] = secret
            return FabricTicket(number: state.lastNumber, secret: secret)
        }
    }

    /// Lets nobody in with this ticket any more. Whoever has come in stays.
    public func withdraw(_ number: UInt64) { state.withLock { $0.secrets[number] = nil } }

    /// How many tickets are out that nobody has come in with.
    public var count: Int { state.withLock { $0.secrets.count } }

    func secret(of number: UInt64) -> FabricSecret? { state.withLock { $0.secrets[number] } }
}
