import Foundation
import PenstockEvents
import PenstockLog
import Testing

/// L17: each option has an effect that is seen from outside. Beginnings, commits and the bound are in the neighbouring
/// files.
@Suite("Options of consumers", .timeLimit(.minutes(10)))
struct ConsumerOptionTests {
    /// Six batches of ten readings, of which those named are damaged.
    private func damaged(_ batches: [Int]) async throws -> ReadingsLog {
        let fixture = try await ReadingsLog()
        try await fixture.fill(0..<60, by: 10)
        let file = try #require(try fixture.scratch.segments(fixture.partition()).first)
        for number in batches { try flip(file, at: 4096 + number * DamageTests.batchBytes + 150) }
        return fixture
    }

    @Test("damage stops the consumer with what is damaged, each time it asks, until it goes elsewhere")
    func stops() async throws {
        let fixture = try await damaged([2])
        let consumer = try await RecordConsumer([fixture.partition()], in: fixture.log)
        #expect(try await consumer.readings(20) == Array(0..<20))
        for _ in 0..<2 {
            let error = await #expect(throws: LogError.self) { try await consumer.next() }
            #expect(error?.code == .damaged)
            #expect(error?.place.offsets == 20..<30)
        }
        try await consumer.seek(fixture.partition(), to: .offset(30))
        #expect(try await consumer.readings(30) == Array(30..<60))
        try await consumer.close()
    }

    @Test("or is told in its place, and passed over")
    func skips() async throws {
        let fixture = try await damaged([1, 4])
        let consumer = try await RecordConsumer(
            [fixture.partition()], in: fixture.log, options: ConsumerOptions(end: .caughtUp, losses: .skip))
        var told: [String] = []
        while let delivery = try await consumer.next() {
            switch delivery.content {
            case .lost(let error): told.append("\(error.code.rawValue) \(delivery.offsets)")
            default: told.append("\(delivery.offsets)")
            }
        }
        #expect(told == ["0..<10", "damaged 10..<20", "20..<30", "30..<40", "damaged 40..<50", "50..<60"])
        try await consumer.close()
    }

    @Test(
        "a position that retention has gone over stops the consumer, or is told and gone on from",
        arguments: [
            ConsumerLosses.stop, .skip,
        ])
    func gone(losses: ConsumerLosses) async throws {
        let fixture = try await ReadingsLog()
        try await fixture.fill(0..<60, by: 10)
        let group = try await fixture.log.group("monitor")
        try await group.commit([fixture.partition(): 10])
        try await group.close()
        try await fixture.log.truncate(fixture.partition(), before: 35)
        let consumer = try await RecordConsumer(
            [fixture.partition()], in: fixture.log, group: "monitor",
            options: ConsumerOptions(end: .caughtUp, losses: losses))
        if losses == .stop {
            let error = await #expect(throws: LogError.self) { try await consumer.next() }
            #expect(error?.code == .offsetOutOfRange)
        } else {
            let lost = try #require(await consumer.next())
            #expect(lost.offsets == 10..<35)
            guard case .lost(let error) = lost.content else {
                Issue.record("records that are gone were delivered")
                return
            }
            #expect(error.code == .offsetOutOfRange)
            #expect(try await consumer.readings() == Array(35..<60))
        }
        try await consumer.close()
    }

