import PenstockEvents
import PenstockLog
import Testing

/// Producers against a log that fails before and after it did what it was asked for, loses answers and connections.
@Suite("Producers over a faulty log")
struct ProducerFaultTests {
    private static let topic = "model"

    /// What a seed makes of everything.
    private struct Scenario {
        let seed: UInt64
        let partitions: Int
        let records: Int
        let options: ProducerOptions
        let faultRate: Int
        let faults: [ModelLog.Fault]

        init(seed: UInt64, name: String?) {
            var random = SeededGenerator(seed: seed)
            self.seed = seed
            partitions = Int.random(in: 1...3, using: &random)
            records = Int.random(in: 1...60, using: &random)
            options = ProducerOptions(
                name: name, linger: [.zero, .milliseconds(1), .seconds(100)].randomElement(using: &random)!,
                batchRecords: Int.random(in: 1...8, using: &random),
                pendingBytes: Int.random(in: 100...10_000, using: &random),
                batchesInFlight: Int.random(in: 1...6, using: &random), isAdaptive: Bool.random(using: &random),
                retry: RetryPolicy(
                    attempts: 200, backoff: Duration.milliseconds(Int.random(in: 0...1, using: &random)),
                    deadline: .seconds(100_000)),
                clock: SkippingTimerClock())
            faultRate = Int.random(in: 2...12, using: &random)
            faults = [
                .refused(.storage), .refused(.closed), .answerLost, .failedLater, .acknowledgementLost, .broken,
            ]
        }

        /// Faults at random; more than half of the requests go well.
        func plan(_ log: ModelLog) {
            let random = Guarded(SeededGenerator(seed: seed &+ 1))
            let (faults, rate) = (faults, faultRate)
            log.plan { _, _ in
                random.withLock { random in
                    guard Int.random(in: 0..<rate, using: &random) == 0 else { return .none }
                    return faults.randomElement(using: &random)!
                }
            }
        }
    }

    /// Sends numbered readings, record by record to partitions by turns, and checks what is there.
    private func run(_ scenario: Scenario, losesNothing: Bool) async throws {
        let log = ModelLog(Self.topic, schema: Reading.schema, partitions: scenario.partitions)
        scenario.plan(log)
        let producer = try await Producer<Reading>(Self.topic, in: log, options: scenario.options)
        var random = SeededGenerator(seed: scenario.seed &+ 2)
        var receipts: [(number: Int, receipt: Receipt)] = []
        for number in 0..<scenario.records {
            receipts.append((number, try await producer.send(Reading(number), time: Timestamp(nanoseconds: 0))))
            if Int.random(in: 0..<20, using: &random) == 0 { try? await producer.flush() }
        }
        try? await producer.close()
        #expect(log.openWriters == 0, "seed \(scenario.seed)")
        var places: [TopicPartition: [Int]] = [:]
        for number in 0..<scenario.partitions {
            let partition = TopicPartition(Self.topic, number)
            places[partition] = log.entries(partition).map { Self.number($0) }
            let numbers = try #require(places[partition])
            // Order, and at most once.
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "seed \(scenario.seed): \(numbers)")
        }
        for (number, receipt) in receipts {
            #expect(receipt.partition.partition == number % scenario.partitions)
            let numbers = try #require(places[receipt.partition])
            switch receipt.result {
            case .success(let acknowledgement)?:
                let offset = Int(try #require(acknowledgement.offset))
                #expect(numbers.indices.contains(offset) && numbers[offset] == number, "seed \(scenario.seed)")
            case .failure(let error)?:
                #expect(!losesNothing, "seed \(scenario.seed): \(error)")
            case nil:
                Issue.record("seed \(scenario.seed): no answer for \(number) after the producer was closed")
            }
        }
        if losesNothing { #expect(places.values.reduce(0) { $0 + $1.count } == scenario.records) }
    }

    private static func number(_ entry: ModelLog.Entry) -> Int {
        guard case .record(_, _, let attributes) = entry else { return -1 }
        return Int(attributes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self) })
    }

    @Test("with a name everything is in the log once and in order, whatever fails", arguments: 0..<8)
    func idempotent(part: UInt64) async throws {
        for seed in part * 250..<(part + 1) * 250 {
            try await run(Scenario(seed: seed, name: "detector"), losesNothing: true)
        }
    }

    @Test("without a name what is acknowledged is in the log, nothing is twice, and the order is kept", arguments: 0..<4)
    func anonymous(part: UInt64) async throws {
        for seed in part * 250..<(part + 1) * 250 {
            try await run(Scenario(seed: 10_000 + seed, name: nil), losesNothing: false)
        }
    }
}
