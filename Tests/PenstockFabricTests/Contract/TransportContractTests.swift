import FabricPeer
import PenstockFabric
import TestSupport
import Testing

extension FabricSuites {
    /// What holds for every transport: messages and connections.
    @Suite("The contract of transports", .timeLimit(.minutes(5)))
    struct TransportContractTests {
        @Test(
            "messages of all sizes arrive whole, in order, one call at a time, in both directions",
            arguments: TransportKind.allCases)
        func messages(kind: TransportKind) async throws {
            let pair = try await ContractPair(kind)
            try await pair.other.react("echo")
            let sent = (0..<2_000).map { n in
                [UInt8](repeating: UInt8(truncatingIfNeeded: n), count: n % 3 == 0 ? n % 8_193 : (n * 37) % 8_193)
            }
            for message in sent { pair.client.send(message) }
            await pair.handler.waitForMessages(sent.count)
            #expect(try await pair.other.messages(sent.count) == sent.map(OtherEnd.digest))
            #expect(pair.handler.messages == sent, "what is sent back arrives in order too")
            #expect(!pair.handler.overlapped)
            #expect(try await !pair.other.hasOverlapped)
            try await pair.close()
        }

        @Test("several threads send at once: each one's messages stay in order", arguments: TransportKind.allCases)
        func threads(kind: TransportKind) async throws {
            let pair = try await ContractPair(kind)
            let (threads, count) = (4, 500)
            let sent = (0..<threads).map { thread in
                (0..<count).map { [UInt8(thread), UInt8($0 & 255), UInt8($0 >> 8)] }
            }
            await withTaskGroup(of: Void.self) { group in
                for messages in sent {
                    group.addTask { for message in messages { pair.client.send(message) } }
                }
            }
            let received = try await pair.other.messages(threads * count)
            for messages in sent {
                let expected = messages.map(OtherEnd.digest)
                let own = Set(expected)
                #expect(received.filter { own.contains($0) } == expected)
            }
            try await pair.close()
        }

        @Test("what cannot be sent is refused and the connection stays", arguments: TransportKind.allCases)
        func refused(kind: TransportKind) async throws {
            var limits = FabricLimits()
            (limits.messageBytes, limits.payloadBytes, limits.queuedBytes) = (100, 70_000, 150_000)
            let pair = try await ContractPair(kind, limits: limits)
            let pool = try pair.transport.makePool(slabBytes: 80_000, slabs: 4)
            let outcomes = Outcomes<FabricError?>()
            pair.client.send([UInt8](repeating: 1, count: 101), nil) { outcomes.add($0) }
            #expect(await outcomes.values(1).last??.code == .tooLarge)
            let slab = try #require(pool.take())
            pair.client.send([1], slab[0..<70_001]) { outcomes.add($0) }
            #expect(await outcomes.values(2).last??.code == .tooLarge)
            let message = [UInt8](repeating: 7, count: 100)
            pair.client.send(message, nil) { outcomes.add($0) }
            #expect(await outcomes.values(3).last == .some(nil))
            #expect(try await pair.other.messages(1) == [OtherEnd.digest(message)])
            #expect(pair.handler.ends.isEmpty)
            #expect(try await pair.other.endsSoFar.isEmpty)
            try await pair.close()
        }

        @Test("more than the limit does not wait, and what waits is sent", arguments: TransportKind.allCases)
        func queueFull(kind: TransportKind) async throws {
            var limits = FabricLimits()
            limits.queuedBytes = 32 << 20
            let pair = try await ContractPair(kind, limits: limits)
            let pool = try pair.transport.makePool(slabBytes: 30 << 20, slabs: 1)
            let slab = try #require(pool.take())[0..<30 << 20]
            let outcomes = Outcomes<FabricError?>()
            pair.client.send([1], slab) { outcomes.add($0) }
            pair.client.send([2], slab) { outcomes.add($0) }
            #expect(await outcomes.values(1)[0]?.code == .queueFull)
            #expect(try await pair.other.size(ofPayload: 0) == 30 << 20)
            try await pair.other.decline()
            #expect(await outcomes.values(2)[1] == nil)
            pair.client.send([3], slab) { outcomes.add($0) }
            #expect(try await pair.other.size(ofPayload: 1) == 30 << 20)
            try await pair.other.decline()
            #expect(await outcomes.values(3)[2] == nil)
            #expect(try await pair.other.messages(2) == [OtherEnd.digest([1]), OtherEnd.digest([3])])
            try await pair.close()
        }

        @Test(
            "nobody there, nobody any more, and nobody who wants to: connecting fails in time",
            arguments: TransportKind.allCases)
        func nobody(kind: TransportKind) async throws {
            var limits = FabricLimits()
            // Where somebody answers, a busy machine may take its time.
            limits.connectTimeout = .seconds(300)
            limits.connections = 2
            let transport = try kind.make(limits)
            limits.connectTimeout = .seconds(1)
            let impatient = try kind.make(limits)
            func code(_ address: FabricAddress, from transport: any Transport) async -> FabricError.Code? {
                do {
                    let connection = try await transport.connect(to: address, RecordingHandler())
                    connection.close()
                    return nil
                } catch {
                    return error.code
                }
            }
            #expect([.refused, .timedOut].contains(await code(kind.deadAddress, from: impatient)))
            let refusing = try await OtherEnd(kind, transport, refuses: true)
            #expect(await code(refusing.address, from: transport) == .refused)
            try await refusing.stop()
            #expect([.refused, .timedOut].contains(await code(refusing.address, from: impatient)))
            // No more connections than the limit.
            let other = try await OtherEnd(kind, transport)
            let handler = RecordingHandler()
            let first = try await transport.connect(to: other.address, handler)
            let second = try await transport.connect(to: other.address, RecordingHandler())
            #expect(await code(other.address, from: transport) == .refused)
            first.close()
            await handler.waitForEnd()
            // The listener hears of it at the same time or a little later.
            var third: (any Connection)?
            while third == nil { third = try? await transport.connect(to: other.address, RecordingHandler()) }
            withExtendedLifetime((second, third)) {}
            try await other.stop()
            await transport.close()
            await impatient.close()
        }

        @Test("connections that come and go leave nothing behind", arguments: TransportKind.allCases)
        func leaks(kind: TransportKind) async throws {
            let transport = try kind.make()
            let other = try await OtherEnd(kind, transport)
            try await other.react("echo")
            let here = try await OtherEnd(.inProcess, InProcessTransport())
            func visit() async throws {
                let handler = RecordingHandler()
                let connection = try await transport.connect(to: other.address, handler)
                connection.send([1, 2, 3])
                await handler.waitForMessages(1)
                connection.close()
                await handler.waitForEnd()
            }
            for _ in 0..<20 { try await visit() }
            let before = (try await here.sockets, try await other.sockets)
            for _ in 0..<300 { try await visit() }
            // The other end closes its own a little later than this one.
            #expect(try await here.sockets < before.0 + 100)
            #expect(try await other.sockets < before.1 + 100)
            try await other.stop()
            await transport.close()
        }
    }
}
