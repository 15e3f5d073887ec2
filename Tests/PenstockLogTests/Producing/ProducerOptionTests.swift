import PenstockEvents
import PenstockLog
import Testing

/// L17: each option has an effect that is seen from outside.
@Suite("Options of producers", .timeLimit(.minutes(10)))
struct ProducerOptionTests {
    private static let partition = TopicPartition("model")
    private static let never = Duration.seconds(1_000_000)

    private func open(
        _ options: ProducerOptions, partitions: Int = 1
    ) async throws -> (ModelLog, Producer<Reading>) {
        let log = ModelLog("model", schema: Reading.schema, partitions: partitions)
        return (log, try await Producer<Reading>("model", in: log, options: options))
    }

    @discardableResult
    private func send(_ count: Int, _ producer: Producer<Reading>, from first: Int = 0) async throws -> [Receipt] {
        var receipts: [Receipt] = []
        for number in first..<first + count {
            receipts.append(try await producer.send(Reading(number), time: Timestamp(nanoseconds: Int64(number))))
        }
        return receipts
    }

    @Test("L9: what waits is sent when its linger is over, though nobody flushes, by one timer")
    func linger() async throws {
        let clock = ManualTimerClock()
        let (log, producer) = try await open(ProducerOptions(linger: .milliseconds(50), clock: clock), partitions: 3)
        let receipts = try await send(7, producer)
        try await clock.sleepers(1)
        clock.advance(by: .milliseconds(49))
        #expect(receipts.allSatisfy { $0.result == nil })
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .milliseconds(1))
        for receipt in receipts { try await receipt.acknowledgement() }
        #expect((0..<3).map { log.batches(TopicPartition("model", $0)) } == [[3], [2], [2]])
        // With nothing to wait for, the timer is over.
        try await eventually { clock.sleeperCount == 0 }
        try await producer.close()
    }

    @Test(
        "without linger a record goes at once, on the system's clock too", arguments: [Duration.zero, .milliseconds(1)])
    func noLinger(linger: Duration) async throws {
        let (_, producer) = try await open(ProducerOptions(linger: linger))
        for receipt in try await send(3, producer) { try await receipt.acknowledgement() }
        try await producer.close()
    }

    @Test("a batch goes when it has its number of records, or of bytes")
    func batches() async throws {
        let byCount = ProducerOptions(linger: Self.never, batchRecords: 4, isAdaptive: false)
        // A reading has 24 bytes.
        let byBytes = ProducerOptions(linger: Self.never, batchBytes: 96, isAdaptive: false)
        for options in [byCount, byBytes] {
            let (log, producer) = try await open(options)
            let receipts = try await send(10, producer)
            for receipt in receipts[..<8] { try await receipt.acknowledgement() }
            #expect(receipts[8...].allSatisfy { $0.result == nil })
            try await producer.flush()
            #expect(log.batches(Self.partition) == [4, 4, 2])
            #expect(try await receipts[9].offset() == 9)
            try await producer.close()
        }
    }

    @Test(
        "what has gathered goes when the batch before is acknowledged, unless the options say no",
        arguments: [true, false])
    func adaptive(isAdaptive: Bool) async throws {
        let clock = ManualTimerClock()
        let (log, producer) = try await open(
            ProducerOptions(linger: Self.never, batchRecords: 5, isAdaptive: isAdaptive, clock: clock))
        log.hold()
        let receipts = try await send(8, producer)
        try await log.entries(Self.partition, reach: 5)
        log.release()
        try await receipts[0].acknowledgement()
        if isAdaptive {
            try await receipts[7].acknowledgement()
            #expect(log.batches(Self.partition) == [5, 3])
        } else {
            #expect(receipts[7].result == nil)
            #expect(log.batches(Self.partition) == [5])
        }
        try await producer.close()
        #expect(log.batches(Self.partition) == [5, 3])
    }

    @Test("so many batches are on their way at once, and no more", arguments: [1, 3, 16])
    func window(batches: Int) async throws {
        let (log, producer) = try await open(
            ProducerOptions(linger: Self.never, batchRecords: 2, batchesInFlight: batches, isAdaptive: false))
        log.hold()
        try await send(60, producer)
        try await log.entries(Self.partition, reach: 2 * batches)
        for number in 1...5 {
            log.releaseOne()
            try await log.entries(Self.partition, reach: 2 * (batches + number))
        }
        log.release()
        try await producer.close()
        #expect(log.mostInFlight == batches)
        #expect(log.entries(Self.partition).count == 60)
    }

    @Test("L10: send suspends while so many bytes are not acknowledged, and goes on when some are")
    func pending() async throws {
        // A reading counts for its 24 bytes and 64 more.
        let (log, producer) = try await open(
            ProducerOptions(linger: Self.never, batchRecords: 3, pendingBytes: 10 * 88, batchesInFlight: 16))
        log.hold()
        let sent = Guarded(0)
        let sending = Task {
            for number in 0..<1000 {
                try await producer.send(Reading(number), time: Timestamp(nanoseconds: 0))
                sent.withLock { $0 = number + 1 }
            }
        }
        // Also the tenth, whose batch is not full, is sent: it holds the room that is waited for.
        try await log.entries(Self.partition, reach: 10)
        #expect(sent.withLock { $0 } == 10)
        #expect(try producer.offer(Reading(0), time: Timestamp(nanoseconds: 0)) == nil)
        log.releaseOne()
        try await log.entries(Self.partition, reach: 13)
        #expect(sent.withLock { $0 } <= 13)
        log.release()
        try await sending.value
        try await producer.close()
        #expect(log.entries(Self.partition).count == 1000)
    }

    @Test("who waits for room can be cancelled, and is turned away by the close")
    func cancelled() async throws {
        let (log, producer) = try await open(ProducerOptions(linger: .zero, pendingBytes: 1))
        log.hold()
        try await send(1, producer)
        let waiting = Task { try await producer.send(Reading(1), time: Timestamp(nanoseconds: 0)) }
        waiting.cancel()
        let cancelled = await #expect(throws: LogError.self) { try await waiting.value }
        #expect(cancelled?.code == .cancelled)
        let other = Task { try await producer.send(Reading(2), time: Timestamp(nanoseconds: 0)) }
        let closing = Task { try await producer.close() }
        let closed = await #expect(throws: LogError.self) { try await other.value }
        #expect(closed?.code == .closed)
        log.release()
        try await closing.value
        #expect(log.entries(Self.partition).count == 1)
    }

    @Test(
        "attempts and the deadline bound how long it is tried",
        arguments: [
            (RetryPolicy(attempts: 3, backoff: .seconds(1), longestBackoff: .seconds(100)), 4),
            (.never, 1),
            (
                RetryPolicy(
                    attempts: 1000, backoff: .seconds(10), longestBackoff: .seconds(10), deadline: .seconds(35)), 4
            ),
            (RetryPolicy(attempts: 1000, backoff: .seconds(1), longestBackoff: .seconds(4), deadline: .seconds(16)), 6),
        ])
    func retry(policy: RetryPolicy, attempts: Int) async throws {
        let clock = SkippingTimerClock()
        let (log, producer) = try await open(ProducerOptions(name: "detector", retry: policy, clock: clock))
        let begun = Guarded(0)
        log.plan { _, _ in
            begun.withLock { $0 += 1 }
            return .refused(.storage)
        }
        let receipt = try await send(1, producer)[0]
        await #expect(throws: LogError.self) { try await receipt.acknowledgement() }
        #expect(begun.withLock { $0 } == attempts)
        _ = try? await producer.close()
    }

    @Test("a failure that does not pass is not tried again")
    func final() async throws {
        let (log, producer) = try await open(ProducerOptions(name: "detector", clock: SkippingTimerClock()))
        let begun = Guarded(0)
        log.plan { _, _ in
            begun.withLock { $0 += 1 }
            return .refused(.permissionDenied)
        }
        let receipt = try await send(1, producer)[0]
        let error = await #expect(throws: LogError.self) { try await receipt.acknowledgement() }
        #expect(error?.code == .permissionDenied)
        #expect(begun.withLock { $0 } == 1)
        _ = try? await producer.close()
    }

    @Test("a name numbers the records over producers, none does not")
    func name() async throws {
        let log = ModelLog("model", schema: Reading.schema, partitions: 1)
        for round in 0..<2 {
            let named = try await Producer<Reading>("model", in: log, options: ProducerOptions(name: "detector"))
            #expect(try await named.nextSequence() == UInt64(round * 5))
            try await send(5, named, from: round * 5)
            #expect(try await named.nextSequence() == UInt64(round * 5 + 5))
            try await named.close()
        }
        #expect(log.records(of: "detector", in: Self.partition) == 10)
        let (other, anonymous) = try await open(ProducerOptions())
        try await send(5, anonymous)
        try await anonymous.close()
        #expect(other.records(of: "", in: Self.partition) == nil)
        let error = await #expect(throws: LogError.self) { try await anonymous.nextSequence() }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test("options outside of their limits are refused by name")
    func invalid() async throws {
        var cases: [(LogError.Code, ProducerOptions)] = [
            (.invalidProducerName, ProducerOptions(name: "")),
            (.invalidProducerName, ProducerOptions(name: String(repeating: "n", count: 201))),
        ]
        for change: (inout ProducerOptions) -> Void in [
            { $0.linger = .nanoseconds(-1) }, { $0.batchBytes = 0 }, { $0.batchRecords = 0 }, { $0.pendingBytes = 0 },
            { $0.batchesInFlight = 0 }, { $0.batchesInFlight = 17 }, { $0.retry.attempts = -1 },
            { $0.retry.backoff = .nanoseconds(-1) },
        ] {
            var options = ProducerOptions()
            change(&options)
            cases.append((.invalidConfiguration, options))
        }
        for (code, options) in cases {
            let error = await #expect(throws: LogError.self) { try await open(options) }
            #expect(error?.code == code)
        }
    }
}
