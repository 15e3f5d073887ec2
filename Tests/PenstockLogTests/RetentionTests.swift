import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Retention")
struct RetentionTests {
    private func log(
        _ scratch: Scratch, _ retention: Retention, clock: any WallClock = SystemWallClock(),
        storage: any Storage = FileStorage()
    ) async throws -> EmbeddedLog {
        let log = try await EmbeddedLog(directory: scratch.path("log"), storage: storage, clock: clock)
        _ = try await log.openTopic(
            "readings", schema: Reading.schema,
            creatingWith: TopicConfiguration(durability: .pageCache, segmentBytes: 64 << 10, retention: retention))
        return log
    }

    private func bytes(_ scratch: Scratch) throws -> Int {
        try scratch.segments(readings).reduce(0) { $0 + (try byteCount($1)) }
    }

    @Test("L12: an endless producer fills no more than the limit and a segment, and a deleted topic leaves nothing")
    func boundedSpace() async throws {
        let scratch = Scratch()
        let limit = 256 << 10
        let log = try await log(scratch, Retention(bytes: limit))
        let writer = try await log.writer(for: readings)
        var number = 0
        // 3 MB of records of 32 bytes, more than ten times the limit.
        while number < 100_000 {
            try await writer.append(batch(number..<number + 500))
            number += 500
            #expect(try bytes(scratch) <= limit + 2 * (64 << 10))
        }
        let partition = try await log.describe("readings").partitions[0]
        #expect(partition.nextOffset == 100_000 && partition.firstOffset > 80_000)
        #expect(partition.byteCount == (try bytes(scratch)) && partition.byteCount >= limit)
        #expect(partition.segments == (try scratch.segments(readings).count))
        // What stays is whole.
        let first = Int(partition.firstOffset)
        let kept = try await counts(log.reader(for: readings, from: .earliest))
        #expect(kept == (first..<100_000).map { UInt64($0) })
        let error = try await #require(throws: LogError.self) {
            try await log.reader(for: readings, from: .offset(partition.firstOffset - 1))
        }
        #expect(error.code == .offsetOutOfRange && error.place.offsets == partition.firstOffset..<100_000)
        #expect(error.hint == "read from \(first)")
        try await writer.close()
        #expect(log.maintenanceFailures == [])
        try await log.deleteTopic("readings")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("log")) == ["penstock-log"])
    }

    @Test("old segments go by age, and a clock that goes back drops nothing")
    func age() async throws {
        let scratch = Scratch()
        let clock = ManualClock(seconds: 1_000_000)
        let log = try await log(scratch, Retention(age: .seconds(3600)), clock: clock)
        // One segment an owner: appended at 0, 1000, and 2000 seconds.
        for session in 0..<3 {
            clock.set(seconds: 1_000_000 + Int64(session) * 1000)
            let writer = try await log.writer(for: readings)
            try await writer.append(batch(session * 10..<session * 10 + 10))
            try await writer.close()
        }
        clock.set(seconds: 500_000)
        #expect(try await log.applyRetention("readings").partitions[0].firstOffset == 0)
        clock.set(seconds: 1_003_600)
        #expect(try await log.applyRetention("readings").partitions[0].firstOffset == 0)
        clock.set(seconds: 1_003_601)
        #expect(try await log.applyRetention("readings").partitions[0].firstOffset == 10)
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (10..<30).map { UInt64($0) })
        // All of it is old now; offsets go on behind what went.
        clock.set(seconds: 2_000_000)
        let partition = try await log.applyRetention("readings").partitions[0]
        #expect(partition == .init(number: 0, firstOffset: 30, nextOffset: 30))
        #expect(try scratch.segments(readings).isEmpty)
        try FileManager.default.removeItem(atPath: scratch.path("log/readings/0/head"))
        let writer = try await log.writer(for: readings)
        #expect(try await writer.append(batch(30..<31)).firstOffset == 30)
        try await writer.close()
    }

    @Test("a group holds back what it has not consumed")
    func groups() async throws {
        let scratch = Scratch()
        let log = try await log(scratch, Retention(untilConsumedBy: ["slow", "fast"]))
        for session in 0..<3 {
            let writer = try await log.writer(for: readings)
            try await writer.append(batch(session * 10..<session * 10 + 10))
            try await writer.close()
        }
        func first() async throws -> UInt64 { try await log.applyRetention("readings").partitions[0].firstOffset }
        #expect(try await first() == 0)
        let fast = try await log.group("fast")
        try await fast.commit([readings: 30])
        // The other group has no position.
        #expect(try await first() == 0)
        let slow = try await log.group("slow")
        try await slow.commit([readings: 19])
        #expect(try await first() == 10)
        try await slow.commit([readings: 20])
        #expect(try await first() == 20)
        // A limit of bytes lets go only what the groups have consumed.
        _ = try await log.alterTopic(
            "readings", TopicChange(retention: Retention(bytes: 1, untilConsumedBy: ["slow"])))
        #expect(try await first() == 20)
        try await slow.commit([readings: 30])
        _ = try await log.alterTopic("readings", TopicChange(retention: Retention(untilConsumedBy: ["slow"])))
        #expect(try await first() == 30)
        try await slow.close()
        try await fast.close()
    }

    @Test("a reader in a segment that went is told where to go on", arguments: [true, false])
    func readerBehind(sameLog: Bool) async throws {
        let scratch = Scratch()
        let log = try await log(scratch, .everything)
        let other = sameLog ? log : try await EmbeddedLog(directory: scratch.path("log"))
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 40_000, by: 500) { try await writer.append(batch(start..<start + 500)) }
        let reader = try await other.reader(for: readings, from: .earliest)
        _ = try await reader.next()
        try await log.truncate(readings, before: 39_000)
        let error = try await #require(throws: LogError.self) { while try await reader.next() != nil {} }
        #expect(error.code == .offsetOutOfRange && error.place.offsets == 39_000..<40_000)
        #expect(error.hint == "read from 39000")
        try await writer.close()
    }

    @Test("the new start is on the device before a file goes; a crash in between leaves garbage for the next owner")
    func crash() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await log(scratch, .everything, storage: storage)
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 20_000, by: 500) { try await writer.append(batch(start..<start + 500)) }
        try await writer.close()
        let before = storage.calls.count
        storage.fail("remove segment", with: .permissionDenied)
        let error = try await #require(throws: LogError.self) { try await log.truncate(readings, before: 15_000) }
        #expect(error.code == .permissionDenied)
        let calls = storage.calls.dropFirst(before).filter { $0.contains("start") || $0 == "remove segment" }
        #expect(
            calls == [
                "open .start-new", "truncate .start-new", "write .start-new", "sync .start-new", "rename start",
                "remove segment",
            ])
        let garbage = try scratch.segments(readings).count
        let copy = try await EmbeddedLog(directory: scratch.path("log"))
        #expect(try await counts(copy.reader(for: readings, from: .earliest)) == (15_000..<20_000).map { UInt64($0) })
        try await copy.writer(for: readings).close()
        #expect(try scratch.segments(readings).count < garbage / 2)
        #expect(try await counts(copy.reader(for: readings, from: .earliest)) == (15_000..<20_000).map { UInt64($0) })
    }

    @Test("a retention that fails is reported and does not stop the appending")
    func failure() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await log(scratch, Retention(bytes: 1), storage: storage)
        storage.fail("rename start", with: .noSpace)
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 20_000, by: 500) { try await writer.append(batch(start..<start + 500)) }
        #expect(log.maintenanceFailures.first?.code == .noSpace)
        #expect(try await counts(log.reader(for: readings, from: .earliest)).count == 20_000)
        storage.fail("rename start", with: nil)
        try await writer.close()
        #expect(try await log.describe("readings").partitions[0].firstOffset > 15_000)
    }
}
