import PenstockBroker
import PenstockEvents
import PenstockLog
import Testing

extension BrokerSuites {
    /// What holds for groups of several members of every log.
    @Suite("Groups of several members")
    struct GroupContractTests {
        private static let partitions = 6
        /// Who loses the connection is taken for dead at once.
        private static let mortal = ConsumerOptions(sessionTimeout: .zero)

        private func open(_ log: any LogStore, _ topic: String = "readings", _ count: Int = partitions) async throws {
            _ = try await log.openTopic(
                topic, schema: Reading.schema,
                creatingWith: TopicConfiguration(partitions: count, durability: .pageCache))
        }

        /// Appends batches to all partitions in turn, and ends the streams; `pause` is called behind each round.
        private func produce(
            _ rounds: Int, to log: any LogStore, pause: (Int) async throws -> Void
        ) async throws -> Int {
            var writers: [any TopicWriter] = []
            for number in 0..<Self.partitions {
                writers.append(try await log.writer(for: TopicPartition("readings", number)))
            }
            for round in 0..<rounds {
                for writer in writers { try await writer.append(.readings(round * 10..<round * 10 + 10)) }
                try await pause(round)
            }
            for writer in writers {
                try await writer.append(control: .endOfStream)
                try await writer.close()
            }
            return rounds * 10
        }

        private func check(_ tally: GroupTally, _ count: Int) async {
            for number in 0..<Self.partitions {
                let problem = await tally.problem(in: TopicPartition("readings", number), of: count)
                #expect(problem == nil)
            }
        }

        @Test(
            "L15: of two consumers of one group one dies, the other goes on with its partitions, and nothing is lost",
            arguments: LogKind.allCases)
        func death(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await open(site.log)
                let tally = GroupTally()
                let client = kind == .embedded ? nil : site.client()
                let first = try await RunningMember(
                    ["readings"], in: client ?? site.log, group: "analysis", tally, options: Self.mortal)
                let second = try await RunningMember(["readings"], in: site.log, group: "analysis", tally)
                let count = try await produce(40, to: site.log) { round in
                    // In the middle of its work, whatever that is just now.
                    if round == 20 {
                        while await tally.count < 600 { try await Task.sleep(for: .milliseconds(1)) }
                        await first.kill(client)
                    }
                }
                try await second.ended()
                await check(tally, count)
                #expect(try await site.log.positions(of: "analysis").offsets.values.allSatisfy { $0 == count })
            }
        }

