import FabricPeer
import PenstockFabric
import TestSupport
import Testing

extension FabricSuites.TransportContractTests {
    @Test(
        "a closed connection delivers what was sent before, and both ends are told once",
        arguments: TransportKind.allCases)
    func closing(kind: TransportKind) async throws {
        let pair = try await ContractPair(kind)
        for number in 0..<100 { pair.client.send([UInt8(number)]) }
        pair.client.close()
        pair.client.close()
        #expect(try await pair.other.ends == ["well"])
        await pair.handler.waitForEnd()
        #expect(pair.handler.ends == [nil])
        #expect(try await pair.other.messages(100) == (0..<100).map { OtherEnd.digest([UInt8($0)]) })
        let outcomes = Outcomes<FabricError?>()
        pair.client.send([1], nil) { outcomes.add($0) }
        #expect(await outcomes.values(1)[0]?.code == .closed)
        try await pair.close()
    }

    @Test(
        "who has closed hears of nothing but the end, and pulls nothing any more", arguments: TransportKind.allCases
    )
    func closedReceiver(kind: TransportKind) async throws {
        let offer = try await ContractOffer(kind)
        let pair = offer.pair
        try await pair.other.close()
        pair.client.send([2])
        #expect(try await pair.other.pull(0) == "closed")
        #expect(try await pair.other.ends == ["well"])
        await pair.handler.waitForEnd()
        #expect(try await pair.other.messages(1) == [OtherEnd.digest([1])])
        #expect(await offer.released.values(1).count == 1)
        #expect(try await pair.other.isFree)
        try await pair.close()
        #expect(await offer.pool.comesBack(2))
    }

    @Test(
        "who has closed is told of a peer that fails meanwhile by what was not released",
        arguments: TransportKind.allCases)
    func failingAfterClose(kind: TransportKind) async throws {
        let offer = try await ContractOffer(kind)
        offer.pair.client.close()
        try await offer.pair.other.fail()
        await offer.pair.handler.waitForEnd()
        #expect(offer.pair.handler.ends == [nil])
        #expect(await offer.released.values(1).count == 1)
        try await offer.pair.close()
    }

    @Test("the end of a connection ends what was not taken", arguments: TransportKind.allCases)
    func failing(kind: TransportKind) async throws {
        let offer = try await ContractOffer(kind)
        let pair = offer.pair
        pair.client.fail(FabricError(.protocolViolation, "a test"))
        await pair.handler.waitForEnd()
        #expect(pair.handler.ends == [FabricError(.protocolViolation, "a test")])
        #expect(try await pair.other.ends == ["peer-gone"])
        #expect(await offer.released.values(1).count == 1)
        let pulled = try await pair.other.pull(0)
        #expect(FabricError.Code(rawValue: pulled) != nil, "\(pulled)")
        #expect(try await pair.other.isFree)
        try await pair.close()
        #expect(await offer.pool.comesBack(2), "no slab is held by what has ended")
    }

    @Test("a transport that is closed ends its connections and accepts nothing", arguments: TransportKind.allCases)
    func closed(kind: TransportKind) async throws {
        let pair = try await ContractPair(kind)
        await pair.transport.close()
        await pair.handler.waitForEnd()
        #expect(pair.handler.ends.count == 1)
        #expect(try await pair.other.ends.count == 1)
        let error = await #expect(throws: FabricError.self) {
            _ = try await pair.transport.connect(to: pair.other.address, RecordingHandler())
        }
        #expect(error?.code == .closed)
        await pair.transport.close()
    }

    @Test(
        "a peer that is killed ends its connection, what it had not taken, and what was not taken from it",
        .enabled(if: Link.isFarThere, "runs where the other end is a process: between networks"),
        arguments: TransportKind.allCases)
    func killed(kind: TransportKind) async throws {
        let payloads = Outcomes<IncomingPayload?>()
        let pair = try await ContractPair(kind) { message, _ in payloads.add(message.payload) }
        let pool = try pair.transport.makePool(slabBytes: 5 << 20, slabs: 2)
        let released = Outcomes<FabricError?>()
        pair.client.send([1], try #require(pool.take())[0..<5 << 20]) { released.add($0) }
        #expect(try await pair.other.size(ofPayload: 0) == 5 << 20)
        try await pair.other.offer(2, byteCount: 5 << 20)
        let payload = try #require(await payloads.values(1)[0])
        try await pair.other.kill()
        // A fabric tells of a peer's death when something is wanted of it.
        let pulled = Outcomes<FabricError?>()
        payload.pull(into: try #require(pool.take())[0..<5 << 20]) { pulled.add($0) }
        #expect(await pulled.values(1)[0] != nil)
        await pair.handler.waitForEnd()
        #expect(pair.handler.ends.count == 1 && pair.handler.ends[0]?.code == .peerGone)
        #expect(await released.values(1).count == 1)
        await pair.transport.close()
        #expect(await pool.comesBack(2))
    }
}
