import PenstockEvents
import PenstockLog
import Testing

/// Producers against a log that fails before and after it did what it was asked for, loses answers and connections.
@Suite("Producers over a faulty log", .timeLimit(.minutes(10)))
struct ProducerFaultTests {
    private static let topic = "model"

    /// What a seed makes of everything.
    private struct Scenario {
        let seed: UInt64
        let partitions: Int
        let records: Int
        var options: ProducerOptions
        let faultRate: Int
        var faults: [ModelLog.Fault]

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
            // Of a producer without numbers no log takes a part.
            if name != nil { faults.append(.halfDone) }
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

    @Test("the records of a partition that fails for good are failed, and those of the others are not")
    func onePartition() async throws {
        let log = ModelLog(Self.topic, schema: Reading.schema, partitions: 2)
        log.plan { _, partition in partition.partition == 0 ? .refused(.storage) : .none }
        let clock = SkippingTimerClock()
        let producer = try await Producer<Reading>(
            Self.topic, in: log,
            options: ProducerOptions(name: "detector", retry: RetryPolicy(attempts: 3), clock: clock))
        var receipts: [Receipt] = []
        for number in 0..<10 {
            receipts.append(try await producer.send(Reading(number), time: Timestamp(nanoseconds: 0)))
        }
        let error = await #expect(throws: LogError.self) { try await producer.flush() }
        #expect(error?.code == .storage)
        for (number, receipt) in receipts.enumerated() {
            let isAcknowledged = (try? await receipt.acknowledgement()) != nil
            #expect(isAcknowledged == (number % 2 == 1))
        }
        #expect(log.entries(TopicPartition(Self.topic, 1)).map(Self.number) == [1, 3, 5, 7, 9])
        // What is sent when it works again gets there.
        log.plan { _, _ in .none }
        let late = try await producer.send(Reading(10), time: Timestamp(nanoseconds: 0), partition: 0)
        #expect(try await late.offset() == 0)
        try await producer.close()
    }

    @Test(
        "a batch that is refused for what it is fails alone, and the numbers go on without it",
        arguments: [nil, "detector"])
    func refusedBatch(name: String?) async throws {
        let log = ModelLog(Self.topic, schema: Reading.schema, partitions: 1)
        let (submits, writers) = (Guarded(0), Guarded(0))
        log.plan { request, _ in
            if request == .writer { writers.withLock { $0 += 1 } }
            guard request == .submit else { return .none }
            let number = submits.withLock { submits in
                submits += 1
                return submits
            }
            return number == 3 ? .refused(.invalidBatch) : .none
        }
        let producer = try await Producer<Reading>(
            Self.topic, in: log, options: ProducerOptions(name: name, batchRecords: 2, isAdaptive: false))
        var receipts: [Receipt] = []
        for number in 0..<10 {
            receipts.append(try await producer.send(Reading(number), time: Timestamp(nanoseconds: 0)))
        }
        await #expect(throws: LogError.self) { try await producer.close() }
        #expect(log.entries(TopicPartition(Self.topic)).map(Self.number) == [0, 1, 2, 3, 6, 7, 8, 9])
        // That is no reason to begin anew.
        #expect(writers.withLock { $0 } == 1)
        for (number, receipt) in receipts.enumerated() {
            guard case .failure(let error)? = receipt.result else {
                #expect(![4, 5].contains(number))
                continue
            }
            #expect([4, 5].contains(number) && error.code == .invalidBatch)
        }
    }

    @Test(
        "where a failure stops a partition, what is there is the beginning of what was sent", arguments: [nil, "copy"])
    func stopsPartition(name: String?) async throws {
        for seed in 30_000..<30_300 as Range<UInt64> {
            var scenario = Scenario(seed: seed, name: name)
            scenario.options.afterFailure = .stopPartition
            scenario.options.retry.attempts = 0
            scenario.options.pendingBytes = 1 << 20
            let log = ModelLog(Self.topic, schema: Reading.schema, partitions: 1)
            scenario.plan(log)
            // Of half of them several batches are on their way when the first one is answered.
            if seed % 2 == 0 { log.hold() }
            let producer = try await Producer<Reading>(Self.topic, in: log, options: scenario.options)
            var receipts: [Receipt] = []
            for number in 0..<40 {
                if number == 20 {
                    for _ in 0..<20 { await Task.yield() }
                    log.release()
                    try? await producer.flush()
                }
                receipts.append(try await producer.send(Reading(number), time: Timestamp(nanoseconds: 0)))
            }
            try? await producer.close()
            let numbers = log.entries(TopicPartition(Self.topic)).map(Self.number)
            #expect(numbers == Array(0..<numbers.count), "seed \(seed)")
            // The rest failed for one reason.
            var errors: Set<LogError> = []
            for receipt in receipts { if case .failure(let error)? = receipt.result { errors.insert(error) } }
            #expect(errors.count <= 1, "seed \(seed): \(errors)")
            #expect(numbers.count == 40 || !errors.isEmpty, "seed \(seed)")
        }
    }

