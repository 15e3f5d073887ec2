import Foundation
import PenstockEvents
import PenstockFabric
import PenstockLog
import PenstockSecurity
import TestSupport
import Testing

@testable import BrokerPeer
@testable import PenstockBroker

extension BrokerSuites {
    /// Whoever lies to a broker with TLS and tokens, the program `penstock serve`, about who it is.
    @Suite("Strangers at a broker with TLS and tokens")
    struct StrangerTests {
        /// An honest producer beside strangers, and how strangers come.
        private struct Scene {
            let credentials: Credentials
            let served: ServedLog
            let address: FabricAddress
            let transport: TCPTransport

            /// What becomes of a client with a token; nil where it may do what it asks for.
            func refusal(
                _ token: String, session: [UInt8] = [1],
                _ ask: @Sendable (RemoteLog) async throws -> Void = { _ = try await $0.topics() }
            ) async throws -> LogError.Code? {
                let log = RemoteLog(
                    at: [address], over: transport, client: "stranger", limits: .patient, session: session
                ) { () throws(LogError) in token }
                defer { log.close() }
                return try await code { try await ask(log) }
            }
        }

        private static func withScene(_ body: (Scene) async throws -> Void) async throws -> [AuditEntry] {
            let credentials = try Credentials(host: "127.0.0.1")
            let served = try await ServedLog(.guarded(credentials))
            let stop = served.folder("stop")
            let producer = try served.produce(1, "--pause", "5", "--until", stop)
            try await producer.line("session ")
            let transport = try credentials.transport()
            let scene = Scene(
                credentials: credentials, served: served, address: served.address, transport: transport)
            do { try await body(scene) } catch {
                await transport.close()
                throw error
            }
            await transport.close()
            try Data().write(to: URL(fileURLWithPath: stop))
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            #expect(ProducerAccount(producer).sessions == 1, "the honest producer was disturbed")
            try await served.stop()
            check(try await served.contents(), of: [1: producer], "an honest producer beside strangers")
            let entries = try await audit(of: served.directory)
            var counts = BrokerCounts()
            for entry in entries { counts.note(try #require(AuditEntry.Kind(rawValue: entry.kind))) }
            #expect(served.broker.errors.contains("stopped: \(counts)\n"), "\(served.broker.errors)")
            return entries
        }

        private static func audit(of directory: String) async throws -> [AuditEntry] {
            let log = try await EmbeddedLog(directory: directory, creating: false)
            let reader = try await log.reader(for: auditPartition, from: .earliest)
            var entries: [AuditEntry] = []
            while let entry = try await reader.next() {
                guard case .records(let records) = entry else { continue }
                for index in 0..<records.count { entries.append(try records.event(AuditEntry.self, at: index)) }
            }
            await reader.close()
            return entries
        }

        @Test("L18: who is nobody, somebody else, or somebody no longer is refused, counted and written down")
        func identities() async throws {
            let entries = try await Self.withScene { scene in
                let mine = try scene.credentials.token("consume:load")
                #expect(try await scene.refusal(mine) == nil)
                let forged = try scene.credentials.token(
                    "consume:load", signedBy: TokenSigningKey(.edDSA, id: "beamline"))
                var changed = Array(mine)
                changed[changed.count / 2] = changed[changed.count / 2] == "A" ? "B" : "A"
                let lies: [(String, String, [UInt8])] = [
                    ("no token", "", [1]), ("a guess", "guess", [1]), ("a token that is changed", String(changed), [1]),
                    ("a token of another key", forged, [1]),
                    ("a token for another broker", try scene.credentials.token("consume:load", audience: "x"), [1]),
                    (
                        "a token that has expired",
                        try scene.credentials.token("consume:load", secondsAgo: 600, lifetime: 60), [1]
                    ),
                    ("somebody else's token", mine, [2]),
                    ("the honest producer's token", try TokenFile.read(scene.credentials.tokenFile), [1]),
                ]
                for (what, token, session) in lies {
                    #expect(
                        try await scene.refusal(token, session: session) == .notAllowed, "\(what)")
                }
                #expect(try await scene.refusal(mine) == nil)
            }
            #expect(entries.filter { $0.kind == "refused" && $0.client == "stranger" }.count == 8)
            #expect(entries.filter { $0.kind == "refused" }.count == 8)
        }

        private typealias Wish = @Sendable (RemoteLog) async throws -> Void
        private static let auditPartition = TopicPartition("penstock.audit")
        /// What whoever may read the topic may not.
        private static let notReading: [Wish] = [
            { _ = try await $0.sharedWriter(for: LiarTests.load) },
            { try await $0.deleteTopic("load") },
            { try await $0.truncate(LiarTests.load, before: 1) },
            { _ = try await $0.reader(for: auditPartition, from: .earliest) },
            { _ = try await $0.describe("other") },
        ]
        /// What whoever may write to the topic may not.
        private static let notWriting: [Wish] = [
            { _ = try await $0.reader(for: LiarTests.load, from: .earliest) },
            { _ = try await $0.sharedWriter(for: TopicPartition("other")) },
            { _ = try await $0.group("analysis") },
            { _ = try await $0.writer(for: auditPartition) },
        ]

        @Test("what a token does not allow is denied, counted and written down")
        func rights() async throws {
            let entries = try await Self.withScene { scene in
                let reading = try scene.credentials.token("consume:load")
                for (number, wish) in Self.notReading.enumerated() {
                    #expect(try await scene.refusal(reading, wish) == .notAllowed, "wish \(number) of a reader")
                }
                let writing = try scene.credentials.token("produce:lo*")
                for (number, wish) in Self.notWriting.enumerated() {
                    #expect(try await scene.refusal(writing, wish) == .notAllowed, "wish \(number) of a writer")
                }
                #expect(
                    try await scene.refusal(writing) { try await $0.sharedWriter(for: LiarTests.load).close() } == nil)
            }
            #expect(entries.filter { $0.kind == "denied" }.count == Self.notReading.count + Self.notWriting.count)
            #expect(entries.allSatisfy { $0.kind != "refused" })
        }

