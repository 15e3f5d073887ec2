import PenstockBroker
import PenstockEvents
import PenstockLog
import Testing

/// One topic, and one group.
private struct NarrowRights: ClientRights {
    let client: String
    func mayProduce(to topic: String) -> Bool { false }
    func mayConsume(from topic: String) -> Bool { topic == "readings" }
    func mayAdminister(topic: String) -> Bool { false }
    func mayUse(group: String) -> Bool { group == "mine" }
}

extension BrokerSuites {
    @Suite("Groups of several members at a broker that does not trust everybody")
    struct GroupRightsTests {
        @Test("a client joins the groups that it may use, for topics that it may read", arguments: LogKind.remote)
        func rights(kind: LogKind) async throws {
            try await withSite(kind) { site in
                for topic in ["readings", "secrets"] {
                    _ = try await site.embedded.openTopic(
                        topic, schema: Reading.schema, creatingWith: TopicConfiguration(durability: .pageCache))
                }
                var limits = Broker.Limits.patient
                limits.groups.membersPerGroup = 2
                let broker = Broker(site.embedded, name: "narrow", limits: limits) { client throws(LogError) in
                    NarrowRights(client: client.name)
                }
                let address = try await broker.listen(
                    at: kind == .inProcess ? .name("narrow") : kind.address, over: site.transport
                ).address
                let client = RemoteLog(at: [address], over: site.transport, client: "narrow", limits: .patient)
                func join(_ group: String, _ topics: [String]) async throws -> any GroupMembership {
                    try await client.join(group, as: GroupMember(topics: topics))
                }
                #expect(try await code { try await join("yours", ["readings"]) } == .notAllowed)
                #expect(try await code { try await join("mine", ["readings", "secrets"]) } == .notAllowed)
                #expect(try await code { try await join("mine", ["penstock.audit"]) } == .notAllowed)
                #expect(try await code { try await client.members(of: "yours") } == .notAllowed)
                let members = [try await join("mine", ["readings"]), try await join("mine", ["readings"])]
                #expect(try await code { try await join("mine", ["readings"]) } == .invalidConfiguration)
                #expect(try await client.members(of: "mine").members.map(\.client) == ["narrow", "narrow"])
                // It commits for what it has, not for what it likes.
                #expect(try await members[0].nextChange() == .assigned([TopicPartition("readings")]))
                #expect(
                    try await code { try await members[0].commit([TopicPartition("secrets"): 1]) } == .producerFenced)
                for member in members { try await member.leave() }
                client.close()
                await broker.close()
            }
        }

        @Test("a broker that closes gives its groups up, whoever still waits", arguments: LogKind.remote)
        func closing(kind: LogKind) async throws {
            try await withSite(kind) { site in
                _ = try await site.log.openTopic(
                    "readings", schema: Reading.schema, creatingWith: TopicConfiguration(durability: .pageCache))
                let client = site.client()
                let member = try await client.join("mine", as: GroupMember(topics: ["readings"], instance: "one"))
                #expect(try await member.nextChange() == .assigned([TopicPartition("readings")]))
                let waiting = Task { try await member.nextChange() }
                await site.broker.close()
                try await site.embedded.group("mine").close()
                client.close()
                await #expect(throws: LogError.self) { try await waiting.value }
            }
        }
    }
}
