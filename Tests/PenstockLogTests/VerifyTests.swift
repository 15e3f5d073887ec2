import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Verification")
struct VerifyTests {
    /// Sizes from docs/event-log-format.md, as in DamageTests.
    static let batchBytes = (128 + 128 + 24 * 10 + 63) / 64 * 64

    /// Batches of ten readings in a log that was closed.
    private func closed(_ scratch: Scratch, batches: Int = 6, segmentBytes: Int = 256 << 20) async throws {
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: segmentBytes)
        let writer = try await log.writer(for: readings)
        for number in 0..<batches { try await writer.append(batch(number * 10..<number * 10 + 10)) }
        try await writer.close()
    }

    /// The same log as a killed process leaves it: no seal.
    private func crashed(_ scratch: Scratch) async throws -> String {
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        for number in 0..<6 { try await writer.append(batch(number * 10..<number * 10 + 10)) }
        try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("crashed"))
        try await writer.close()
        return try #require(try scratch.segments(readings, log: "crashed").first)
    }

    private func verified(_ scratch: Scratch, log: String = "log") async throws -> VerificationReport {
        try await EmbeddedLog(directory: scratch.path(log)).verify(topic: "readings")
    }

    @Test("an intact topic has no findings, and the totals count what is there")
    func intact() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
        let writer = try await log.writer(for: readings)
        for number in 0..<300 { try await writer.append(batch(number * 10..<number * 10 + 10)) }
        try await writer.append(control: .endOfStream)
        try await writer.close()
        let report = try await verified(scratch)
        #expect(report.findings.isEmpty && !report.hasDamage)
        #expect(report.totals.topics == 1 && report.totals.partitions == 1)
        #expect(report.totals.batches == 301 && report.totals.records == 3001 && report.totals.controlRecords == 1)
        let segments = try scratch.segments(readings)
        #expect(segments.count > 1 && report.totals.segments == segments.count)
        #expect(try report.totals.bytes == segments.reduce(0) { try $0 + byteCount($1) })
    }

    @Test("an empty topic is intact")
    func empty() async throws {
        let scratch = Scratch()
        _ = try await EmbeddedLog.withReadings(scratch)
        let report = try await verified(scratch)
        #expect(report.findings.isEmpty && report.totals.records == 0 && report.totals.partitions == 1)
    }

    @Test(
        "a flipped bit of a batch, in any field of header or body, is damage of exactly its records, and the rest is counted"
    )
    func flippedBatch() async throws {
        for byte in [0, 4, 8, 16, 24, 40, 48, 64, 72, 76, 80, 92, 94, 95, 96, 104, 127, 128, 208, 300] {
            let scratch = Scratch()
            try await closed(scratch)
            let file = try #require(try scratch.segments(readings).first)
            let position = 4096 + 2 * Self.batchBytes
            try flip(file, at: position + byte)
            let report = try await verified(scratch)
            let finding = try #require(report.findings.first, "byte \(byte)")
            #expect(report.findings.count == 1 && finding.severity == .damage && report.hasDamage)
            #expect(finding.place.offsets == 20..<30 && finding.place.position == position)
            #expect(finding.place.file == file && finding.place.partition == readings)
            #expect(report.totals.records == 50)
        }
    }

    @Test("two damaged places are two findings")
    func twoPlaces() async throws {
        let scratch = Scratch()
        try await closed(scratch)
        let file = try #require(try scratch.segments(readings).first)
        try flip(file, at: 4096 + Self.batchBytes + 4)
        try flip(file, at: 4096 + 5 * Self.batchBytes + 130)
        let report = try await verified(scratch)
        #expect(report.findings.map(\.place.offsets) == [10..<20, 50..<60])
        #expect(report.totals.records == 40)
    }

    @Test("a damaged first block is damage of the whole segment", arguments: [0, 8, 12, 16, 24, 32, 36, 56])
    func superblock(byte: Int) async throws {
        let scratch = Scratch()
        try await closed(scratch, batches: 300, segmentBytes: 64 << 10)
        let files = try scratch.segments(readings)
        try flip(files[0], at: byte)
        let report = try await verified(scratch)
        let finding = try #require(report.findings.first)
        #expect(report.findings.count == 1 && finding.severity == .damage && finding.place.file == files[0])
        // A segment's name begins with the offset of its first record.
        let second = try #require(UInt64(files[1].split(separator: "/").last!.prefix(20)))
        #expect(finding.place.offsets == 0..<second)
        #expect(report.totals.records == 3000 - second)
    }

    @Test("a damaged seal is damage, and the records behind it are still checked", arguments: [0, 4, 8, 16, 24])
    func seal(byte: Int) async throws {
        let scratch = Scratch()
        try await closed(scratch)
        let file = try #require(try scratch.segments(readings).first)
        try flip(file, at: 2048 + byte)
        let report = try await verified(scratch)
        let finding = try #require(report.findings.first)
        #expect(report.findings.count == 1 && finding.severity == .damage)
        #expect(finding.place.position == 2048 && finding.place.file == file)
        #expect(report.totals.records == 60)
    }

    @Test("a file that was cut lacks what its seal promises")
    func cutFile() async throws {
        let scratch = Scratch()
        try await closed(scratch)
        let file = try #require(try scratch.segments(readings).first)
        try cut(file, to: 4096 + 4 * Self.batchBytes + 100)
        let report = try await verified(scratch)
        #expect(report.findings.map(\.place.offsets) == [40..<60] && report.hasDamage)
        #expect(report.totals.records == 40)
    }

    @Test("a missing segment is a hole in the offsets, wherever it is", arguments: [0, 1, -1])
    func missingSegment(which: Int) async throws {
        let scratch = Scratch()
        try await closed(scratch, batches: 400, segmentBytes: 64 << 10)
        let files = try scratch.segments(readings)
        #expect(files.count >= 3)
        let index = which < 0 ? files.count - 1 : which
        let bases = files.map { UInt64($0.split(separator: "/").last!.prefix(20)) ?? 0 } + [4000]
        try FileManager.default.removeItem(atPath: files[index])
        let report = try await verified(scratch)
        #expect(report.findings.map(\.place.offsets) == [bases[index]..<bases[index + 1]] && report.hasDamage)
    }

    @Test("a torn tail that nobody acknowledged is information, not damage")
    func tornTail() async throws {
        let scratch = Scratch()
        let file = try await crashed(scratch)
        try FileManager.default.removeItem(atPath: scratch.path("crashed/readings/0/head"))
        try cut(file, to: 4096 + 5 * Self.batchBytes + 90)
        let report = try await verified(scratch, log: "crashed")
        #expect(report.findings.map(\.severity) == [.information] && !report.hasDamage)
        #expect(report.findings.first?.place.position == 4096 + 5 * Self.batchBytes)
        #expect(report.totals.records == 50)
    }

    @Test("a torn tail is damage where the head proves that it was acknowledged")
    func acknowledgedTail() async throws {
        let scratch = Scratch()
        let file = try await crashed(scratch)
        try cut(file, to: 4096 + 5 * Self.batchBytes + 90)
        let report = try await verified(scratch, log: "crashed")
        #expect(report.findings.map(\.severity) == [.damage] && report.findings.first?.place.offsets == 50..<60)
    }

    @Test("damage before the tail of a crash is told where a later batch proves that it was acknowledged")
    func acknowledgedMiddle() async throws {
        let scratch = Scratch()
        let file = try await crashed(scratch)
        try FileManager.default.removeItem(atPath: scratch.path("crashed/readings/0/head"))
        try flip(file, at: 4096 + 2 * Self.batchBytes + 200)
        let report = try await verified(scratch, log: "crashed")
        #expect(report.findings.map(\.place.offsets) == [20..<30] && report.hasDamage)
        #expect(report.totals.records == 50)
    }

    @Test("a damaged head is a warning: it is made again")
    func head() async throws {
        let scratch = Scratch()
        try await closed(scratch)
        try flip(scratch.path("log/readings/0/head"), at: 9)
        let report = try await verified(scratch)
        #expect(report.findings.map(\.severity) == [.warning] && !report.hasDamage)
    }

    @Test("an index that is not its segment's is a warning: readers do without it")
    func index() async throws {
        let scratch = Scratch()
        try await closed(scratch)
        let segment = try #require(try scratch.segments(readings).first)
        let index = segment.dropLast("segment".count) + "index"
        try Data("no index".utf8).write(to: URL(fileURLWithPath: String(index)))
        let report = try await verified(scratch)
        #expect(report.findings.map(\.severity) == [.warning] && !report.hasDamage)
        #expect(report.findings.first?.place.file == String(index))
        try FileManager.default.removeItem(atPath: String(index))
        #expect(try await verified(scratch).findings.isEmpty)
    }

    @Test("a damaged description is damage, and the segments are checked without it")
    func description() async throws {
        let scratch = Scratch()
        try await closed(scratch)
        try flip(scratch.path("log/readings/topic"), at: 40)
        let report = try await verified(scratch)
        #expect(report.findings.map(\.severity) == [.damage] && report.totals.records == 60)
        #expect(report.findings.first?.place.file == scratch.path("log/readings/topic"))
    }

    @Test("a missing partition is damage")
    func missingPartition() async throws {
        let scratch = Scratch()
        try await closed(scratch)
        try FileManager.default.removeItem(atPath: scratch.path("log/readings/0"))
        let report = try await verified(scratch)
        #expect(report.findings.map(\.severity) == [.damage])
    }

    @Test("a truncated topic has no hole before its first offset")
    func truncated() async throws {
        let scratch = Scratch()
        try await closed(scratch, batches: 400, segmentBytes: 64 << 10)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let before = try scratch.segments(readings).count
        try await log.truncate(readings, before: 2505)
        #expect(try scratch.segments(readings).count < before)
        let report = try await verified(scratch)
        #expect(report.findings.isEmpty && report.totals.records >= 1495)
    }

    @Test("verification beside a writer finds nothing wrong and takes no ownership")
    func besideWriter() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
        let writer = try await log.writer(for: readings)
        let appending = Task {
            for number in 0..<1500 { try await writer.append(batch(number * 10..<number * 10 + 10)) }
        }
        for _ in 0..<10 {
            let acknowledged = try await log.describe("readings").partitions[0].nextOffset
            // By an object of its own, as another process would.
            let report = try await verified(scratch)
            #expect(report.findings.isEmpty && report.totals.records >= acknowledged)
        }
        try await appending.value
        try await writer.close()
        let report = try await verified(scratch)
        #expect(report.findings.isEmpty && report.totals.records == 15_000)
    }

    @Test("progress rises to the size of all segments")
    func progress() async throws {
        let scratch = Scratch()
        try await closed(scratch, batches: 400, segmentBytes: 64 << 10)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let steps = Guarded<[VerificationProgress]>([])
        let report = try await log.verify(topic: "readings") { step in steps.withLock { $0.append(step) } }
        let done = steps.withLock { $0.map(\.bytesDone) }
        #expect(done == done.sorted() && done.last == report.totals.bytes)
        #expect(steps.withLock { $0.last?.bytesTotal } == report.totals.bytes)
    }

    @Test("an unknown topic and an unknown partition are errors, not findings")
    func unknown() async throws {
        let scratch = Scratch()
        try await closed(scratch)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let topic = await #expect(throws: LogError.self) { try await log.verify(topic: "nothing") }
        #expect(topic?.code == .topicNotFound)
        let partition = await #expect(throws: LogError.self) { try await log.verify(topic: "readings", partition: 1) }
        #expect(partition?.code == .partitionNotFound)
    }

    @Test("any one flipped bit of a sealed segment's batches is found")
    func anyBit() async throws {
        let seed: UInt64 = 41
        var random = SeededGenerator(seed: seed)
        let scratch = Scratch()
        try await closed(scratch)
        let file = try #require(try scratch.segments(readings).first)
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        // Header and body of every batch; the padding behind a body means nothing.
        let used = 128 + 128 + 24 * 10
        for _ in 0..<60 {
            let batch = Int.random(in: 0..<6, using: &random)
            let byte = 4096 + batch * Self.batchBytes + Int.random(in: 0..<used, using: &random)
            var changed = whole
            changed[byte] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try changed.write(to: URL(fileURLWithPath: file))
            let report = try await verified(scratch)
            #expect(
                report.findings.map(\.place.offsets) == [UInt64(batch * 10)..<UInt64(batch * 10 + 10)],
                "seed \(seed), byte \(byte)")
        }
    }
}