        @Test("plain text, what is too large, and who speaks before it is known: ended, counted and written down")
        func noise() async throws {
            let entries = try await Self.withScene { scene in
                let plain = try TCPTransport(security: .plaintext)
                for _ in 0..<3 {
                    await #expect(throws: FabricError.self) {
                        _ = try await RawClient.connect(to: scene.address, over: plain)
                    }
                }
                await plain.close()
                var limits = FabricLimits()
                (limits.messageBytes, limits.payloadBytes, limits.queuedBytes) = (1 << 20, 1 << 30, 2 << 30)
                let large = try scene.credentials.transport(limits)
                let hello = Hello(client: "liar", token: try scene.credentials.token("produce:load"), session: [3])
                // Before it is known who it is, and after.
                for isKnown in [false, true] {
                    for (messageBytes, payloadBytes) in [(1 << 20, nil), (9, 1 << 30)] {
                        let liar = try await RawClient.connect(to: scene.address, over: large)
                        if isKnown { #expect(try await liar.outcome(of: .hello(hello)) == .answered) }
                        try liar.send([UInt8](repeating: 0, count: messageBytes), payloadBytes: payloadBytes)
                        try await eventually("the end of who sends too much") { liar.hasEnded }
                    }
                }
                #expect(scene.served.broker.mostMemory < 512, "the broker has taken memory for what was announced")
                await large.close()
            }
            #expect(entries.filter { $0.kind == "refused" }.count == 3 + 2)
            #expect(entries.filter { $0.kind == "violated" }.count == 2)
        }

        @Test("a second broker of a directory is refused, and the first one goes on as if it had not been")
        func second() async throws {
            let served = try await ServedLog()
            let second = try ChildProcess(
                "penstock", ["serve", "--data", served.directory, "--listen", "127.0.0.1:0"])
            #expect(try await second.ended() != 0)
            #expect(second.lines.isEmpty && second.errors.contains("penstock.audit"), "\(second.errors)")
            let producer = try served.produce(1, "--count", "100")
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            try await served.stop()
            check(try await served.contents(), of: [1: producer], "a second broker")
        }
    }
}
