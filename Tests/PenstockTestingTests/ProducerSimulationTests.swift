import PenstockEvents
import PenstockLog
import PenstockTesting
import Testing

/// A producer on a simulated disk that repeats after every crash what it has no acknowledgement of, and some of what it has.
private final class ProducerRun {
    static let partition = TopicPartition("numbers")
    static let directory = "/log"
    static let batches = 8
    static let batchRows = 2500

    var storage: SimulatedStorage
    /// Batches with an acknowledgement.
    private(set) var acknowledged = 0

    init(seed: UInt64, retention: Retention) async throws {
        storage = SimulatedStorage(seed: seed)
        let log = try await EmbeddedLog(directory: Self.directory, storage: storage)
        // Every batch fills a segment.
        _ = try await log.openTopic(
            "numbers", schema: Number.schema,
            creatingWith: TopicConfiguration(
                durability: .durable, segmentBytes: 64 << 10, retention: retention))
        try storage.syncDirectory("/")
    }

    /// Submits all batches from one before the last acknowledged one on.
    func produce() async throws {
        let log = try await EmbeddedLog(directory: Self.directory, creating: false, storage: storage)
        let writer = try await log.writer(for: Self.partition)
        let producer = try await writer.producer(named: "detector")
        #expect(producer.nextSequence >= UInt64(acknowledged * Self.batchRows), "what was acknowledged is known")
        #expect(producer.nextSequence.isMultiple(of: UInt64(Self.batchRows)), "batches are there in whole")
        for number in max(0, acknowledged - 1)..<Self.batches {
            let first = number * Self.batchRows
            let isThere = UInt64(first) < producer.nextSequence
            let answer = try await writer.append(
                numbers(first..<first + Self.batchRows), from: producer.stamp(UInt64(first)))
            #expect(answer.isDuplicate == isThere, "batch \(number)")
            acknowledged = max(acknowledged, number + 1)
        }
        try await writer.close()
    }

    func restart() { storage = storage.incarnation() }

    func contents() async throws -> [Int] {
        let log = try await EmbeddedLog(directory: Self.directory, creating: false, storage: storage)
        let reader = try await log.reader(for: Self.partition, from: .earliest)
        return try await rows(of: reader)
    }
}

@Suite("Producers on a simulated disk")
struct ProducerSimulationTests {
    @Test(
        "a crash at any call, and one more later, neither loses nor doubles what a producer repeats",
        arguments: Crash.allCases, [Retention.everything, Retention(bytes: 100_000)])
    func everyCall(kind: Crash, retention: Retention) async throws {
        let end = ProducerRun.batches * ProducerRun.batchRows
        var call = 1
        var isDead = true
        while isDead {
            let run = try await ProducerRun(seed: UInt64(call), retention: retention)
            for callsLeft in [call, 1 + call % 29] {
                run.storage.crash(kind, atCall: callsLeft)
                do { try await run.produce() } catch {
                    guard run.storage.isDead else { throw error }
                }
                if callsLeft == call { isDead = run.storage.isDead }
                run.storage.crash(kind)
                run.restart()
            }
            try await run.produce()
            run.restart()
            let rows = try await run.contents()
            let what: Comment = "\(kind) crash at call \(call)"
            #expect(rows == Array(end - rows.count..<end), what)
            #expect(retention == .everything ? rows.count == end : rows.count < end && !rows.isEmpty, what)
            call += 1
        }
        #expect(call > 50, "the crashes went through the whole program")
    }

    @Test("a bit that is read wrong does not make a partition forget a producer whose records were given up")
    func misreadLedger() async throws {
        for seed in UInt64(1)...200 {
            let storage = SimulatedStorage(seed: seed)
            let log = try await EmbeddedLog(directory: ProducerRun.directory, storage: storage)
            _ = try await log.openTopic("numbers", schema: Number.schema, creatingWith: TopicConfiguration())
            let writer = try await log.writer(for: ProducerRun.partition)
            let producer = try await writer.producer(named: "detector")
            try await writer.append(numbers(0..<10), from: producer.stamp(0))
            let end = try await log.describe("numbers").partitions[0].nextOffset
            try await writer.close()
            try await log.truncate(ProducerRun.partition, before: end)
            storage.faults.readFlips = 0.05
            do {
                let writer = try await log.writer(for: ProducerRun.partition)
                let producer = try await writer.producer(named: "detector")
                #expect(producer.nextSequence == 10, "seed \(seed)")
                try await writer.close()
            } catch {
                // Other files are read once only: an error is no wrong answer.
                #expect(error.code == .damaged, "seed \(seed)")
            }
        }
    }
}