    @Test("control records stand where they were sent, once, whatever fails")
    func control() async throws {
        for seed in 0..<200 as Range<UInt64> {
            let log = ModelLog(Self.topic, schema: Reading.schema, partitions: 1)
            let scenario = Scenario(seed: 20_000 + seed, name: "detector")
            scenario.plan(log)
            let producer = try await Producer<Reading>(Self.topic, in: log, options: scenario.options)
            for number in 0..<30 {
                try await producer.send(Reading(number), time: Timestamp(nanoseconds: 0), partition: 0)
                if number % 10 == 9 {
                    try await producer.send(control: .timeMark(Timestamp(nanoseconds: Int64(number))), to: 0)
                }
            }
            try await producer.endStream()
            try await producer.close()
            let expected: [String] = (0..<30).flatMap { number in
                ["\(number)"] + (number % 10 == 9 ? ["mark \(number)"] : [])
            }
            let found: [String] = log.entries(TopicPartition(Self.topic)).map { entry in
                switch entry {
                case .control(.timeMark(let time)): "mark \(time.nanoseconds)"
                case .control(.endOfStream): "end"
                default: "\(Self.number(entry))"
                }
            }
            #expect(found == expected + ["end"], "seed \(seed)")
        }
    }

    @Test("a producer whose name has a newer session stops with that error, in all partitions")
    func fenced() async throws {
        let log = ModelLog(Self.topic, schema: Reading.schema, partitions: 2)
        let options = ProducerOptions(name: "detector", linger: .zero)
        let old = try await Producer<Reading>(Self.topic, in: log, options: options)
        try await old.send(Reading(0), time: Timestamp(nanoseconds: 0), partition: 0).acknowledgement()
        let new = try await Producer<Reading>(Self.topic, in: log, options: options)
        try await new.send(Reading(1), time: Timestamp(nanoseconds: 0), partition: 0).acknowledgement()
        let receipt = try await old.send(Reading(2), time: Timestamp(nanoseconds: 0), partition: 0)
        let error = await #expect(throws: LogError.self) { try await receipt.acknowledgement() }
        #expect(error?.code == .producerFenced)
        let stopped = await #expect(throws: LogError.self) {
            try await old.send(Reading(3), time: Timestamp(nanoseconds: 0), partition: 1)
        }
        #expect(stopped?.code == .producerFenced)
        await #expect(throws: LogError.self) { try await old.close() }
        try await new.close()
        #expect(log.entries(TopicPartition(Self.topic)).map(Self.number) == [0, 1])
        #expect(log.openWriters == 0)
    }

    @Test(
        "a producer that comes back after a failure and finds another session of its name stops",
        arguments: [[.broken], [.broken, .refused(.storage)], [.broken, .refused(.closed), .answerLost]]
            as [[ModelLog.Fault]])
    func overtaken(faults: [ModelLog.Fault]) async throws {
        let log = ModelLog(Self.topic, schema: Reading.schema, partitions: 1)
        let options = ProducerOptions(name: "detector", linger: .zero, clock: SkippingTimerClock())
        let old = try await Producer<Reading>(Self.topic, in: log, options: options)
        try await old.send(Reading(0), time: Timestamp(nanoseconds: 0)).acknowledgement()
        let new = try await Producer<Reading>(Self.topic, in: log, options: options)
        for number in 1...2 {
            try await new.send(Reading(number), time: Timestamp(nanoseconds: 0)).acknowledgement()
        }
        let left = Guarded(faults)
        log.plan { request, _ in
            guard request != .writer else { return .none }
            return left.withLock { $0.isEmpty ? .none : $0.removeFirst() }
        }
        let receipt = try await old.send(Reading(3), time: Timestamp(nanoseconds: 0))
        let error = await #expect(throws: LogError.self) { try await receipt.acknowledgement() }
        #expect(error?.code == .producerFenced)
        await #expect(throws: LogError.self) { try await old.close() }
        #expect(log.entries(TopicPartition(Self.topic)).map(Self.number) == [0, 1, 2])
        _ = try? await new.close()
    }

    @Test("with a name everything is in the log once and in order, whatever fails", arguments: 0..<8)
    func idempotent(part: UInt64) async throws {
        for seed in part * 250..<(part + 1) * 250 {
            try await run(Scenario(seed: seed, name: "detector"), losesNothing: true)
        }
    }

    @Test(
        "without a name what is acknowledged is in the log, nothing is twice, and the order is kept", arguments: 0..<4)
    func anonymous(part: UInt64) async throws {
        for seed in part * 250..<(part + 1) * 250 {
            try await run(Scenario(seed: 10_000 + seed, name: nil), losesNothing: false)
        }
    }
}
