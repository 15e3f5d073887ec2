import Foundation
import PenstockEvents
import PenstockFabric
import Testing

extension FabricSuites {
    /// What holds for every transport.
    @Suite("The contract of transports", .timeLimit(.minutes(3)))
    struct TransportContractTests {
        /// Two ends of a connection, and what is needed to keep them.
        private struct Pair {
            let transport: any Transport
            let listener: any Listener
            let client: any Connection
            let server: any Connection
            let clientHandler: RecordingHandler
            let serverHandler: RecordingHandler

            func close() async {
                await listener.close()
                await transport.close()
            }
        }

        private func connect(
            _ kind: TransportKind, limits: FabricLimits = FabricLimits(),
            server react: @escaping RecordingHandler.Reaction = { _, _ in },
            client clientReact: @escaping RecordingHandler.Reaction = { _, _ in }
        ) async throws -> Pair {
            let transport = try kind.make(limits)
            let serverHandler = RecordingHandler(react)
            let accepted = Outcomes<any Connection>()
            let listener = try await transport.listen(at: kind.anyAddress) { connection in
                accepted.add(connection)
                return serverHandler
            }
            let clientHandler = RecordingHandler(clientReact)
            let client = try await transport.connect(to: listener.address, clientHandler)
            let server = await accepted.values(1)[0]
            return Pair(
                transport: transport, listener: listener, client: client, server: server, clientHandler: clientHandler,
                serverHandler: serverHandler)
        }

