internal import CFabric

/// The endpoint to which clients say hello. It only receives: each connection is answered from an endpoint of its own.
///
/// Belongs to the progress thread.
final class ListeningEndpoint {
    private static let slotCount = 64
    /// The most refusals that are under way; clients over it hear nothing and time out.
    private static let mostRefusals = 64

    let id: UInt64
    let address: [UInt8]
    private let context: ProgressContext
    private let accept: @Sendable (any Connection) -> (any ConnectionHandler)?
    let endpoint: Endpoint
    private let tally = Tally()

    /// How many links it has made that have not ended.
    private final class Tally {
        var connections = 0
        var refusals = 0
    }

    init(_ context: ProgressContext, _ request: ListenRequest) throws(FabricError) {
        self.context = context
        id = context.makeIdentifier()
        accept = request.accept
        let info = context.domain.info.at(port: request.port)
        let slots = Endpoint.Slots(
            byteCount: Greeting.frameBytes, receives: min(Self.slotCount, info.receives), sends: 0, reads: 0)
        endpoint = try context.makeEndpoint(id, info, slots)
        address = try endpoint.name()
        for slot in 0..<slots.receives { post(slot) }
    }

    func close() { context.close(endpoint) }

    /// Looks for hellos, and gives each one's link to `body`; false where nothing has come.
    func poll(_ body: (Link) -> Void) -> Bool {
        endpoint.poll { operation, byteCount, error in
            guard case .receive(let slot) = operation else { return }
            if let link = received(slot: slot, error == nil ? byteCount : nil) { body(link) }
        }
    }

    private func post(_ slot: Int) {
        context.activate(endpoint)
        _ = endpoint.receive(into: slot)
    }

    /// A frame has come, or could not: whoever sent what is no hello hears nothing. Gives the link that answers.
    private func received(slot: Int, _ byteCount: Int?) -> Link? {
        defer { post(slot) }
        guard let byteCount else { return nil }
        let bytes = UnsafeRawBufferPointer(rebasing: endpoint.receiveSlot(slot)[0..<byteCount])
        do throws(FabricError) {
            let frame = try Frame(bytes, .ofGreetings, from: FabricPeer(address: "a client"))
            guard frame.header.kind == .hello else { return nil }
            var proof: [UInt8] = []
            let hello = try Greeting(frame.message, proof: &proof)
            guard context.domain.info.isAddress(hello.address) else { return nil }
            return try link(hello, proof)
        } catch {
            return nil
        }
    }

    private func link(_ hello: Greeting, _ proof: [UInt8]) throws(FabricError) -> Link? {
        let handshake = Handshake(secret: context.tickets?.secret(of: hello.ticket))
        let isKnown = context.tickets == nil || handshake.secret != nil
        let isTrusted = isKnown && Handshake.isSame(proof, handshake.ofHello(hello))
        if !isTrusted || tally.connections >= context.limits.connections {
            return try refusal(
                hello, isTrusted ? .refused("it has as many as it takes") : .notTrusted("its proof is wrong"))
        }
        context.tickets?.withdraw(hello.ticket)
        let connection = makeConnection(hello)
        let (endpoint, welcome, client) = try answer(hello, connection.link)
        guard let handler = accept(connection) else {
            context.close(endpoint)
            return try refusal(hello, .refused("nobody handles it"))
        }
        let link = Link(
            context, connection, .server(hello: hello, welcome: welcome), handshake, handler, endpoint, to: client)
        link.epoch = UInt64.random(in: 1...UInt64.max)
        tally.connections += 1
        link.ended = { [tally] in tally.connections -= 1 }
        link.begin()
        return link
    }

    private func refusal(_ hello: Greeting, _ farewell: Farewell) throws(FabricError) -> Link? {
        guard tally.refusals < Self.mostRefusals else { return nil }
        let connection = makeConnection(hello)
        let (endpoint, welcome, client) = try answer(hello, connection.link)
        let link = Link(
            context, connection, .server(hello: hello, welcome: welcome), Handshake(secret: nil), nil, endpoint,
            to: client)
        tally.refusals += 1
        link.ended = { [tally] in tally.refusals -= 1 }
        link.refuse(farewell)
        return link
    }

    private func makeConnection(_ hello: Greeting) -> LibfabricConnection {
        let peer = FabricPeer(
            address: context.domain.info.text(hello.address), ticket: context.tickets == nil ? nil : hello.ticket)
        return LibfabricConnection(peer, context.makeIdentifier(), context.limits, context.queue)
    }

    private func answer(_ hello: Greeting, _ id: UInt64) throws(FabricError) -> (Endpoint, Greeting, fi_addr_t) {
        let endpoint = try context.makeEndpoint(id)
        let welcome = Greeting(context.identity, context.domain.mode, context.limits, try endpoint.name())
        return (endpoint, welcome, try endpoint.insert(hello.address))
    }
}