        @Test(
            "members come, leave and are cut off while a producer appends: every record is delivered, and commits join",
            arguments: LogKind.allCases)
        func comingAndGoing(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await open(site.log)
                let tally = GroupTally()
                func member(_ log: any LogStore) async throws -> RunningMember {
                    try await RunningMember(["readings"], in: log, group: "analysis", tally, options: Self.mortal)
                }
                let client = kind == .embedded ? nil : site.client()
                let first = try await member(site.log)
                var others: [RunningMember] = []
                let count = try await produce(60, to: site.log) { round in
                    while await tally.count < round * 40 { try await Task.sleep(for: .milliseconds(1)) }
                    switch round {
                    case 10: others.append(try await member(client ?? site.log))
                    case 20: others.append(try await member(site.log))
                    case 30: try await first.leave()
                    case 40: await others.removeFirst().kill(client)
                    case 50: others.append(try await member(site.log))
                    default: break
                    }
                }
                for other in others { try await other.ended() }
                await check(tally, count)
            }
        }

        // MARK: Without consumers

        private func join(
            _ log: any LogStore, _ topics: [String] = ["readings"], instance: String? = nil,
            session: Duration = .seconds(3_600), rebalance: Duration = .seconds(3_600)
        ) async throws -> any GroupMembership {
            try await log.join(
                "analysis",
                as: GroupMember(
                    topics: topics, instance: instance, sessionTimeout: session, rebalanceTimeout: rebalance))
        }

        /// Answers what a member is asked for, until it has so many partitions of a group that is at rest.
        @discardableResult
        private func follow(
            _ membership: any GroupMembership, from before: [TopicPartition] = [], until count: Int
        ) async throws -> [TopicPartition] {
            var held = Set(before)
            while held.count != count {
                switch try await membership.nextChange() {
                case .assigned(let partitions): held.formUnion(partitions)
                case .revoked(let partitions):
                    held.subtract(partitions)
                    await membership.release(partitions)
                case .lost(let partitions): held.subtract(partitions)
                }
            }
            return held.sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
        }

        @Test(
            "a member with a name comes back to what it had, and the others do not notice", arguments: LogKind.allCases)
        func restart(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await open(site.log)
                let client = kind == .embedded ? nil : site.client()
                let first = try await join(client ?? site.log, instance: "one")
                let everything = try await follow(first, until: 6)
                let second = try await join(site.log, instance: "two")
                async let others = follow(second, until: 3)
                let (mine, _) = (try await follow(first, from: everything, until: 3), try await others)
                let before = try await site.log.members(of: "analysis")
                try await first.leave()
                client?.close()
                let between = try await site.log.members(of: "analysis")
                #expect(between.members.map(\.isConnected) == [false, true])
                let again = try await join(site.log, instance: "one")
                #expect(try await follow(again, until: 3) == mine)
                let after = try await site.log.members(of: "analysis")
                #expect(after.generation == before.generation)
                #expect(after.members.map(\.partitions) == before.members.map(\.partitions))
                #expect(after.members.map(\.instance) == ["one", "two"])
                // Another one of its name has its place, and it cannot commit any more.
                let newer = try await join(site.log, instance: "one")
                #expect(try await code { try await again.nextChange() } == .producerFenced)
                #expect(try await code { try await again.commit([mine[0]: 1]) } == .producerFenced)
                try await follow(newer, until: 3)
                try await newer.commit([mine[0]: 0])
                try await second.leave()
            }
        }

        @Test(
            "who does not release in time loses partitions, cannot commit for them, and keeps the rest",
            arguments: LogKind.allCases)
        func slow(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await open(site.log)
                let slow = try await join(site.log, rebalance: .zero)
                let all = try await follow(slow, until: 6)
                let second = try await join(site.log)
                let taken = try await follow(second, until: 3)
                try await second.commit([taken[0]: 7])
                do throws(LogError) {
                    try await slow.commit([taken[0]: 5])
                    Issue.record("it has committed for what is not its own")
                } catch {
                    #expect(error.code == .producerFenced && error.place.partition == taken[0])
                }
                #expect(try await slow.nextChange() == .lost(taken))
                let kept = all.filter { !taken.contains($0) }
                try await slow.commit([kept[0]: 4])
                #expect(try await second.committed([taken[0], kept[0]]) == [taken[0]: 7, kept[0]: 4])
                try await slow.leave()
                try await second.leave()
                #expect(try await site.log.positions(of: "analysis").offsets == [taken[0]: 7, kept[0]: 4])
            }
        }

        @Test("a slow consumer that loses a partition in mid-work goes on with the others", arguments: LogKind.allCases)
        func slowConsumer(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await open(site.log, "readings", 2)
                for number in 0..<2 {
                    let writer = try await site.log.writer(for: TopicPartition("readings", number))
                    for round in 0..<4 { try await writer.append(.readings(round * 10..<round * 10 + 10)) }
                    try await writer.append(control: .endOfStream)
                    try await writer.close()
                }
                let options = ConsumerOptions(
                    commits: .automatic(every: .zero), rebalanceTimeout: .zero, end: .endOfStream)
                let slow = try await RecordConsumer(
                    topics: ["readings"], in: site.log, group: "analysis", options: options)
                _ = try await slow.next()
                var inHand = try #require(await slow.next())
                // It is at work on the last partition, which is the one that goes.
                #expect(inHand.partition == TopicPartition("readings", 1))
                let other = try await join(site.log)
                #expect(try await follow(other, until: 1) == [TopicPartition("readings", 1)])
                while slow.partitions.count > 1 { try await Task.sleep(for: .milliseconds(1)) }
                while let next = try await slow.next() { inHand = next }
                #expect(inHand.partition == TopicPartition("readings", 0) && inHand.offsets == 30..<40)
                try await slow.close()
                try await other.leave()
                #expect(try await site.log.positions(of: "analysis")[TopicPartition("readings", 0)] == 40)
            }
        }

        @Test("members share the topics that they name, also those that come later", arguments: LogKind.allCases)
        func subscriptions(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await open(site.log, "a", 4)
                let first = try await join(site.log, ["a"])
                let second = try await join(site.log, ["b", "c"])
                #expect(try await second.nextChange() == .assigned([]))
                try await follow(first, until: 4)
                try await open(site.log, "b", 2)
                #expect(try await follow(second, until: 2).map(\.topic) == ["b", "b"])
                try await open(site.log, "c", 1)
                #expect(try await follow(second, until: 1) == [TopicPartition("c")])
                let third = try await join(site.log, ["a", "b"])
                async let wanted = follow(third, until: 2)
                async let rest = follow(first, from: (0..<4).map { TopicPartition("a", $0) }, until: 2)
                #expect(try await wanted == [TopicPartition("a", 2), TopicPartition("a", 3)])
                #expect(try await rest == [TopicPartition("a", 0), TopicPartition("a", 1)])
                try await site.log.deleteTopic("b")
                let lost = [TopicPartition("b", 0), TopicPartition("b", 1)]
                #expect(try await second.nextChange() == .lost(lost))
                for member in [first, second, third] { try await member.leave() }
            }
        }

        @Test("a group has members or one owner, never both", arguments: LogKind.allCases)
        func ownership(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await open(site.log)
                let owner = try await site.log.group("analysis")
                #expect(try await code { try await join(site.log) } == .partitionOwned)
                #expect(try await site.log.members(of: "analysis").members.isEmpty)
                try await owner.close()
                let member = try await join(site.log)
                #expect(try await code { try await site.log.group("analysis") } == .partitionOwned)
                #expect(try await code { try await site.log.deleteGroup("analysis") } == .partitionOwned)
                try await member.leave()
                try await member.leave()
                #expect(try await code { try await member.nextChange() } == .closed)
                #expect(try await code { try await member.commit([TopicPartition("readings"): 1]) } == .producerFenced)
                try await site.log.group("analysis").close()
                #expect(try await code { try await site.log.members(of: "nobody") } == .groupNotFound)
                #expect(try await code { try await join(site.log, []) } == .invalidConfiguration)
                #expect(try await code { try await join(site.log, ["../readings"]) } == .invalidTopicName)
                try await site.log.group("analysis").close()
            }
        }

        @Test("members go on when their broker comes back", arguments: [LogKind.inProcess, .tcp])
        func brokerRestarts(kind: LogKind) async throws {
            try await withSite(kind) { site in
                func broker(_ name: String) -> Broker {
                    Broker(site.embedded, name: name, limits: .patient) { client throws(LogError) in
                        AllRights(client: client.name)
                    }
                }
                try await open(site.log)
                let (before, behind) = (broker("before"), broker("behind"))
                // An address of its own, so that the second one can have it.
                let address = try await before.listen(
                    at: kind == .inProcess ? .name("own") : kind.address, over: site.transport
                ).address
                let clients = (0..<2).map { _ in
                    RemoteLog(at: [address], over: site.transport, client: "member", limits: .patient)
                }
                let tally = GroupTally()
                var members: [RunningMember] = []
                for client in clients {
                    members.append(try await RunningMember(["readings"], in: client, group: "analysis", tally))
                }
                let count = try await produce(40, to: site.embedded) { round in
                    guard round == 20 else { return }
                    while await tally.count < 300 { try await Task.sleep(for: .milliseconds(1)) }
                    await before.close()
                    try await behind.listen(at: address, over: site.transport)
                }
                for member in members { try await member.ended() }
                await check(tally, count)
                for client in clients { client.close() }
                await behind.close()
            }
        }
    }
}
