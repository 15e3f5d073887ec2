import FabricPeer
import PenstockFabric
import Testing

/// Two ends of a connection, and what is needed to keep them.
struct ContractPair: Sendable {
    let transport: any Transport
    let client: any Connection
    let handler: RecordingHandler
    let other: OtherEnd

    /// - Parameter react: What this end does with messages.
    init(
        _ kind: TransportKind, limits: FabricLimits = FabricLimits(),
        _ react: @escaping RecordingHandler.Reaction = { _, _ in }
    ) async throws {
        transport = try kind.make(limits)
        other = try await OtherEnd(kind, transport)
        handler = RecordingHandler(react)
        client = try await transport.connect(to: other.address, handler)
    }

    func close() async throws {
        try await other.stop()
        await transport.close()
    }
}

/// A connection over which a slab of a pool of two is offered, which the other end has kept; `released` is told when it is this end's again.
struct ContractOffer {
    let pair: ContractPair
    let pool: SlabPool
    let released = Outcomes<FabricError?>()

    init(_ kind: TransportKind) async throws {
        pair = try await ContractPair(kind)
        pool = try pair.transport.makePool(slabBytes: 1 << 20, slabs: 2)
        pair.client.send([1], try #require(pool.take())[0..<1 << 20]) { [released] in released.add($0) }
        #expect(try await pair.other.size(ofPayload: 0) == 1 << 20)
    }
}