        /// Two ends of which the client offers a slab of a pool of two, and the server has kept the offer; `released` is told when the slab is the
        /// client's again.
        private func offer(
            _ kind: TransportKind
        ) async throws -> (pair: Pair, pool: SlabPool, released: Outcomes<FabricError?>, payload: IncomingPayload) {
            let kept = Outcomes<IncomingPayload?>()
            let pair = try await connect(kind, server: { message, _ in kept.add(message.payload) })
            let pool = try pair.transport.makePool(slabBytes: 1 << 20, slabs: 2)
            let released = Outcomes<FabricError?>()
            pair.client.send([1], try #require(pool.take())[0..<1 << 20]) { released.add($0) }
            return (pair, pool, released, try #require(await kept.values(1)[0]))
        }

        /// The sockets of this process; other tests than those of the fabric, which open files meanwhile, have none.
        private func openSockets() throws -> Int {
            let files = FileManager.default
            return try files.contentsOfDirectory(atPath: "/proc/self/fd").count {
                (try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.hasPrefix("socket:") == true
            }
        }

        /// Bytes of a payload that tell its number and each place in it.
        private func fill(_ slab: SlabRange, _ seed: UInt64) {
            for at in 0..<slab.count / 8 {
                slab.bytes.storeBytes(
                    of: SplitMix64.mix(seed << 32 | UInt64(at)), toByteOffset: 8 * at, as: UInt64.self)
            }
            for at in (slab.count & ~7)..<slab.count { slab.bytes[at] = UInt8(truncatingIfNeeded: at) }
        }

        private func bytes(_ slab: SlabRange) -> [UInt8] { Array(slab.bytes) }

        @Test(
            "messages of all sizes arrive whole, in order, one call at a time, in both directions",
            arguments: TransportKind.allCases)
        func messages(kind: TransportKind) async throws {
            let pair = try await connect(kind, server: { message, connection in connection.send(message.bytes) })
            let sent = (0..<2_000).map { n in
                [UInt8](repeating: UInt8(truncatingIfNeeded: n), count: n % 3 == 0 ? n % 8_193 : (n * 37) % 8_193)
            }
            for message in sent { pair.client.send(message) }
            await pair.clientHandler.waitForMessages(sent.count)
            #expect(pair.serverHandler.messages == sent)
            #expect(pair.clientHandler.messages == sent, "what is sent back arrives in order too")
            #expect(!pair.serverHandler.overlapped && !pair.clientHandler.overlapped)
            await pair.close()
        }

        @Test("payloads of all sizes are pulled intact, in both directions", arguments: TransportKind.allCases)
        func payloads(kind: TransportKind) async throws {
            let sizes = [0, 1, 7, 63, 8_191, 8_192, 8_193, 65_536, 100_003, 1 << 20, 5 << 20]
            let pulled = Outcomes<(number: Int, error: FabricError?, bytes: [UInt8])>()
            let transport = try kind.make(FabricLimits())
            let targets = try transport.makePool(slabBytes: 5 << 20, slabs: sizes.count)
            let react: RecordingHandler.Reaction = { message, _ in
                guard let payload = message.payload, let slab = targets.take() else { return }
                let target = slab[0..<payload.byteCount]
                payload.pull(into: target) { pulled.add((Int(message.bytes[0]), $0, Array(target.bytes))) }
            }
            let handlers = (server: RecordingHandler(react), client: RecordingHandler(react))
            let accepted = Outcomes<any Connection>()
            let listener = try await transport.listen(at: kind.anyAddress) { connection in
                accepted.add(connection)
                return handlers.server
            }
            let client = try await transport.connect(to: listener.address, handlers.client)
            let server = await accepted.values(1)[0]
            let sources = try transport.makePool(slabBytes: 5 << 20, slabs: sizes.count)
            for (round, end) in [client, server].enumerated() {
                let released = Outcomes<FabricError?>()
                var expected: [[UInt8]] = []
                for (number, size) in sizes.enumerated() {
                    let slab = try #require(sources.take())[0..<size]
                    fill(slab, UInt64(number))
                    expected.append(bytes(slab))
                    end.send([UInt8(number)], slab) { released.add($0) }
                }
                let all = await pulled.values(sizes.count * (round + 1)).suffix(sizes.count)
                #expect(all.allSatisfy { $0.error == nil })
                for (number, _, bytes) in all { #expect(bytes == expected[number], "payload \(number)") }
                #expect(await released.values(sizes.count).allSatisfy { $0 == nil })
            }
            await listener.close()
            await transport.close()
            #expect(await sources.comesBack(sizes.count))
            #expect(await targets.comesBack(sizes.count))
        }

        @Test(
            "of many payloads at once each is its sender's again, and so is one alone",
            arguments: TransportKind.allCases)
        func manyAtOnce(kind: TransportKind) async throws {
            let transport = try kind.make(FabricLimits())
            let targets = try transport.makePool(slabBytes: 64 << 10, slabs: 24)
            let pair = try await connect(
                kind,
                server: { message, _ in
                    guard let payload = message.payload, let slab = targets.take() else { return }
                    payload.pull(into: slab[0..<payload.byteCount]) { _ in withExtendedLifetime(slab) {} }
                })
            let sources = try pair.transport.makePool(slabBytes: 64 << 10, slabs: 24)
            for count in [24, 1, 7] {
                let released = Outcomes<FabricError?>()
                for number in 0..<count {
                    pair.client.send([UInt8(number)], try #require(sources.take())[0..<64 << 10]) { released.add($0) }
                }
                #expect(await released.values(count).allSatisfy { $0 == nil })
                #expect(await sources.comesBack(24))
            }
            await pair.close()
            await transport.close()
        }

        @Test("a payload that is declined, or dropped, is its sender's again", arguments: TransportKind.allCases)
        func declined(kind: TransportKind) async throws {
            let kept = Outcomes<IncomingPayload?>()
            let pair = try await connect(
                kind,
                server: { message, _ in
                    switch message.bytes[0] {
                    case 0: message.payload?.decline()
                    case 1: break
                    default: kept.add(message.payload)
                    }
                })
            let pool = try pair.transport.makePool(slabBytes: 1 << 20, slabs: 3)
            let released = Outcomes<FabricError?>()
            for number in 0..<3 {
                let slab = try #require(pool.take())
                pair.client.send([UInt8(number)], slab[0..<1 << 20]) { released.add($0) }
            }
            let payload = try #require(await kept.values(1)[0])
            #expect(payload.byteCount == 1 << 20)
            payload.decline()
            #expect(await released.values(3).allSatisfy { $0 == nil })
            pair.client.send([9])
            await pair.serverHandler.waitForMessages(4)
            await pair.close()
            #expect(await pool.comesBack(3))
        }

        @Test("what cannot be sent is refused and the connection stays", arguments: TransportKind.allCases)
        func refused(kind: TransportKind) async throws {
            var limits = FabricLimits()
            (limits.messageBytes, limits.payloadBytes, limits.queuedBytes) = (100, 70_000, 150_000)
            let kept = Outcomes<IncomingPayload?>()
            let pair = try await connect(kind, limits: limits, server: { message, _ in kept.add(message.payload) })
            let pool = try pair.transport.makePool(slabBytes: 80_000, slabs: 4)
            let outcomes = Outcomes<FabricError?>()
            pair.client.send([UInt8](repeating: 1, count: 101), nil) { outcomes.add($0) }
            #expect(await outcomes.values(1).last??.code == .tooLarge)
            let slab = try #require(pool.take())
            pair.client.send([1], slab[0..<70_001]) { outcomes.add($0) }
            #expect(await outcomes.values(2).last??.code == .tooLarge)
            pair.client.send([UInt8](repeating: 7, count: 100), nil) { outcomes.add($0) }
            #expect(await outcomes.values(3).last == .some(nil))
            await pair.serverHandler.waitForMessages(1)
            #expect(pair.serverHandler.messages[0] == [UInt8](repeating: 7, count: 100))
            #expect(pair.serverHandler.ends.isEmpty && pair.clientHandler.ends.isEmpty)
            await pair.close()
        }

        @Test(
            "a closed connection delivers what was sent before, and both ends are told once",
            arguments: TransportKind.allCases)
        func closing(kind: TransportKind) async throws {
            let pair = try await connect(kind)
            for number in 0..<100 { pair.client.send([UInt8(number)]) }
            pair.client.close()
            pair.client.close()
            await pair.serverHandler.waitForEnd()
            await pair.clientHandler.waitForEnd()
            #expect(pair.serverHandler.messages == (0..<100).map { [UInt8($0)] })
            #expect(pair.serverHandler.ends == [nil] && pair.clientHandler.ends == [nil])
            let outcomes = Outcomes<FabricError?>()
            pair.client.send([1], nil) { outcomes.add($0) }
            #expect(await outcomes.values(1)[0]?.code == .closed)
            await pair.close()
        }

        @Test(
            "who has closed hears of nothing but the end, and pulls nothing any more", arguments: TransportKind.allCases
        )
        func closedReceiver(kind: TransportKind) async throws {
            let (pair, pool, released, payload) = try await offer(kind)
            pair.server.close()
            pair.client.send([2])
            let pulled = Outcomes<FabricError?>()
            payload.pull(into: try #require(pool.take())[0..<1 << 20]) { pulled.add($0) }
            #expect(await pulled.values(1)[0]?.code == .closed)
            await pair.serverHandler.waitForEnd()
            await pair.clientHandler.waitForEnd()
            #expect(pair.serverHandler.messages == [[1]] && pair.serverHandler.ends == [nil])
            #expect(await released.values(1).count == 1)
            await pair.close()
            #expect(await pool.comesBack(2))
        }

        @Test(
            "who has closed is told of a peer that fails meanwhile by what was not released",
            arguments: TransportKind.allCases)
        func failingAfterClose(kind: TransportKind) async throws {
            let (pair, _, released, payload) = try await offer(kind)
            pair.client.close()
            pair.server.fail(FabricError(.protocolViolation, "a test"))
            await pair.clientHandler.waitForEnd()
            #expect(pair.clientHandler.ends == [nil])
            #expect(await released.values(1).count == 1)
            withExtendedLifetime(payload) {}
            await pair.close()
        }

        @Test("the end of a connection ends what was not taken", arguments: TransportKind.allCases)
        func failing(kind: TransportKind) async throws {
            let (pair, pool, released, payload) = try await offer(kind)
            pair.client.fail(FabricError(.protocolViolation, "a test"))
            await pair.clientHandler.waitForEnd()
            await pair.serverHandler.waitForEnd()
            #expect(pair.clientHandler.ends == [FabricError(.protocolViolation, "a test")])
            #expect(pair.serverHandler.ends.count == 1 && pair.serverHandler.ends[0]?.code == .peerGone)
            #expect(await released.values(1).count == 1)
            let pulled = Outcomes<FabricError?>()
            payload.pull(into: try #require(pool.take())[0..<1 << 20]) { pulled.add($0) }
            #expect(await pulled.values(1)[0] != nil)
            await pair.close()
            #expect(await pool.comesBack(2), "no slab is held by what has ended")
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
            let refusing = try await transport.listen(at: kind.anyAddress) { _ in nil }
            #expect(await code(refusing.address, from: transport) == .refused)
            await refusing.close()
            #expect([.refused, .timedOut].contains(await code(refusing.address, from: impatient)))
            // No more connections than the limit.
            let accepted = Outcomes<any Connection>()
            let listener = try await transport.listen(at: kind.anyAddress) { connection in
                accepted.add(connection)
                return RecordingHandler()
            }
            let handler = RecordingHandler()
            let first = try await transport.connect(to: listener.address, handler)
            let second = try await transport.connect(to: listener.address, RecordingHandler())
            #expect(await code(listener.address, from: transport) == .refused)
            first.close()
            await handler.waitForEnd()
            // The listener hears of it at the same time or a little later.
            var third: (any Connection)?
            while third == nil { third = try? await transport.connect(to: listener.address, RecordingHandler()) }
            withExtendedLifetime((second, third)) {}
            await listener.close()
            await transport.close()
            await impatient.close()
        }

        @Test("several threads send at once: each one's messages stay in order", arguments: TransportKind.allCases)
        func threads(kind: TransportKind) async throws {
            let pair = try await connect(kind)
            await withTaskGroup(of: Void.self) { group in
                for thread in 0..<4 {
                    group.addTask {
                        for number in 0..<500 {
                            pair.client.send([UInt8(thread), UInt8(number & 255), UInt8(number >> 8)])
                        }
                    }
                }
            }
            await pair.serverHandler.waitForMessages(2_000)
            for thread in 0..<4 {
                let numbers = pair.serverHandler.messages.filter { $0[0] == thread }.map {
                    Int($0[1]) + Int($0[2]) << 8
                }
                #expect(numbers == Array(0..<500))
            }
            await pair.close()
        }

        @Test("connections that come and go leave nothing behind", arguments: TransportKind.allCases)
        func leaks(kind: TransportKind) async throws {
            let transport = try kind.make(FabricLimits())
            let listener = try await transport.listen(at: kind.anyAddress) { _ in
                RecordingHandler { message, connection in connection.send(message.bytes) }
            }
            func visit() async throws {
                let handler = RecordingHandler()
                let connection = try await transport.connect(to: listener.address, handler)
                connection.send([1, 2, 3])
                await handler.waitForMessages(1)
                connection.close()
                await handler.waitForEnd()
            }
            for _ in 0..<20 { try await visit() }
            let before = try openSockets()
            for _ in 0..<300 { try await visit() }
            // The other end closes its own a little later than this one.
            #expect(try openSockets() < before + 100)
            await listener.close()
            await transport.close()
        }

        @Test("a transport that is closed ends its connections and accepts nothing", arguments: TransportKind.allCases)
        func closed(kind: TransportKind) async throws {
            let pair = try await connect(kind)
            await pair.transport.close()
            await pair.clientHandler.waitForEnd()
            await pair.serverHandler.waitForEnd()
            #expect(pair.clientHandler.ends.count == 1 && pair.serverHandler.ends.count == 1)
            let error = await #expect(throws: FabricError.self) {
                _ = try await pair.transport.connect(to: pair.listener.address, RecordingHandler())
            }
            #expect(error?.code == .closed)
            await pair.transport.close()
        }
    }
}
