import CPenstockShim
import Foundation
import PenstockEvents
import PenstockLog
import Testing

/// Batches and segments as a later program may write them: the fields that stay over versions (docs/event-log-format.md, section 4)
/// are right, the checksums too, taken by tables and not by code of the log.
private enum NewerVersion {
    /// Gives the header at `position` another version.
    static func put(_ version: UInt8 = 2, intoHeaderAt position: Int, of file: String) throws {
        var bytes = try contents(file)
        bytes[position + 95] = version
        let checksum = crc(bytes[position + 8..<position + 128], seed: crc(bytes[16..<24]))
        for index in 0..<4 { bytes[position + 4 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index)) }
        try Data(bytes).write(to: URL(fileURLWithPath: file))
    }

    /// Gives the segment another version.
    static func put(intoSuperblockOf file: String) throws {
        var bytes = try contents(file)
        bytes[8] = 2
        let checksum = crc(bytes[..<56])
        for index in 0..<4 { bytes[56 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index)) }
        try Data(bytes).write(to: URL(fileURLWithPath: file))
    }

    static func contents(_ file: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file))) }

    private static func crc(_ bytes: ArraySlice<UInt8>, seed: UInt32 = 0) -> UInt32 {
        Array(bytes).withUnsafeBytes { penstock_crc32c_by_table(seed, $0.baseAddress, $0.count) }
    }
}

@Suite("What a newer version wrote")
struct NewerFormatTests {
    private static let batchBytes = DamageTests.batchBytes

    private static func position(_ number: Int) -> Int { 4096 + number * batchBytes }

