import FabricPeer
import PenstockFabric
import Testing

extension FabricSuites.TransportContractTests {
    private static let sizes = [0, 1, 7, 63, 8_191, 8_192, 8_193, 65_536, 100_003, 1 << 20, 5 << 20]

    /// What tells the payloads with these numbers from others.
    private static func digests(_ pool: SlabPool) throws -> [Int: UInt64] {
        var digests: [Int: UInt64] = [:]
        for (number, size) in sizes.enumerated() {
            let slab = try #require(pool.take())[0..<size]
            slab.fill(number)
            digests[number] = slab.digest
        }
        return digests
    }

    @Test("payloads of all sizes are pulled intact by the other end", arguments: TransportKind.allCases)
    func payloadsSent(kind: TransportKind) async throws {
        let pair = try await ContractPair(kind)
        try await pair.other.react("pull")
        let pool = try pair.transport.makePool(slabBytes: 5 << 20, slabs: Self.sizes.count)
        let released = Outcomes<FabricError?>()
        for (number, size) in Self.sizes.enumerated() {
            let slab = try #require(pool.take())[0..<size]
            slab.fill(number)
            pair.client.send([UInt8(number)], slab) { released.add($0) }
        }
        let pulled = try await pair.other.pulled(Self.sizes.count)
        #expect(await released.values(Self.sizes.count).allSatisfy { $0 == nil })
        #expect(await pool.comesBack(Self.sizes.count))
        #expect(pulled == (try Self.digests(pool)))
        #expect(try await pair.other.isFree)
        try await pair.close()
    }

    @Test("payloads of all sizes are pulled intact from the other end", arguments: TransportKind.allCases)
    func payloadsReceived(kind: TransportKind) async throws {
        let pulled = Outcomes<(number: Int, error: FabricError?, digest: UInt64)>()
        let payloads = Outcomes<(number: Int, payload: IncomingPayload)>()
        let pair = try await ContractPair(kind) { message, _ in
            if let payload = message.payload { payloads.add((Int(message.bytes[0]), payload)) }
        }
        let pool = try pair.transport.makePool(slabBytes: 5 << 20, slabs: Self.sizes.count)
        for (number, size) in Self.sizes.enumerated() {
            try await pair.other.offer(number, byteCount: size)
            let offered = await payloads.values(number + 1)[number]
            #expect(offered.number == number && offered.payload.byteCount == size)
            let target = try #require(pool.take())[0..<size]
            offered.payload.pull(into: target) { pulled.add((offered.number, $0, target.digest)) }
        }
        let all = await pulled.values(Self.sizes.count)
        #expect(all.allSatisfy { $0.error == nil })
        #expect(await pool.comesBack(Self.sizes.count))
        let expected = try Self.digests(pool)
        for one in all { #expect(one.digest == expected[one.number], "payload \(one.number)") }
        #expect(try await pair.other.released(Self.sizes.count).allSatisfy { $0 == "well" })
        #expect(try await pair.other.isFree)
        try await pair.close()
    }

    @Test(
        "of many payloads at once each is its sender's again, and so is one alone", arguments: TransportKind.allCases)
    func manyAtOnce(kind: TransportKind) async throws {
        let pair = try await ContractPair(kind)
        try await pair.other.react("pull")
        let pool = try pair.transport.makePool(slabBytes: 64 << 10, slabs: 20)
        var sent = 0
        for count in [20, 1, 7] {
            let released = Outcomes<FabricError?>()
            for _ in 0..<count {
                pair.client.send([UInt8(sent)], try #require(pool.take())[0..<64 << 10]) { released.add($0) }
                sent += 1
            }
            #expect(await released.values(count).allSatisfy { $0 == nil })
            #expect(await pool.comesBack(20))
            #expect(try await pair.other.pulled(sent).count == sent)
        }
        try await pair.close()
    }

    @Test("a payload that is declined, or dropped, is its sender's again", arguments: TransportKind.allCases)
    func declined(kind: TransportKind) async throws {
        let pair = try await ContractPair(kind)
        let pool = try pair.transport.makePool(slabBytes: 1 << 20, slabs: 3)
        let released = Outcomes<FabricError?>()
        for (number, reaction) in ["decline", "drop", "keep"].enumerated() {
            try await pair.other.react(reaction)
            let slab = try #require(pool.take())
            pair.client.send([UInt8(number)], slab[0..<1 << 20]) { released.add($0) }
            #expect(try await pair.other.messages(number + 1).count == number + 1)
        }
        #expect(try await pair.other.size(ofPayload: 0) == 1 << 20)
        try await pair.other.decline()
        #expect(await released.values(3).allSatisfy { $0 == nil })
        pair.client.send([9])
        #expect(try await pair.other.messages(4).last == OtherEnd.digest([9]))
        try await pair.close()
        #expect(await pool.comesBack(3))
    }
}
