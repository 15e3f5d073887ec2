import PenstockBroker
import PenstockEvents
import PenstockFabric
import PenstockLog
import PenstockSecurity
import Testing

extension BrokerSuites {
    /// Who gets into a broker, and sees what, by tokens.
    @Suite("Access to brokers")
    struct BrokerAccessTests {
        /// Stands where a test puts it.
        private final class SetClock: WallClock {
            private let time = Guarded(Timestamp(nanoseconds: 1_800_000_000_000_000_000))
            func now() -> Timestamp { time.withLock { $0 } }
            func advance(seconds: Int64) {
                time.withLock { $0 = Timestamp(nanoseconds: $0.nanoseconds + seconds * 1_000_000_000) }
            }
        }

        @Test("a token gives the rights that it names, to whoever showed it first, until it expires")
        func tokens() async throws {
            try await withSite(.inProcess) { site in
                for topic in ["raw.frames", "results", "secrets"] {
                    _ = try await site.embedded.createTopic(
                        topic, schema: Reading.schema, configuration: TopicConfiguration(durability: .pageCache))
                }
                let clock = SetClock()
                let key = try TokenSigningKey(.edDSA, id: "beamline")
                var keys = TokenKeys()
                try keys.add(key)
                let access = BrokerAccess(
                    owner: try OwnerToken(writingTo: site.folder("owner")),
                    authenticator: Authenticator(
                        tokens: try TokenVerifier(keys: keys, audience: "broker"), clock: clock))
                let broker = Broker(site.embedded, limits: .patient, clock: clock) { client throws(LogError) in
                    try access.rights(of: client)
                }
                try await broker.listen(at: .name("guarded"), over: site.transport)
                func log(_ token: String, session: [UInt8] = [1]) -> RemoteLog {
                    RemoteLog(
                        at: [.name("guarded")], over: site.transport, client: "test", limits: .patient, session: session
                    ) { () throws(LogError) in token }
                }
                func token(_ audience: String = "broker", _ scopes: String) throws -> String {
                    try key.token(
                        TokenClaims(
                            subject: "alice", audience: audience, permissions: Permissions(parsing: scopes),
                            issued: clock.now(), lifetime: .seconds(3600)))
                }
                func refusal(_ log: RemoteLog) async throws -> LogError.Code? {
                    defer { log.close() }
                    return try await code { try await log.topics() }
                }

                let owner = log(try TokenFile.read(site.folder("owner")))
                #expect(try await owner.topics() == ["raw.frames", "results", "secrets"])
                owner.close()
                #expect(try await refusal(log("")) == .notAllowed)
                #expect(try await refusal(log("guess")) == .notAllowed)
                #expect(try await refusal(log(try token("another", "consume:*"))) == .notAllowed)

                let shown = try token("broker", "consume:raw.* produce:results")
                let alice = log(shown)
                #expect(try await alice.topics() == ["raw.frames", "results"])
                _ = try await alice.reader(for: TopicPartition("raw.frames"), from: .earliest)
                // Both of her connections have shown the token.
                #expect(broker.clientCount == 2)
                try await alice.writer(for: TopicPartition("results")).close()
                #expect(try await code { try await alice.writer(for: TopicPartition("raw.frames")) } == .notAllowed)
                #expect(
                    try await code { try await alice.reader(for: TopicPartition("results"), from: .earliest) }
                        == .notAllowed)
                #expect(try await code { try await alice.describe("secrets") } == .notAllowed)
                #expect(try await code { try await alice.deleteTopic("results") } == .notAllowed)
                // The same holder again, and somebody else who has got hold of the token.
                #expect(try await refusal(log(shown)) == nil)
                #expect(try await refusal(log(shown, session: [2])) == .notAllowed)
                alice.close()
                clock.advance(seconds: 3601)
                #expect(try await refusal(log(shown)) == .notAllowed)
                await broker.close()
            }
        }
    }
}