    @Test("control records are delivered where the options ask for them", arguments: [true, false])
    func control(deliversControl: Bool) async throws {
        let fixture = try await ReadingsLog()
        let writer = try await fixture.log.writer(for: fixture.partition())
        try await writer.append(batch(0..<10))
        try await writer.append(control: .timeMark(Timestamp(nanoseconds: 9)))
        try await writer.append(batch(10..<20))
        try await writer.append(control: .endOfStream)
        try await writer.close()
        let consumer = try await RecordConsumer(
            [fixture.partition()], in: fixture.log, options: ConsumerOptions(deliversControl: deliversControl))
        var told: [String] = []
        while let delivery = try await consumer.next() {
            if case .control(let record) = delivery.content {
                told.append("\(record == .endOfStream ? "end" : "mark") \(delivery.offsets)")
            } else {
                told.append("\(delivery.offsets)")
            }
        }
        #expect(
            told == (deliversControl ? ["0..<10", "mark 10..<11", "11..<21", "end 21..<22"] : ["0..<10", "11..<21"]))
        try await consumer.close()
    }

    @Test("with attributes alone payloads stay in the log, and those that are wanted, or parts of them, are fetched")
    func parts() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let producer = try await Producer<Frame>("frames", in: log, creatingWith: TopicConfiguration())
        let frames = (0..<8).map { number in
            Frame(
                number: UInt64(number), label: "frame \(number)",
                pixels: (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * (number + 3)) })
        }
        for frame in frames { try await producer.send(frame, time: Timestamp(nanoseconds: Int64(frame.number))) }
        try await producer.endStream()
        try await producer.close()
        for parts in [RecordParts.everything, .attributes] {
            let consumer = try await Consumer<Frame>(topic: "frames", in: log, options: ConsumerOptions(parts: parts))
            var events: [Frame] = []
            for try await batch in consumer {
                events += batch.events
                #expect(batch.records.holdsPayloads == (parts == .everything))
                let wanted = [batch.offsets.upperBound - 1]
                let all = try await consumer.records.payloads(of: wanted, in: batch.partition)
                let expected = frames[Int(wanted[0])].pixels
                #expect(all[0].withUnsafeBytes { Array($0) } == expected)
                let part = try await consumer.records.payloads(
                    of: wanted, in: batch.partition, .strided(start: 10, length: 2, stride: 1000, count: 3))
                #expect(
                    part[0].withUnsafeBytes { Array($0) }
                        == [10, 11, 1010, 1011, 2010, 2011].map { expected[$0] })
            }
            let expected = frames.map { frame in
                Frame(number: frame.number, label: frame.label, pixels: parts == .everything ? frame.pixels : [])
            }
            #expect(events == expected)
            try await consumer.close()
        }
    }

    @Test("failures that pass are read over, in order and without a gap, by seeds")
    func retry() async throws {
        let fixture = try await ReadingsLog(partitions: 2)
        for number in 0..<2 { try await fixture.fill(number, 0..<200, by: 5, ends: true) }
        for seed in 0..<100 as Range<UInt64> {
            let random = Guarded(SeededGenerator(seed: seed))
            fixture.log.fail { _ in
                random.withLock { Int.random(in: 0..<6, using: &$0) == 0 } ? LogError(.storage, "injected") : nil
            }
            let consumer = try await RecordConsumer(
                topics: [ReadingsLog.topic], in: fixture.log,
                options: ConsumerOptions(
                    prefetchBytes: 1000, retry: RetryPolicy(attempts: 1000), clock: SkippingTimerClock()))
            var read: [TopicPartition: [UInt64]] = [:]
            while let delivery = try await consumer.next() {
                read[delivery.partition, default: []] += try delivery.events(of: Reading.self).map(\.count)
            }
            for number in 0..<2 { #expect(read[fixture.partition(number)] == Array(0..<200), "seed \(seed)") }
            try await consumer.close()
        }
    }

    @Test("a consumer that began at the end and has to open again misses nothing of what came meanwhile")
    func reopenedAtEnd() async throws {
        let fixture = try await ReadingsLog()
        try await fixture.fill(0..<10, by: 10)
        let consumer = try await RecordConsumer(
            [fixture.partition()], in: fixture.log,
            options: ConsumerOptions(start: .end, clock: SkippingTimerClock()))
        let reading = Task { try await consumer.readings(10) }
        try await eventually { fixture.log.counts.waits == 1 }
        let isFirst = Guarded(true)
        fixture.log.fail { _ in
            isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst ? LogError(.storage, "injected") : nil
            }
        }
        try await fixture.fill(10..<20, by: 10)
        #expect(try await reading.value == Array(10..<20))
        #expect(fixture.log.counts.readers == 2)
        try await consumer.close()
    }

    @Test("attempts bound how long it is tried, and other partitions go on meanwhile")
    func attempts() async throws {
        let fixture = try await ReadingsLog(partitions: 2)
        for number in 0..<2 { try await fixture.fill(number, 0..<20, by: 10) }
        let (failing, calls) = (fixture.partition(0), Guarded(0))
        fixture.log.fail { partition in
            guard partition == failing else { return nil }
            calls.withLock { $0 += 1 }
            return LogError(.storage, "injected")
        }
        let clock = ManualTimerClock()
        let consumer = try await RecordConsumer(
            topics: [ReadingsLog.topic], in: fixture.log,
            options: ConsumerOptions(
                retry: RetryPolicy(attempts: 2, backoff: .seconds(1), longestBackoff: .seconds(1)), clock: clock))
        // Its first attempt fails, and another one is a second away.
        try await clock.sleepers(1)
        for start in [0, 10] as [UInt64] { #expect(try await consumer.next()?.offsets == start..<start + 10) }
        for attempt in 2...3 {
            clock.advance(by: .seconds(1))
            try await eventually { calls.withLock { $0 } == attempt }
            if attempt == 2 { try await clock.sleepers(1) }
        }
        let error = await #expect(throws: LogError.self) { try await consumer.next() }
        #expect(error?.code == .storage)
        #expect(calls.withLock { $0 } == 3)
        try await consumer.close()
    }

    @Test("options outside of their limits are refused")
    func invalid() async throws {
        let fixture = try await ReadingsLog()
        for options in [
            ConsumerOptions(prefetchBytes: 0), ConsumerOptions(commits: .automatic(every: .nanoseconds(-1))),
            ConsumerOptions(retry: RetryPolicy(deadline: .nanoseconds(-1))),
        ] {
            let error = await #expect(throws: LogError.self) {
                try await RecordConsumer([fixture.partition()], in: fixture.log, options: options)
            }
            #expect(error?.code == .invalidConfiguration)
        }
        let none = await #expect(throws: LogError.self) { try await RecordConsumer([], in: fixture.log) }
        #expect(none?.code == .invalidConfiguration)
    }
}
