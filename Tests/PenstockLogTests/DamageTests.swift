import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Damage and recovery")
struct DamageTests {
    /// Sizes from docs/event-log-format.md: 128 bytes of header, then for n readings 8n bytes of times, 4 of stride, padding to 64,
    /// 24n of attributes; batches begin at 4096 on multiples of 64.
    static let batchBytes = (128 + 128 + 24 * 10 + 63) / 64 * 64

    /// Six batches of ten readings, and the segment as a killed process leaves it: no seal.
    private func crashed(_ scratch: Scratch, keepingHead: Bool) async throws -> String {
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        // All but the last are acknowledged one by one; the proof of that is in the head and in the headers behind.
        for number in 0..<6 { try await writer.append(batch(number * 10..<number * 10 + 10)) }
        try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("crashed"))
        try await writer.close()
        let partition = scratch.path("crashed/readings/0")
        if !keepingHead { try FileManager.default.removeItem(atPath: partition + "/head") }
        let segments = try scratch.segments(readings, log: "crashed")
        #expect(segments.count == 1)
        #expect(try byteCount(segments[0]) == 4096 + 6 * Self.batchBytes)
        return segments[0]
    }

    @Test("a process that was killed after its acknowledgements loses nothing")
    func killedCleanly() async throws {
        let scratch = Scratch()
        _ = try await crashed(scratch, keepingHead: true)
        let log = try await EmbeddedLog(directory: scratch.path("crashed"))
        // Before and after recovery.
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<60).map { UInt64($0) })
        let writer = try await log.writer(for: readings)
        #expect(log.recoveryReports.isEmpty)
        #expect(try await writer.append(batch(60..<61)).firstOffset == 60)
        try await writer.close()
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<61).map { UInt64($0) })
    }

    @Test("a torn tail is cut at open wherever it tore, the good prefix is delivered, and the cut is reported")
    func tornTail() async throws {
        let last = 4096 + 5 * Self.batchBytes
        let cuts = [
            last + 1, last + 4, last + 64, last + 127, last + 128, last + 129, last + 300, last + Self.batchBytes - 40,
        ]
        for position in cuts + [last - 17, last - Self.batchBytes + 5, 4096 + 1] {
            let scratch = Scratch()
            let file = try await crashed(scratch, keepingHead: false)
            try cut(file, to: position)
            let whole = (position - 4096) / Self.batchBytes * 10
            let log = try await EmbeddedLog(directory: scratch.path("crashed"))
            #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<whole).map { UInt64($0) })
            let writer = try await log.writer(for: readings)
            let report = try #require(log.recoveryReports.first, "cut at \(position)")
            #expect(report.nextOffset == UInt64(whole) && report.lostOffsets == nil)
            #expect(report.bytesDropped == (position - 4096) % Self.batchBytes)
            #expect(report.position == 4096 + whole / 10 * Self.batchBytes)
            #expect(try await writer.append(batch(whole..<whole + 1)).firstOffset == UInt64(whole))
            try await writer.close()
            #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0...whole).map { UInt64($0) })
        }
    }

    @Test("a flipped bit in the last batch of a crash is a torn tail, whichever byte it hits")
    func flippedTail() async throws {
        let last = 4096 + 5 * Self.batchBytes
        // Each header field, the column of times, the stride, the padding before the attributes, the attributes.
        for offset in [0, 4, 8, 16, 24, 32, 40, 48, 56, 64, 68, 72, 76, 80, 84, 88, 92, 94, 95, 96, 104, 127] + [
            128, 208, 215, 256, 400,
        ] {
            let scratch = Scratch()
            let file = try await crashed(scratch, keepingHead: false)
            try flip(file, at: last + offset)
            let log = try await EmbeddedLog(directory: scratch.path("crashed"))
            #expect(
                try await counts(log.reader(for: readings, from: .earliest)) == (0..<50).map { UInt64($0) },
                "byte \(offset)")
            let writer = try await log.writer(for: readings)
            #expect(log.recoveryReports.map(\.nextOffset) == [50], "byte \(offset)")
            try await writer.close()
        }
    }

    @Test(
        "damage to acknowledged records is an error with offsets, file and position; what is behind stays readable",
        arguments: [true, false])
    func damageInTheMiddle(sealed: Bool) async throws {
        for offset in [0, 5, 8, 72, 76, 130, 300] {
            let scratch = Scratch()
            let file = try await crashed(scratch, keepingHead: false)
            let name = sealed ? "log" : "crashed"
            let damagedFile = sealed ? try #require(try scratch.segments(readings).first) : file
            let position = 4096 + 2 * Self.batchBytes
            try flip(damagedFile, at: position + offset)
            let log = try await EmbeddedLog(directory: scratch.path(name))
            if !sealed {
                let writer = try await log.writer(for: readings)
                #expect(log.recoveryReports.map(\.lostOffsets) == [20..<30])
                #expect(try await writer.append(batch(60..<61)).firstOffset == 60)
                try await writer.close()
            }
            let reader = try await log.reader(for: readings, from: .earliest)
            for _ in 0..<2 { _ = try #require(try await reader.next()) }
            for _ in 0..<2 {
                let error = try await #require(throws: LogError.self) { try await reader.next() }
                #expect(error.code == .damaged && error.category == .data)
                #expect(error.place.offsets == 20..<30 && error.place.partition == readings)
                #expect(error.place.file == damagedFile && error.place.position == position)
            }
            let behind = try await log.reader(for: readings, from: .offset(30))
            #expect(try await counts(behind) == (30..<(sealed ? 60 : 61)).map { UInt64($0) })
        }
    }

    @Test("acknowledged records that the file has lost are reported, and their offsets are not given again")
    func lostTail() async throws {
        let scratch = Scratch()
        let file = try await crashed(scratch, keepingHead: true)
        try cut(file, to: 4096 + 3 * Self.batchBytes + 7)
        let log = try await EmbeddedLog(directory: scratch.path("crashed"))
        let writer = try await log.writer(for: readings)
        #expect(log.recoveryReports.map(\.lostOffsets) == [30..<60])
        #expect(try await writer.append(batch(60..<70)).firstOffset == 60)
        try await writer.close()
        let reader = try await log.reader(for: readings, from: .earliest)
        for _ in 0..<3 { _ = try #require(try await reader.next()) }
        let error = try await #require(throws: LogError.self) { try await reader.next() }
        #expect(error.code == .damaged && error.place.offsets == 30..<60)
        #expect(try await counts(log.reader(for: readings, from: .offset(60))) == (60..<70).map { UInt64($0) })
    }

    @Test("a sealed segment that was cut to half delivers its good prefix, then an error")
    func cutSealed() async throws {
        let scratch = Scratch()
        _ = try await crashed(scratch, keepingHead: true)
        let file = try #require(try scratch.segments(readings).first)
        try cut(file, to: 4096 + 3 * Self.batchBytes)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let reader = try await log.reader(for: readings, from: .earliest)
        for _ in 0..<3 { _ = try #require(try await reader.next()) }
        let error = try await #require(throws: LogError.self) { try await reader.next() }
        #expect(error.code == .damaged && error.place.offsets == 30..<60)
        let writer = try await log.writer(for: readings)
        #expect(log.recoveryReports.map(\.lostOffsets) == [30..<60])
        try await writer.close()
    }

    @Test("a segment with a damaged first block is refused by name", arguments: [0, 8, 12, 16, 24, 32, 36, 56])
    func damagedSuperblock(byte: Int) async throws {
        let scratch = Scratch()
        let file = try await crashed(scratch, keepingHead: false)
        try flip(file, at: byte)
        let log = try await EmbeddedLog(directory: scratch.path("crashed"))
        let error = try await #require(throws: LogError.self) { try await log.writer(for: readings) }
        #expect(error.code == .damaged && error.place.file == file && error.place.position == 0)
    }

    @Test("a batch from an earlier use of the file behind the tail is not taken")
    func staleBatch() async throws {
        let scratch = Scratch()
        let file = try await crashed(scratch, keepingHead: false)
        // Another log's batch for the same offsets: valid in itself, of another generation.
        let other = Scratch()
        let stale = try await crashed(other, keepingHead: false)
        let last = 4096 + 5 * Self.batchBytes
        let source = try Data(contentsOf: URL(fileURLWithPath: stale))
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
        try handle.seek(toOffset: UInt64(last))
        try handle.write(contentsOf: source[last...])
        try handle.close()
        let log = try await EmbeddedLog(directory: scratch.path("crashed"))
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<50).map { UInt64($0) })
    }

    @Test("copies taken while a writer appends hold everything that was acknowledged before, and nothing twice")
    func copiedInFlight() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        let appending = Task {
            for number in 0..<400 { try await writer.append(batch(number * 10..<number * 10 + 10)) }
        }
        for round in 0..<8 {
            // What a crash leaves: the head is never newer than the data, the last batch may be half there.
            let acknowledged = try await log.describe("readings").partitions[0].nextOffset
            let copy = scratch.path("copy\(round)")
            try FileManager.default.createDirectory(atPath: copy + "/readings/0", withIntermediateDirectories: true)
            for file in ["penstock-log", "readings/topic", "readings/0/head", "readings/0/owner"] {
                try FileManager.default.copyItem(atPath: scratch.path("log/" + file), toPath: copy + "/" + file)
            }
            for segment in try scratch.segments(readings) {
                let name = segment.split(separator: "/").last!
                try FileManager.default.copyItem(atPath: segment, toPath: copy + "/readings/0/" + name)
            }
            let crashed = try await EmbeddedLog(directory: copy)
            let next = try await crashed.writer(for: readings)
            try await next.close()
            #expect(crashed.recoveryReports.allSatisfy { $0.lostOffsets == nil })
            let found = try await counts(crashed.reader(for: readings, from: .earliest))
            #expect(found.count >= Int(acknowledged) && found == (0..<found.count).map { UInt64($0) })
        }
        try await appending.value
        try await writer.close()
    }

    @Test("a damaged head file costs nothing: it is only a hint", arguments: [0, 4, 8, 16, 24, 39])
    func damagedHead(byte: Int) async throws {
        let scratch = Scratch()
        _ = try await crashed(scratch, keepingHead: true)
        try flip(scratch.path("crashed/readings/0/head"), at: byte)
        let log = try await EmbeddedLog(directory: scratch.path("crashed"))
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<60).map { UInt64($0) })
        let writer = try await log.writer(for: readings)
        #expect(try await writer.append(batch(60..<61)).firstOffset == 60)
        try await writer.close()
        #expect(log.recoveryReports.isEmpty)
    }
}
