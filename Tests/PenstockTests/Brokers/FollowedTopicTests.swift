import Penstock
import PenstockBroker
import PenstockEngine
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

/// Pipelines that read a topic while somebody else appends to it.
@Suite("Topics that are followed")
struct FollowedTopicTests {
    private struct Reading: FixedEvent {
        var number: Int64
        static let schema = Schema("Reading", fields: [.init("number", .i64)])
    }

    private static let readings = Topic<Reading>("readings")
    private static let doubled = Topic<Reading>("doubled")

    /// Doubles what comes, until the stream ends.
    private func run(_ log: any LogStore) async throws {
        try await Flow("doubling") {
            From(Self.readings, disorder: .ascending).followed()
            Map { (reading: Reading) in Reading(number: 2 * reading.number) }
            To(Self.doubled)
        }.run(
            options: RunOptions(
                topicDurability: .pageCache,
                checkpoints: CheckpointOptions(name: "doubling", interval: .milliseconds(1))),
            log: log)
    }

    private func doubled(_ log: any LogStore) async throws -> [Int64] {
        let reader = try await log.reader(for: TopicPartition("doubled"), from: .earliest)
        var numbers: [Int64] = []
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count { numbers.append(try records.event(Reading.self, at: index).number) }
        }
        await reader.close()
        return numbers
    }

    private func waitForDoubled(_ count: Int, _ log: any LogStore) async throws {
        while try await !log.topics().contains("doubled") { try await Task.sleep(for: .milliseconds(5)) }
        while try await doubled(log).count < count { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// Runs the pipeline on `log` while readings are appended to `base`, which is the same log.
    private func follow(_ log: any LogStore, _ base: EmbeddedLog) async throws {
        _ = try await base.createTopic(
            "readings", schema: Reading.schema, configuration: TopicConfiguration(durability: .pageCache))
        let producer = try await Producer<Reading>("readings", in: base)
        func send(_ numbers: Range<Int64>) async throws {
            for number in numbers {
                try await producer.send(Reading(number: number), time: Timestamp(nanoseconds: number))
            }
            try await producer.flush()
        }
        try await send(0..<10)
        let running = Task { try await run(log) }
        // What comes later is read when it comes.
        for round in 1..<4 {
            try await waitForDoubled(10 * round, base)
            try await send(Int64(10 * round)..<Int64(10 * round + 10))
        }
        try await producer.endStream()
        try await producer.close()
        try await running.value
        #expect(try await doubled(base) == (0..<40).map { 2 * $0 })
    }

    @Test("a topic that is followed is read on as it grows, until its stream ends")
    func directory() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder("log"))
        try await follow(log, log)
    }

    @Test("the same over a broker")
    func broker() async throws {
        let folder = try TestFolder()
        let base = try await EmbeddedLog(directory: folder("log"))
        let transport = InProcessTransport()
        let broker = Broker(base) { client throws(LogError) in AllRights(client: client.name) }
        try await broker.listen(at: .name("broker"), over: transport)
        let log = RemoteLog(at: [.name("broker")], over: transport, client: "test")
        try await follow(log, base)
        log.close()
        await broker.close()
        await transport.close()
    }

    @Test("without that it is read as far as it goes")
    func whole() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder("log"))
        _ = try await log.createTopic(
            "readings", schema: Reading.schema, configuration: TopicConfiguration(durability: .pageCache))
        let producer = try await Producer<Reading>("readings", in: log)
        for number in 0..<5 {
            try await producer.send(Reading(number: Int64(number)), time: Timestamp(nanoseconds: Int64(number)))
        }
        try await producer.close()
        let all = Collected<Reading>()
        try await Flow("all") {
            From(Self.readings, disorder: .ascending)
            To(all)
        }.run(log: log)
        #expect(all.values.map(\.number) == [0, 1, 2, 3, 4])
    }

    @Test("only topics can be followed, which is said before the run")
    func noTopic() async throws {
        let error = await #expect(throws: EngineError.self) {
            try await Flow("none") {
                From(Generated(3) { n in (Reading(number: Int64(n)), Timestamp(nanoseconds: Int64(n))) }).followed()
                To(Collected<Reading>())
            }.run()
        }
        #expect("\(try #require(error))".contains("only a topic can be followed"))
    }
}
