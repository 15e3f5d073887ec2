import Dispatch
import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Consumers", .timeLimit(.minutes(10)))
struct ConsumingTests {
    @Test("L13: a consumer finishes by itself where the stream ends in all partitions, and again after a restart")
    func endOfStream() async throws {
        let fixture = try await ReadingsLog(partitions: 3)
        for number in 0..<3 { try await fixture.fill(number, number * 100..<number * 100 + 50, by: 10, ends: true) }
        for isFirst in [true, false] {
            let consumer = try await RecordConsumer(
                topics: [ReadingsLog.topic], in: fixture.log, group: "monitor")
            let expected = isFirst ? (0..<3).flatMap { $0 * 100..<$0 * 100 + 50 } : []
            #expect(try await consumer.readings().sorted() == expected)
            try await consumer.close()
        }
    }

    @Test("the sequence of a consumer of events ends by itself too")
    func typed() async throws {
        let fixture = try await ReadingsLog(partitions: 2)
        for number in 0..<2 { try await fixture.fill(number, 0..<40, by: 7, ends: true) }
        let consumer = try await Consumer<Reading>(topic: ReadingsLog.topic, in: fixture.log)
        var events: [TopicPartition: [Reading]] = [:]
        for try await batch in consumer {
            #expect(batch.offsets.count == batch.events.count)
            #expect(batch.time(at: 0).nanoseconds == Int64(batch.events[0].count))
            events[batch.partition, default: []] += batch.events
        }
        for number in 0..<2 { #expect(events[fixture.partition(number)] == (0..<40).map { Reading($0) }) }
        try await consumer.close()
    }

    @Test("a consumer of other events than the topic's is told so")
    func schema() async throws {
        let fixture = try await ReadingsLog()
        let consumer = try await Consumer<Frame>(topic: ReadingsLog.topic, in: fixture.log)
        let error = await #expect(throws: LogError.self) { try await consumer.next() }
        #expect(error?.code == .schemaMismatch)
        try await consumer.close()
    }

    @Test("L6: 500 of a backlog of 20,000 are read without the backlog")
    func boundedPrefetch() async throws {
        let fixture = try await ReadingsLog(partitions: 2)
        for number in 0..<2 { try await fixture.fill(number, 0..<10_000, by: 100) }
        // A reading has 24 bytes of attributes and a time of 8.
        let (batchBytes, bound) = (100 * 32, 64 << 10)
        let consumer = try await RecordConsumer(
            topics: [ReadingsLog.topic], in: fixture.log, options: ConsumerOptions(prefetchBytes: bound))
        var delivered = 0
        while delivered < 500 { delivered += try #require(await consumer.next()?.records).count }
        try await consumer.close()
        // A batch more of each partition may have begun.
        #expect(fixture.log.recordsRead * 32 <= delivered * 32 + bound + 2 * batchBytes)
        #expect(fixture.log.recordsRead >= 500)
    }

    @Test("the bound is one for all partitions together, however many")
    func boundOverPartitions() async throws {
        let (partitions, batchBytes, bound) = (20, 100 * 32, 10_000)
        let fixture = try await ReadingsLog(partitions: partitions)
        for number in 0..<partitions { try await fixture.fill(number, 0..<500, by: 100) }
        let consumer = try await RecordConsumer(
            topics: [ReadingsLog.topic], in: fixture.log,
            options: ConsumerOptions(prefetchBytes: bound, end: .caughtUp))
        var delivered: [TopicPartition] = []
        for try await delivery in consumer {
            delivered.append(delivery.partition)
            #expect(fixture.log.recordsRead * 32 <= (delivered.count + 1) * batchBytes + bound)
        }
        #expect(delivered == (0..<5 * partitions).map { fixture.partition($0 % partitions) })
        try await consumer.close()
    }

    @Test("a larger bound lets more be fetched ahead", arguments: [1, 40])
    func prefetch(batches: Int) async throws {
        let fixture = try await ReadingsLog()
        try await fixture.fill(0..<10_000, by: 100)
        let options = ConsumerOptions(prefetchBytes: batches * 100 * 32)
        let consumer = try await RecordConsumer([fixture.partition()], in: fixture.log, options: options)
        _ = try await consumer.next()
        // One was delivered, and what was fetched then is what the bound says.
        let expected = (1 + batches) * 100
        try await eventually { fixture.log.recordsRead == expected }
        try await consumer.close()
        #expect(fixture.log.recordsRead == expected)
    }

    @Test("a backlog is delivered batch by batch of each partition in turn, in the same order every time")
    func order() async throws {
        let fixture = try await ReadingsLog(partitions: 3)
        try await fixture.fill(0, 0..<50, by: 10)
        try await fixture.fill(1, 100..<120, by: 10)
        try await fixture.fill(2, 200..<240, by: 10)
        let expected = [0, 100, 200, 10, 110, 210, 20, 220, 30, 230, 40]
        for _ in 0..<20 {
            // In another order than theirs.
            let consumer = try await RecordConsumer(
                [2, 0, 1].map { fixture.partition($0) }, in: fixture.log, options: ConsumerOptions(end: .caughtUp))
            #expect(consumer.partitions.isEmpty || consumer.partitions == (0..<3).map { fixture.partition($0) })
            var order: [Int] = []
            while let delivery = try await consumer.next() {
                order.append(try Int(#require(delivery.events(of: Reading.self).first).count))
            }
            #expect(order == expected)
            try await consumer.close()
        }
    }

    @Test("a consumer at the end sleeps, and is woken by what is appended")
    func following() async throws {
        let fixture = try await ReadingsLog()
        let consumer = try await RecordConsumer([fixture.partition()], in: fixture.log)
        let writer = try await fixture.log.writer(for: fixture.partition())
        let reading = Task { try await consumer.readings(30) }
        for start in [0, 10, 20] {
            // It waits once each time, however long that takes.
            try await eventually { fixture.log.counts.waits == start / 10 + 1 }
            try await writer.append(batch(start..<start + 10))
        }
        #expect(try await reading.value == Array(0..<30))
        try await writer.close()
        try await consumer.close()
        #expect(fixture.log.counts.readers == fixture.log.counts.closedReaders)
    }

    @Test("waiting for records ends when its task is cancelled, and the consumer goes on for others")
    func cancellation() async throws {
        let fixture = try await ReadingsLog()
        let consumer = try await RecordConsumer([fixture.partition()], in: fixture.log)
        let waiting = Task { try await consumer.next() }
        try await eventually { fixture.log.counts.waits == 1 }
        waiting.cancel()
        let error = await #expect(throws: LogError.self) { try await waiting.value }
        #expect(error?.code == .cancelled)
        try await fixture.fill(0..<10, by: 10)
        #expect(try await consumer.readings(10) == Array(0..<10))
        try await consumer.close()
        let closed = await #expect(throws: LogError.self) { try await consumer.next() }
        #expect(closed?.code == .closed)
    }

    @Test("a thread reads to the end without tasks, and its wait has a bound")
    func blocking() async throws {
        let fixture = try await ReadingsLog(partitions: 2)
        try await fixture.fill(0, 0..<50, by: 10)
        try await fixture.fill(1, 50..<100, by: 10)
        let consumer = try await RecordConsumer(topics: [ReadingsLog.topic], in: fixture.log)
        func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
            await withCheckedContinuation { continuation in
                Thread { continuation.resume(returning: body()) }.start()
            }
        }
        let first = await onThread {
            var numbers: [Int] = []
            while numbers.count < 100, case .delivery(let delivery)? = try? consumer.nextBlocking() {
                numbers += ((try? delivery.events(of: Reading.self)) ?? []).map { Int($0.count) }
            }
            return numbers
        }
        #expect(first.sorted() == Array(0..<100))
        let timedOut = await onThread {
            if case .timedOut? = try? consumer.nextBlocking(timeout: .milliseconds(1)) { true } else { false }
        }
        #expect(timedOut)
        for number in 0..<2 { try await fixture.fill(number, 0..<0, by: 1, ends: true) }
        let isOver = await onThread { if case .end? = try? consumer.nextBlocking() { true } else { false } }
        #expect(isOver)
        try await consumer.close()
    }

    @Test("a consumer that is dropped gives its readers back")
    func dropped() async throws {
        let fixture = try await ReadingsLog()
        try await fixture.fill(0..<10, by: 10)
        do {
            let consumer = try await RecordConsumer([fixture.partition()], in: fixture.log)
            _ = try await consumer.next()
            try await eventually { fixture.log.counts.waits == 1 }
        }
        try await eventually { fixture.log.counts.readers == fixture.log.counts.closedReaders }
    }
}

/// Waits until something is so; fails where it never comes.
func eventually(_ condition: @Sendable () async -> Bool) async throws {
    for _ in 0..<60_000 {
        if await condition() { return }
        try await Task.sleep(for: .milliseconds(2))
    }
    Issue.record("what was waited for did not come")
}
