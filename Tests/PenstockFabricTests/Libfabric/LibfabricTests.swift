import FabricPeer
import PenstockEvents
import Testing

@testable import PenstockFabric

extension FabricSuites {
    /// What holds for connections over libfabric beyond the contract of transports.
    @Suite("Libfabric", .enabled(if: Libfabric.isThere, Libfabric.absence), .timeLimit(.minutes(10)))
    struct LibfabricTests {
        @Test("what this machine has is listed")
        func providers() throws {
            let providers = try LibfabricTransport.providers()
            #expect(providers.contains { $0.name == "tcp;ofi_rxm" || $0.name == "tcp" })
            #expect(providers.filter { ["net", "sockets"].contains($0.name) }.allSatisfy { $0.refusal != nil })
        }

        @Test(
            "a provider or an interface that is not there is refused with what to do",
            arguments: ["cxi", "net", "no-such-provider"])
        func unknown(name: String) {
            let error = #expect(throws: FabricError.self) { try LibfabricTransport(provider: .named(name)) }
            #expect(error?.code == .unavailable && error?.hint != nil)
        }

        @Test(
            "a listener's address is that of an endpoint, is read as it is printed, and is of the port that was asked for"
        )
        func addresses() async throws {
            let transport = try LibfabricTransport()
            let listener = try await transport.listen(at: .host("127.0.0.1", port: 0)) { _ in nil }
            #expect(try FabricAddress("\(listener.address)") == listener.address)
            guard case .endpoint(let bytes) = listener.address else {
                Issue.record("no endpoint")
                return
            }
            let port = Int(bytes[2]) << 8 | Int(bytes[3])
            let taken = await #expect(throws: FabricError.self) {
                try await transport.listen(at: .host("127.0.0.1", port: port)) { _ in nil }
            }
            #expect(taken?.code == .addressInUse)
            await listener.close()
            let again = try await transport.listen(at: .host("127.0.0.1", port: port)) { _ in nil }
            #expect(again.address == listener.address)
            await transport.close()
        }

