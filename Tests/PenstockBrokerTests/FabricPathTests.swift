import PenstockBroker
import PenstockEvents
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

extension BrokerSuites {
    /// How clients come to a broker over a fabric.
    @Suite("Ways over a fabric", .enabled(if: LogKind.allCases.contains(.fabric), "libfabric is not installed"))
    struct FabricPathTests {
        private static let readings = TopicPartition("readings")

        /// A broker on TCP and a fabric, which knows one token.
        private func withGuardedBroker(
            _ body: (Broker, FabricAddress, any Transport, EmbeddedLog) async throws -> Void
        ) async throws {
            let folder = try TestFolder()
            let log = try await EmbeddedLog(directory: folder("log"))
            let transport = try LogKind.fabric.transport()
            let broker = Broker(log, limits: .patient) { client throws(LogError) in
                guard client.token == "known" else { throw LogError(.notAllowed, "nobody knows \(client.name)") }
                return AllRights(client: client.name)
            }
            let address = try await broker.listen(at: .host("127.0.0.1", port: 0), over: transport).address
            do { try await body(broker, address, transport, log) } catch {
                await broker.close()
                await transport.close()
                throw error
            }
            await broker.close()
            await transport.close()
        }

        private func client(
            _ address: FabricAddress, _ transport: any Transport, _ fabric: FabricChoice?, token: String = "known"
        ) -> RemoteLog {
            RemoteLog(at: [address], over: transport, client: "test", limits: .patient, fabric: fabric) {
                () throws(LogError) in token
            }
        }

        @Test("who is known comes in over the fabric beside his connection, and both end together")
        func ways() async throws {
            try await withGuardedBroker { broker, address, transport, _ in
                try await broker.offer(LogKind.fabric.choice!, limits: .patient)
                let stranger = client(address, transport, LogKind.fabric.choice, token: "guess")
                #expect(try await code { try await stranger.topics() } == .notAllowed)
                let log = client(address, transport, LogKind.fabric.choice)
                #expect(try await log.topics() == [])
                #expect(broker.clientCount == 2)
                _ = try await log.openTopic("readings", schema: Reading.schema, creatingWith: TopicConfiguration())
                // Another connection, over the fabric like the first.
                #expect(try await log.numbers(in: Self.readings) == [])
                #expect(broker.clientCount == 4)
                log.close()
                while broker.clientCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
                let again = client(address, transport, LogKind.fabric.choice)
                #expect(try await again.topics() == ["readings"])
                again.close()
                stranger.close()
            }
        }

        @Test("a writer and a reader that come at once share the way")
        func atOnce() async throws {
            try await withGuardedBroker { broker, address, transport, embedded in
                try await broker.offer(LogKind.fabric.choice!, limits: .patient)
                _ = try await embedded.createTopic(
                    "readings", schema: Reading.schema, configuration: TopicConfiguration(durability: .pageCache))
                for number in 0..<5 {
                    let log = client(address, transport, LogKind.fabric.choice)
                    async let opening = log.reader(for: Self.readings, from: .offset(UInt64(number)))
                    let writer = try await log.sharedWriter(for: Self.readings)
                    let reader = try await opening
                    try await writer.append(.readings(number..<number + 1))
                    #expect(try await reader.numbers() == [number])
                    #expect(broker.clientCount == 4)
                    log.close()
                    while broker.clientCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
                }
            }
        }

        @Test("a fabric that is named must be there, and auto does without")
        func fallback() async throws {
            try await withGuardedBroker { broker, address, transport, _ in
                let named = client(address, transport, LogKind.fabric.choice)
                #expect(try await code { try await named.topics() } == .invalidConfiguration)
                let auto = client(address, transport, FabricChoice(.automatic))
                #expect(try await auto.topics() == [])
                try await broker.offer(LogKind.fabric.choice!, limits: .patient)
                let other = client(address, transport, FabricChoice(.named("verbs;ofi_rxm")))
                #expect(try await code { try await other.topics() } == .invalidConfiguration)
                for log in [named, auto, other] { log.close() }
            }
        }

        @Test("who comes to the fabric without a ticket is not let in")
        func withoutTicket() async throws {
            try await withGuardedBroker { broker, address, transport, _ in
                try await broker.offer(LogKind.fabric.choice!, limits: .patient)
                let log = client(address, transport, LogKind.fabric.choice)
                #expect(try await log.topics() == [])
                let endpoint = try #require(broker.fabricAddress)
                let fabric = try LibfabricTransport(provider: .named("tcp;ofi_rxm"), limits: .patient)
                for ticket in [nil, FabricTicket(number: 1, secret: FabricSecret())] {
                    let error = await #expect(throws: FabricError.self) {
                        _ = try await fabric.connect(to: endpoint, showing: ticket, Deaf())
                    }
                    #expect(error?.code == .notTrusted)
                }
                #expect(broker.clientCount == 2)
                #expect(try await log.topics() == [])
                log.close()
                await fabric.close()
            }
        }

        private final class Deaf: ConnectionHandler {
            func received(_ message: IncomingMessage, on connection: any Connection) {}
            func ended(_ reason: FabricError?, of connection: any Connection) {}
        }

        @Test("which fabric is written as a provider, and an interface")
        func choices() throws {
            #expect(try FabricChoice("auto") == FabricChoice(.automatic))
            #expect(try FabricChoice("tcp;ofi_rxm") == FabricChoice(.named("tcp;ofi_rxm"), interface: "127.0.0.1"))
            let elsewhere = try FabricChoice("verbs;ofi_rxm@10.1.2.3")
            #expect(elsewhere == FabricChoice(.named("verbs;ofi_rxm"), interface: "10.1.2.3"))
            #expect(try FabricChoice("\(elsewhere)") == elsewhere)
            for text in ["", "@", "auto@", "@10.0.0.1"] {
                #expect(throws: FabricError.self) { try FabricChoice(text) }
            }
        }
    }
}
