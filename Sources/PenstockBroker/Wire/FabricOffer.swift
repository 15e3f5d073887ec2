internal import PenstockFabric

/// How a client that has said who it is may come over a fabric too.
struct FabricOffer: Sendable {
    let provider: String
    /// The endpoint of the broker's listener.
    let address: FabricAddress
    /// Lets one connection in.
    let ticket: FabricTicket
}

extension FabricOffer: WireValue {
    func write(to message: inout WireWriter) {
        message.put(provider)
        message.put("\(address)")
        message.put(ticket.number)
        message.put(ticket.secret.bytes)
    }
    init(from message: inout WireReader) throws(WireError) {
        provider = try message.take()
        let text: String = try message.take()
        do throws(FabricError) { address = try FabricAddress(text) } catch { throw WireError(error.summary) }
        let number: UInt64 = try message.take()
        guard let secret = FabricSecret(try message.takeBytes()) else { throw WireError("a ticket has no secret") }
        ticket = FabricTicket(number: number, secret: secret)
    }
}