        @Test("addresses of other kinds, and of other interfaces, are refused")
        func wrongAddresses() async throws {
            let transport = try LibfabricTransport()
            for address in [FabricAddress.name("a"), .endpoint([1]), .host("10.1.2.3", port: 0)] {
                let listening = await #expect(throws: FabricError.self) {
                    try await transport.listen(at: address) { _ in nil }
                }
                #expect(listening?.code == .invalidAddress)
                let connecting = await #expect(throws: FabricError.self) {
                    _ = try await transport.connect(to: address, RecordingHandler())
                }
                #expect(connecting?.code == .invalidAddress)
            }
            await transport.close()
        }

        @Test(
            "payloads come intact however memory is registered",
            arguments: [[], .local, .allocated, [.local, .allocated]] as [RegistrationMode])
        func registrations(mode: RegistrationMode) async throws {
            let transport = try LibfabricTransport(.automatic, "127.0.0.1", FabricLimits(), forced: mode)
            try await exchange(transport, transport.makePool(slabBytes: 12 << 20, slabs: 4))
            await transport.close()
        }

        @Test(
            "memory of another transport's pool can be sent and pulled into",
            arguments: [[], .local] as [RegistrationMode])
        func foreignMemory(mode: RegistrationMode) async throws {
            let transport = try LibfabricTransport(.automatic, "127.0.0.1", FabricLimits(), forced: mode)
            try await exchange(transport, InProcessTransport().makePool(slabBytes: 12 << 20, slabs: 4))
            await transport.close()
        }

        @Test(
            "shared memory works on request: with its owner's addresses, and nothing to wait for",
            .enabled(if: hasSharedMemory))
        func sharedMemory() async throws {
            let transport = try LibfabricTransport(provider: .named("shm"))
            #expect(transport.name == "shm")
            try await exchange(transport, transport.makePool(slabBytes: 12 << 20, slabs: 4))
            await transport.close()
        }

        private static let hasSharedMemory =
            (try? LibfabricTransport.providers())?.contains { $0.name == "shm" } ?? false

        /// Sends a payload of several pieces that does not begin at a slab's beginning, and compares it.
        private func exchange(_ transport: LibfabricTransport, _ pool: SlabPool) async throws {
            let pulled = Outcomes<(FabricError?, [UInt8])>()
            let handler = RecordingHandler { message, _ in
                guard let payload = message.payload, let target = pool.take() else { return }
                let range = target[4_096..<4_096 + payload.byteCount]
                payload.pull(into: range) { pulled.add(($0, Array(range.bytes))) }
            }
            let listener = try await transport.listen(at: .host("127.0.0.1", port: 0)) { _ in handler }
            let connection = try await transport.connect(to: listener.address, RecordingHandler())
            for size in [10_000, 11 << 20] {
                let slab = try #require(pool.take())
                for at in stride(from: 0, to: slab.bytes.count, by: 8) {
                    slab.bytes.storeBytes(of: SplitMix64.mix(UInt64(size + at)), toByteOffset: at, as: UInt64.self)
                }
                let part = slab[100..<100 + size]
                let released = Outcomes<FabricError?>()
                connection.send([1], part) { released.add($0) }
                #expect(await released.values(1)[0] == nil)
                let (error, bytes) = try #require(await pulled.values(size == 10_000 ? 1 : 2).last)
                #expect(error == nil)
                #expect(bytes == Array(part.bytes))
            }
        }

        @Test("a ticket lets one connection in; without it, or with another secret, nobody is asked, and it is said")
        func tickets() async throws {
            let tickets = FabricTickets()
            let server = try LibfabricTransport(tickets: tickets)
            let handler = RecordingHandler()
            let accepted = Outcomes<any Connection>()
            let listener = try await server.listen(at: .host("127.0.0.1", port: 0)) { connection in
                accepted.add(connection)
                return handler
            }
            let client = try LibfabricTransport()
            let ticket = tickets.issue()
            let withdrawn = tickets.issue()
            tickets.withdraw(withdrawn.number)
            let bad = [
                nil, FabricTicket(number: ticket.number, secret: FabricSecret()),
                FabricTicket(number: ticket.number + 7, secret: ticket.secret), withdrawn,
            ]
            for other in bad { try await expectRefusal(of: other, by: client, at: listener.address) }
            #expect(accepted.values.isEmpty && tickets.count == 1)
            let connection = try await client.connect(to: listener.address, showing: ticket, RecordingHandler())
            connection.send([1])
            await handler.waitForMessages(1)
            #expect(accepted.values.map(\.peer.ticket) == [ticket.number] && tickets.count == 0)
            // It was good once.
            try await expectRefusal(of: ticket, by: client, at: listener.address)
            #expect(accepted.values.count == 1)
            await client.close()
            await handler.waitForEnd()
            #expect(handler.ends == [nil])
            await server.close()
        }

        private func expectRefusal(
            of ticket: FabricTicket?, by client: LibfabricTransport, at address: FabricAddress
        ) async throws {
            let error = await #expect(throws: FabricError.self) {
                _ = try await client.connect(to: address, showing: ticket, RecordingHandler())
            }
            #expect(error?.code == .notTrusted)
        }

        @Test("a client with a ticket does not trust a listener that knows none")
        func impostor() async throws {
            let (server, client) = (try LibfabricTransport(), try LibfabricTransport())
            let listener = try await server.listen(at: .host("127.0.0.1", port: 0)) { _ in RecordingHandler() }
            let ticket = FabricTicket(number: 1, secret: FabricSecret())
            try await expectRefusal(of: ticket, by: client, at: listener.address)
            await client.close()
            await server.close()
        }

        @Test("a client that keeps to smaller limits is not sent more than it takes")
        func limits() async throws {
            var small = FabricLimits()
            (small.messageBytes, small.inlineBytes) = (1_000, 500)
            let (server, client) = (try LibfabricTransport(), try LibfabricTransport(limits: small))
            let accepted = Outcomes<any Connection>()
            let listener = try await server.listen(at: .host("127.0.0.1", port: 0)) { connection in
                accepted.add(connection)
                return RecordingHandler()
            }
            let pulled = Outcomes<FabricError?>()
            let pool = try client.makePool(slabBytes: 4_096, slabs: 2)
            let handler = RecordingHandler { message, _ in
                guard let payload = message.payload, let slab = pool.take() else { return }
                payload.pull(into: slab[0..<payload.byteCount]) { pulled.add($0) }
            }
            let connection = try await client.connect(to: listener.address, handler)
            let end = await accepted.values(1)[0]
            let outcomes = Outcomes<FabricError?>()
            end.send([UInt8](repeating: 1, count: 1_001), nil) { outcomes.add($0) }
            #expect(await outcomes.values(1)[0]?.code == .tooLarge)
            end.send([2], try #require(pool.take())[0..<2_000]) { outcomes.add($0) }
            #expect(await outcomes.values(2)[1] == nil)
            #expect(await pulled.values(1)[0] == nil)
            #expect(handler.messages == [[2]] && handler.ends.isEmpty)
            withExtendedLifetime(connection) {}
            await client.close()
            await server.close()
        }
    }
}