    /// Six batches of ten readings in `log`, closed, and in `crashed` as a killed process leaves them; the segment there.
    private func fill(_ scratch: Scratch, keepingHead: Bool = true) async throws -> String {
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        for number in 0..<6 { try await writer.append(batch(number * 10..<number * 10 + 10)) }
        try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("crashed"))
        try await writer.close()
        if !keepingHead { try FileManager.default.removeItem(atPath: scratch.path("crashed/readings/0/head")) }
        return try #require(try scratch.segments(readings, log: "crashed").first)
    }

    /// Opening for writing fails with the error that names the batch, and no segment changes.
    private func expectRefusal(
        _ scratch: Scratch, log name: String = "crashed", offset: UInt64, file: String, position: Int
    ) async throws {
        let files = try scratch.segments(readings, log: name)
        let before = try files.map { try NewerVersion.contents($0) }
        let log = try await EmbeddedLog(directory: scratch.path(name))
        let error = try await #require(throws: LogError.self) { try await log.writer(for: readings) }
        #expect(error.code == .newerFormat, "\(error)")
        #expect(error.place.partition == readings && error.place.offsets?.lowerBound == offset)
        #expect(error.place.file == file && error.place.position == position)
        for part in ["readings/0", "offset \(offset) ", file, "byte \(position) ", "format version 2"] {
            #expect(error.summary.contains(part), "\(error.summary)")
        }
        #expect(error.hint?.contains("newer release") == true)
        #expect(try scratch.segments(readings, log: name) == files)
        #expect(try files.map { try NewerVersion.contents($0) } == before)
        #expect(log.recoveryReports.isEmpty)
    }

    @Test(
        "a batch of a newer version is no torn tail: the partition is refused by name, and not a byte changes",
        arguments: [0, 2, 5], [true, false])
    func unsealed(number: Int, keepingHead: Bool) async throws {
        let scratch = Scratch()
        let file = try await fill(scratch, keepingHead: keepingHead)
        try NewerVersion.put(intoHeaderAt: Self.position(number), of: file)
        try await expectRefusal(
            scratch, offset: UInt64(number * 10), file: file, position: Self.position(number))
    }

    @Test("behind a torn batch it keeps the tail from being cut, too", arguments: [[4], [3, 4]])
    func behindTorn(torn: [Int]) async throws {
        let scratch = Scratch()
        let file = try await fill(scratch, keepingHead: false)
        for number in torn { try flip(file, at: Self.position(number) + 40) }
        try NewerVersion.put(intoHeaderAt: Self.position(5), of: file)
        try await expectRefusal(scratch, offset: 50, file: file, position: Self.position(5))
    }

    @Test("in an earlier segment, sealed or not, it keeps the later ones from being touched", arguments: [true, false])
    func earlierSegment(sealed: Bool) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
        let writer = try await log.writer(for: readings)
        for number in 0..<300 { try await writer.append(batch(number * 10..<number * 10 + 10)) }
        try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("crashed"))
        try await writer.close()
        let files = try scratch.segments(readings, log: "crashed")
        try #require(files.count > 1)
        if !sealed {
            var bytes = try NewerVersion.contents(files[0])
            bytes.replaceSubrange(2048..<2088, with: repeatElement(0, count: 40))
            try Data(bytes).write(to: URL(fileURLWithPath: files[0]))
        }
        // A torn tail in the last one, which recovery would cut.
        try cut(files[files.count - 1], to: byteCount(files[files.count - 1]) - 100)
        let number = sealed ? 0 : 7
        try NewerVersion.put(intoHeaderAt: Self.position(number), of: files[0])
        try await expectRefusal(
            scratch, offset: UInt64(number * 10), file: files[0], position: Self.position(number))
    }

    @Test("a torn header that happens to carry a strange version is torn", arguments: [UInt8(0), 2, 77, 255])
    func strangeVersion(version: UInt8) async throws {
        let scratch = Scratch()
        let file = try await fill(scratch, keepingHead: false)
        var bytes = try NewerVersion.contents(file)
        bytes[Self.position(5) + 95] = version
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        let log = try await EmbeddedLog(directory: scratch.path("crashed"))
        let writer = try await log.writer(for: readings)
        #expect(log.recoveryReports.map(\.nextOffset) == [50])
        try await writer.close()
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<50).map { UInt64($0) })
    }

    @Test("a reader delivers what stands before it, then the error each time, and skips nothing")
    func reading() async throws {
        let scratch = Scratch()
        _ = try await fill(scratch)
        let file = try #require(try scratch.segments(readings).first)
        try NewerVersion.put(intoHeaderAt: Self.position(2), of: file)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let reader = try await log.reader(for: readings, from: .earliest)
        for _ in 0..<2 { _ = try #require(try await reader.next()) }
        for _ in 0..<2 {
            let error = try await #require(throws: LogError.self) { try await reader.next() }
            #expect(error.code == .newerFormat && error.place.offsets?.lowerBound == 20)
            #expect(error.place.file == file && error.place.position == Self.position(2))
            #expect(try await reader.skipDamage() == nil)
        }
        // Damage before it ends where it begins.
        try flip(file, at: Self.position(1) + 40)
        let other = try await log.reader(for: readings, from: .earliest)
        _ = try #require(try await other.next())
        let damage = try await #require(throws: LogError.self) { try await other.next() }
        #expect(damage.code == .damaged && damage.place.offsets == 10..<20)
        #expect(try await other.skipDamage() == 10..<20)
        let newer = try await #require(throws: LogError.self) { try await other.next() }
        #expect(newer.code == .newerFormat && newer.place.offsets?.lowerBound == 20)
    }

    @Test("verification tells it as a finding of its own, not as damage", arguments: [true, false])
    func verification(ofBatch: Bool) async throws {
        let scratch = Scratch()
        _ = try await fill(scratch)
        let file = try #require(try scratch.segments(readings).first)
        if ofBatch {
            try NewerVersion.put(intoHeaderAt: Self.position(2), of: file)
        } else {
            try NewerVersion.put(intoSuperblockOf: file)
        }
        let report = try await EmbeddedLog(directory: scratch.path("log")).verify(topic: "readings")
        #expect(report.findings.map(\.severity) == [.newerFormat], "\(report.findings)")
        #expect(!report.hasDamage && report.hasNewerFormat && !report.isIntact)
        let finding = try #require(report.findings.first)
        #expect(finding.place.offsets == (ofBatch ? 20 : 0)..<60 && finding.place.file == file)
        #expect(finding.place.position == (ofBatch ? Self.position(2) : 0))
        #expect("\(finding)".hasPrefix("newer-format: readings/0 ") && finding.summary.contains("newer version"))
        #expect(finding.advice?.contains("newer release") == true)
        #expect(report.totals.records == (ofBatch ? 20 : 0))
    }

    @Test("verification of a crashed partition counts it, and still tells the damage before it")
    func verificationOfCrashed() async throws {
        let scratch = Scratch()
        let file = try await fill(scratch, keepingHead: false)
        try flip(file, at: Self.position(3) + 40)
        try NewerVersion.put(intoHeaderAt: Self.position(4), of: file)
        let report = try await EmbeddedLog(directory: scratch.path("crashed")).verify(topic: "readings")
        #expect(report.findings.map(\.severity) == [.damage, .newerFormat], "\(report.findings)")
        #expect(report.findings.map(\.place.offsets?.lowerBound) == [30, 40])
    }
}
