import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Reading on behind damage")
struct SkipDamageTests {
    private static let batchBytes = DamageTests.batchBytes

    private func fill(_ scratch: Scratch, sessions: Int = 1) async throws {
        let log = try await EmbeddedLog.withReadings(scratch)
        for session in 0..<sessions {
            let writer = try await log.writer(for: readings)
            for number in session * 6..<session * 6 + 6 {
                try await writer.append(batch(number * 10..<number * 10 + 10))
            }
            try await writer.close()
        }
    }

    /// Reads to the end past all damage: the counts, and what was skipped.
    private func readAll(_ reader: any TopicReader) async throws -> ([UInt64], [Range<UInt64>]) {
        var read: [UInt64] = []
        var skipped: [Range<UInt64>] = []
        while true {
            do {
                guard let entry = try await reader.next() else { return (read, skipped) }
                guard case .records(let records) = entry else { continue }
                for index in 0..<records.count { read.append(try records.event(Reading.self, at: index).count) }
            } catch let error as LogError {
                #expect(error.code == .damaged)
                let range = try #require(try await reader.skipDamage())
                if let offsets = error.place.offsets { #expect(range == offsets) }
                #expect(await reader.position == range.upperBound)
                skipped.append(range)
            }
        }
    }

    @Test("what is skipped is what the error named, wherever the damage is", arguments: [0, 4, 8, 20, 90, 130, 250])
    func skip(byte: Int) async throws {
        let scratch = Scratch()
        try await fill(scratch)
        let file = try #require(try scratch.segments(readings).first)
        for number in [1, 4] { try flip(file, at: 4096 + number * Self.batchBytes + byte) }
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let (read, skipped) = try await readAll(log.reader(for: readings, from: .earliest))
        #expect(skipped == [10..<20, 40..<50])
        let damaged = Set(skipped.flatMap { Array($0) })
        #expect(read == (0..<60).filter { !damaged.contains($0) })
    }

    @Test("there is nothing to skip before damage was reported, nor twice")
    func nothing() async throws {
        let scratch = Scratch()
        try await fill(scratch)
        try flip(try #require(try scratch.segments(readings).first), at: 4096 + 2 * Self.batchBytes + 150)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let reader = try await log.reader(for: readings, from: .earliest)
        #expect(try await reader.skipDamage() == nil)
        for _ in 0..<2 {
            #expect(try await reader.next() != nil)
            #expect(try await reader.skipDamage() == nil)
        }
        await #expect(throws: LogError.self) { try await reader.next() }
        #expect(try await reader.skipDamage() == 20..<30)
        #expect(try await reader.skipDamage() == nil)
        #expect(await reader.position == 30)
    }

    @Test(
        "a segment that is gone, or whose first block is damaged, is skipped to the next one", arguments: [true, false])
    func wholeSegment(isGone: Bool) async throws {
        let scratch = Scratch()
        try await fill(scratch, sessions: 3)
        let file = try scratch.segments(readings)[1]
        if isGone { try FileManager.default.removeItem(atPath: file) } else { try flip(file, at: 20) }
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let (read, skipped) = try await readAll(log.reader(for: readings, from: .earliest))
        #expect(skipped == [60..<120])
        #expect(read == Array(0..<60) + Array(120..<180))
    }

    @Test("damage at the end is skipped to the end, and following goes on from there")
    func atTheEnd() async throws {
        let scratch = Scratch()
        try await fill(scratch)
        try flip(try #require(try scratch.segments(readings).first), at: 4096 + 5 * Self.batchBytes + 150)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let reader = try await log.reader(for: readings, from: .earliest)
        let (read, skipped) = try await readAll(reader)
        #expect(skipped == [50..<60] && read.count == 50)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(60..<70))
        #expect(try await counts(reader) == (60..<70).map { UInt64($0) })
        try await writer.close()
    }

    @Test("a search by time begins at damage that may hold the record, and behind damage that cannot be told to")
    func timeSearch() async throws {
        let scratch = Scratch()
        try await fill(scratch)
        // The header of the third batch, events 20 ..< 30, their times too.
        try flip(try #require(try scratch.segments(readings).first), at: 4096 + 2 * Self.batchBytes + 40)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        for (time, expected) in [(15, 15), (25, 20), (30, 20), (31, 31), (59, 59), (60, 60)] as [(Int64, UInt64)] {
            let reader = try await log.reader(for: readings, from: .time(Timestamp(nanoseconds: time)))
            #expect(await reader.position == expected, "time \(time)")
        }
    }
}
