import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Truncating before an offset")
struct TruncateTests {
    @Test("the first offset is exactly the one asked for, also inside of a batch", arguments: [true, false])
    func exact(withWriter: Bool) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 10_000, by: 500) { try await writer.append(batch(start..<start + 500)) }
        if !withWriter { try await writer.close() }
        for offset in [1, 499, 500, 501, 5_250, 9_999, 10_000] {
            try await log.truncate(readings, before: UInt64(offset))
            // Not again, and not back.
            try await log.truncate(readings, before: UInt64(offset))
            try await log.truncate(readings, before: 0)
            for other in [log, try await EmbeddedLog(directory: scratch.path("log"))] {
                let partition = try await other.describe("readings").partitions[0]
                #expect(partition.firstOffset == UInt64(offset) && partition.nextOffset == 10_000)
                let kept = try await counts(other.reader(for: readings, from: .earliest))
                #expect(kept == (offset..<10_000).map { UInt64($0) })
                let error = try await #require(throws: LogError.self) {
                    try await other.reader(for: readings, from: .offset(UInt64(offset - 1)))
                }
                #expect(error.code == .offsetOutOfRange && error.place.offsets == UInt64(offset)..<10_000)
            }
        }
        let error = try await #require(throws: LogError.self) { try await log.truncate(readings, before: 10_001) }
        #expect(error.code == .offsetOutOfRange && error.category == .usage)
        try await writer.close()
        #expect(try scratch.segments(readings).count <= 1)
        // Offsets go on, whatever became of the hint for readers.
        try FileManager.default.removeItem(atPath: scratch.path("log/readings/0/head"))
        let next = try await log.writer(for: readings)
        #expect(try await next.append(batch(10_000..<10_001)).firstOffset == 10_000)
        try await next.close()
    }

    @Test("a partition that somebody else writes to is refused")
    func owned() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<10))
        let other = try await EmbeddedLog(directory: scratch.path("log"))
        let error = try await #require(throws: LogError.self) { try await other.truncate(readings, before: 5) }
        #expect(error.code == .partitionOwned && error.summary.contains("process "))
        #expect(try await log.describe("readings").partitions[0].firstOffset == 0)
        try await writer.close()
        try await other.truncate(readings, before: 5)
        #expect(try await log.describe("readings").partitions[0].firstOffset == 5)
    }

    @Test("a start file that does not hold what it should is damage, not a start at 0")
    func damagedStart() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<10))
        try await writer.close()
        try await log.truncate(readings, before: 5)
        try flip(scratch.path("log/readings/0/start"), at: 8)
        let error = try await #require(throws: LogError.self) { try await log.reader(for: readings, from: .earliest) }
        #expect(error.code == .damaged && error.place.file == scratch.path("log/readings/0/start"))
        let writing = try await #require(throws: LogError.self) { try await log.writer(for: readings) }
        #expect(writing.code == .damaged)
    }
}
