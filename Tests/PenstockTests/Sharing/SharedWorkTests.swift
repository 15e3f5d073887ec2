import PenstockBroker
import PenstockEngine
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

@testable import Penstock

/// Pipelines whose work is shared by partition.
@Suite("Shared work")
struct SharedWorkTests {
    private struct Reading: FixedEvent {
        var number: Int64
        static let schema = Schema("Reading", fields: [.init("number", .i64)])
    }

    private static let shares = 4
    private static let perShare = 400

    private func flows() -> [FlowDescription] {
        [
            Flow("sums") {
                From(Topic<Reading>("readings"), disorder: .ascending).followed()
                KeyBy { (reading: Reading) in reading.number % 5 }
                Tumbling(every: .nanoseconds(100))
                Sum(\Reading.number)
                Map { (sum: Summed<Int64, Int64>) in Reading(number: sum.sum) }
                To(Topic<Reading>("sums"))
            }.description
        ]
    }

    private func work(_ log: any LogStore, _ say: @escaping @Sendable (String) -> Void = { _ in }) throws -> SharedWork
    {
        try SharedWork(
            flows(), of: "Summing", as: "workers", in: log, parallelism: 1,
            options: RunOptions(topicDurability: .pageCache),
            checkpoints: CheckpointOptions(name: "any", interval: .milliseconds(1)), say: say)
    }

    private func makeReadings(_ log: any LogStore) async throws -> Producer<Reading> {
        try await Producer<Reading>(
            "readings", in: log,
            creatingWith: TopicConfiguration(partitions: Self.shares, durability: .pageCache))
    }

    private func send(_ range: Range<Int>, _ producer: Producer<Reading>) async throws {
        for number in range {
            for share in 0..<Self.shares {
                try await producer.send(
                    Reading(number: Int64(number * (share + 1))), time: Timestamp(nanoseconds: Int64(number)),
                    partition: share)
            }
        }
        try await producer.flush()
    }

    /// The sums of each partition, by a loop of their own.
    private var expected: [[Int64]] {
        (0..<Self.shares).map { share in
            stride(from: 0, to: Self.perShare, by: 100).flatMap { start -> [Int64] in
                var sums: [Int64: Int64] = [:]
                for number in start..<start + 100 {
                    let value = Int64(number * (share + 1))
                    sums[value % 5, default: 0] += value
                }
                return sums.values.sorted()
            }
        }
    }

    private func sums(_ log: any LogStore) async throws -> [[Int64]] {
        var found: [[Int64]] = []
        for share in 0..<Self.shares {
            let reader = try await log.reader(for: TopicPartition("sums", share), from: .earliest)
            var numbers: [Int64] = []
            while let entry = try await reader.next() {
                guard case .records(let records) = entry else { continue }
                for index in 0..<records.count { numbers.append(try records.event(Reading.self, at: index).number) }
            }
            await reader.close()
            // Rows of one window are in the order of their keys, which these sums do not tell.
            found.append(
                stride(from: 0, to: numbers.count, by: 5).flatMap { numbers[$0..<min($0 + 5, numbers.count)].sorted() })
        }
        return found
    }

    @Test("one process does all shares, and a second one begun later finds nothing left")
    func alone() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder("log"))
        let producer = try await makeReadings(log)
        try await send(0..<Self.perShare, producer)
        try await producer.endStream()
        try await producer.close()
        for _ in 0..<2 {
            let (stops, stop) = AsyncStream<Void>.makeStream()
            try await work(log).run(until: stops)
            stop.finish()
            #expect(try await sums(log) == expected)
        }
    }

    @Test("what one process leaves another goes on with, and the rows are those of one")
    func handedOver() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder("log"))
        let producer = try await makeReadings(log)
        try await send(0..<150, producer)
        let (said, tell) = AsyncStream.makeStream(of: String.self)
        let (firstStops, stopFirst) = AsyncStream<Void>.makeStream()
        let (secondStops, stopSecond) = AsyncStream<Void>.makeStream()
        let first = Task { try await work(log) { tell.yield($0) }.run(until: firstStops) }
        // The first one has everything.
        var taken = 0
        for await text in said where text.hasPrefix("takes share ") {
            taken += 1
            if taken == Self.shares { break }
        }
        let second = Task { try await work(log) { tell.yield($0) }.run(until: secondStops) }
        try await send(150..<250, producer)
        // Half of it goes to the second one.
        for await text in said where text.hasPrefix("takes share ") {
            taken += 1
            if taken == Self.shares + Self.shares / 2 { break }
        }
        try await send(250..<300, producer)
        stopFirst.finish()
        await #expect(throws: RunStopped.self) { try await first.value }
        try await send(300..<Self.perShare, producer)
        try await producer.endStream()
        try await producer.close()
        try await second.value
        #expect(try await sums(log) == expected)
        stopSecond.finish()
    }

    @Test("over a broker that goes and comes back, two programs give the rows of one")
    func brokerRestart() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder("log"))
        let producer = try await makeReadings(log)
        try await send(0..<Self.perShare, producer)
        try await producer.endStream()
        try await producer.close()
        let transport = InProcessTransport()
        func serve() async throws -> Broker {
            let broker = Broker(log) { client throws(LogError) in AllRights(client: client.name) }
            try await broker.listen(at: .name("broker"), over: transport)
            return broker
        }
        let first = try await serve()
        let (said, tell) = AsyncStream.makeStream(of: String.self)
        let programs = (0..<2).map { _ in
            Task {
                let remote = RemoteLog(at: [.name("broker")], over: transport, client: "test")
                defer { remote.close() }
                let (stops, stop) = AsyncStream<Void>.makeStream()
                defer { stop.finish() }
                try await work(remote) { tell.yield($0) }.run(until: stops)
            }
        }
        for await text in said where text.hasPrefix("takes share ") { break }
        await first.close()
        let second = try await serve()
        for program in programs { try await program.value }
        let found = try await sums(log)
        for share in 0..<Self.shares {
            #expect(found[share] == expected[share], "share \(share): \(found[share])")
        }
        await second.close()
        await transport.close()
    }

    @Test("what cannot be shared is refused, with what to do instead")
    func refusals() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder("log"))
        func refusal(_ flows: [FlowDescription]) throws -> String {
            let error = #expect(throws: EngineError.self) {
                _ = try SharedWork(
                    flows, of: "Some", as: "workers", in: log, parallelism: 1, options: RunOptions(),
                    checkpoints: CheckpointOptions(name: "any")
                ) { _ in }
            }
            return "\(try #require(error))"
        }
        let generated = Generated(3) { n in (Reading(number: Int64(n)), Timestamp(nanoseconds: Int64(n))) }
        #expect(
            try refusal([
                Flow("a") {
                    From(generated)
                    To(Topic<Reading>("b"))
                }.description
            ]).contains("which every process would read as a whole"))
        #expect(
            try refusal([
                Flow("a") {
                    From(Topic<Reading>("readings"), disorder: .ascending)
                    To(Collected<Reading>())
                }.description
            ]).contains("which every process would write"))
    }
}
