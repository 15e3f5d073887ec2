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
    }
}
