import PenstockEvents
import PenstockLog
import Testing

@Suite("Positions of consumers", .timeLimit(.minutes(10)))
struct PositionTests {
    /// Offsets 0 to 99, with times that are the numbers.
    private func filled(_ partitions: Int = 1) async throws -> ReadingsLog {
        let fixture = try await ReadingsLog(partitions: partitions)
        for number in 0..<partitions { try await fixture.fill(number, 0..<100, by: 10) }
        return fixture
    }

    private static let manual = ConsumerOptions(commits: .manual, end: .caughtUp)

    @Test("L1: a consumer goes on at what was committed, in the middle of a batch too")
    func committed() async throws {
        let fixture = try await filled()
        var consumer = try await RecordConsumer(
            [fixture.partition()], in: fixture.log, group: "monitor", options: Self.manual)
        #expect(try await consumer.readings(50) == Array(0..<50))
        try await consumer.commit([fixture.partition(): 45])
        #expect(try await consumer.committed() == [fixture.partition(): 45])
        try await consumer.close()
        #expect(try await fixture.log.positions(of: "monitor")[fixture.partition()] == 45)
        consumer = try await RecordConsumer(
            [fixture.partition()], in: fixture.log, group: "monitor", options: Self.manual)
        #expect(try await consumer.readings() == Array(45..<100))
        try await consumer.commit()
        try await consumer.close()
        #expect(try await fixture.log.positions(of: "monitor")[fixture.partition()] == 100)
    }

    @Test(
        "the beginning is the first record, or what the options say",
        arguments: [
            (ConsumerStart.first, 0..<100), (.committed, 0..<100), (.end, 100..<100), (.last(5), 95..<100),
            (.last(1000), 0..<100), (.offset(42), 42..<100), (.time(Timestamp(nanoseconds: 63)), 63..<100),
        ])
    func start(start: ConsumerStart, expected: Range<Int>) async throws {
        let fixture = try await filled()
        let consumer = try await RecordConsumer(
            [fixture.partition()], in: fixture.log, group: "monitor",
            options: ConsumerOptions(start: start, end: .caughtUp))
        #expect(try await consumer.readings() == Array(expected))
        try await consumer.close()
    }

    @Test("L14: a seek is exact, whatever was fetched before")
    func seek() async throws {
        let fixture = try await filled(2)
        let consumer = try await RecordConsumer(
            [fixture.partition()], in: fixture.log, group: "monitor", options: ConsumerOptions(commits: .manual))
        for (place, first) in [
            (ConsumerStart.offset(73), 73), (.first, 0), (.time(Timestamp(nanoseconds: 18)), 18), (.last(1), 99),
            (.committed, 0), (.offset(99), 99),
        ] {
            #expect(try await consumer.seek(fixture.partition(), to: place) == UInt64(first))
            #expect(consumer.position(of: fixture.partition()) == UInt64(first))
            let delivery = try #require(await consumer.next())
            #expect(try Int(#require(delivery.events(of: Reading.self).first).count) == first)
            #expect(delivery.offsets.lowerBound == UInt64(first))
        }
        // Behind the end there is nothing until something comes.
        #expect(try await consumer.seek(fixture.partition(), to: .end) == 100)
        try await fixture.fill(100..<110, by: 10)
        #expect(try await consumer.readings(10) == Array(100..<110))
        try await consumer.seek(fixture.partition(), to: .offset(30))
        try await consumer.commit()
        try await consumer.seek(fixture.partition(), to: .first)
        #expect(try await consumer.seek(fixture.partition(), to: .committed) == 30)
        let outside = await #expect(throws: LogError.self) {
            try await consumer.seek(fixture.partition(), to: .offset(111))
        }
        #expect(outside?.code == .offsetOutOfRange)
        let other = await #expect(throws: LogError.self) {
            try await consumer.seek(fixture.partition(1), to: .first)
        }
        #expect(other?.code == .partitionNotFound)
        #expect(try await consumer.readings(80) == Array(30..<110))
        try await consumer.close()
    }

    @Test("a paused partition delivers nothing until it is resumed, and nothing is lost")
    func pause() async throws {
        let fixture = try await filled(2)
        let consumer = try await RecordConsumer(topics: [ReadingsLog.topic], in: fixture.log)
        try await consumer.pause(fixture.partition(0))
        for _ in 0..<10 { #expect(try await consumer.next()?.partition == fixture.partition(1)) }
        try await consumer.resume(fixture.partition(0))
        for start in 0..<10 {
            let delivery = try #require(await consumer.next())
            #expect(delivery.partition == fixture.partition(0))
            #expect(delivery.offsets.lowerBound == UInt64(start * 10))
        }
        try await consumer.close()
    }

    @Test("automatic commits are behind what was asked to go on from, at the interval and at the close")
    func automatic() async throws {
        let fixture = try await filled()
        let clock = ManualTimerClock()
        let options = ConsumerOptions(commits: .automatic(every: .seconds(5)), clock: clock)
        let consumer = try await RecordConsumer(
            [fixture.partition()], in: fixture.log, group: "monitor", options: options)
        @Sendable func position() async throws -> UInt64? {
            try await fixture.log.positions(of: "monitor")[fixture.partition()]
        }
        // The first is in hand, so nothing is processed and no timer runs.
        _ = try await consumer.next()
        #expect(clock.sleeperCount == 0)
        _ = try await consumer.next()
        try await clock.sleepers(1)
        #expect(try await position() == nil)
        clock.advance(by: .seconds(5))
        try await eventually { (try? await position()) == 10 }
        _ = try await consumer.next()
        _ = try await consumer.next()
        try await clock.sleepers(1)
        #expect(try await position() == 10)
        try await consumer.close()
        // Offsets 30 to 39 were delivered and not gone on from.
        #expect(try await position() == 30)
    }

    @Test("without automatic commits nothing is committed, and nothing ahead of delivery may be")
    func manual() async throws {
        let fixture = try await filled()
        let consumer = try await RecordConsumer(
            [fixture.partition()], in: fixture.log, group: "monitor", options: Self.manual)
        #expect(try await consumer.readings(20) == Array(0..<20))
        let ahead = await #expect(throws: LogError.self) { try await consumer.commit([fixture.partition(): 21]) }
        #expect(ahead?.code == .offsetOutOfRange)
        let foreign = await #expect(throws: LogError.self) { try await consumer.commit([fixture.partition(7): 0]) }
        #expect(foreign?.code == .partitionNotFound)
        try await consumer.close()
        #expect(try await fixture.log.positions(of: "monitor")[fixture.partition()] == nil)
        let alone = try await RecordConsumer([fixture.partition()], in: fixture.log)
        _ = try await alone.next()
        let error = await #expect(throws: LogError.self) { try await alone.commit() }
        #expect(error?.code == .invalidConfiguration)
        try await alone.close()
    }

    @Test("a group has one consumer at a time")
    func owner() async throws {
        let fixture = try await filled()
        let first = try await RecordConsumer([fixture.partition()], in: fixture.log, group: "monitor")
        let error = await #expect(throws: LogError.self) {
            try await RecordConsumer([fixture.partition()], in: fixture.log, group: "monitor")
        }
        #expect(error?.code == .partitionOwned)
        try await first.close()
        let second = try await RecordConsumer([fixture.partition()], in: fixture.log, group: "monitor")
        try await second.close()
    }
}
