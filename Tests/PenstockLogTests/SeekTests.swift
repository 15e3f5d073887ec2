import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Where reading begins")
struct SeekTests {
    /// What is wrong with the index files; the answers are to be the same. The layout is that of docs/event-log-format.md.
    enum IndexState: String, CaseIterable {
        case intact, missing, damaged, cut, newerVersion, ofAnotherGeneration, ofAnotherSegment, wrongPositions
    }

    private static let batches = 300
    private static let perBatch = 100

    /// Event times of all records, batch by batch: rising by batches, in disorder inside of them and a little across.
    private static func times(seed: UInt64) -> [[Int64]] {
        var random = SeededGenerator(seed: seed)
        return (0..<batches).map { number in
            (0..<perBatch).map { _ in Int64(number) * 1000 + Int64.random(in: -2500...2500, using: &random) }
        }
    }

    private static func fill(_ scratch: Scratch, _ times: [[Int64]]) async throws {
        // About 3.5 KB a batch: six segments and several index entries each.
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 192 << 10)
        let writer = try await log.writer(for: readings)
        for (number, times) in times.enumerated() {
            var builder = RecordBatchBuilder(schemaID: Reading.schema.id)
            for (index, time) in times.enumerated() {
                builder.append(Reading(number * perBatch + index), time: Timestamp(nanoseconds: time))
            }
            try await writer.append(builder)
        }
        try await writer.close()
    }

    private static func spoil(_ scratch: Scratch, _ state: IndexState) throws {
        let files = try scratch.segments(readings).map { $0.replacingOccurrences(of: ".segment", with: ".index") }
        #expect(files.count > 3)
        let contents = try files.map { try [UInt8](Data(contentsOf: URL(fileURLWithPath: $0))) }
        for (index, file) in files.enumerated() {
            var bytes = contents[index]
            switch state {
            case .intact: continue
            case .missing: try FileManager.default.removeItem(atPath: file); continue
            case .damaged: bytes[bytes.count / 2] ^= 1
            case .cut: bytes.removeLast(bytes.count / 3)
            case .newerVersion: seal(&bytes) { $0[8] = 2 }
            case .ofAnotherGeneration: seal(&bytes) { $0[16] ^= 1 }
            case .ofAnotherSegment: bytes = contents[(index + 1) % contents.count]
            case .wrongPositions:
                seal(&bytes) { bytes in
                    for entry in 0..<Int(bytes[12]) { bytes[64 + 24 * entry + 8] ^= 0x40 }
                }
            }
            try Data(bytes).write(to: URL(fileURLWithPath: file))
        }
    }

    /// Changes an index file and makes its checksum right again.
    private static func seal(_ bytes: inout [UInt8], _ change: (inout [UInt8]) -> Void) {
        change(&bytes)
        let checksum = bytes[8...].withUnsafeBytes { CRC32C.checksum($0) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(4..<8, with: $0) }
    }

    @Test("L14: by time and by offset, exactly, whatever the index files hold", arguments: IndexState.allCases)
    func seek(state: IndexState) async throws {
        let seed: UInt64 = 41
        print("seek seed \(seed), index \(state)")
        let times = Self.times(seed: seed)
        let scratch = Scratch()
        try await Self.fill(scratch, times)
        try Self.spoil(scratch, state)
        var random = SeededGenerator(seed: seed ^ 1)
        let log = try await EmbeddedLog(directory: scratch.path("log"), creating: false)
        var wanted: [Int64] = [.min, -2500, 0, Int64(Self.batches) * 1000 - 1, .max]
        for _ in 0..<40 { wanted.append(Int64.random(in: -3000...Int64(Self.batches + 3) * 1000, using: &random)) }
        for time in wanted {
            // The definition, word for word.
            let batch = times.firstIndex { $0.max()! >= time }
            let expected = batch.map { $0 * Self.perBatch + times[$0].firstIndex { $0 >= time }! }
            let reader = try await log.reader(for: readings, from: .time(Timestamp(nanoseconds: time)))
            let total = Self.batches * Self.perBatch
            #expect(await reader.position == UInt64(expected ?? total), "time \(time) of seed \(seed)")
            guard case .records(let records)? = try await reader.next() else {
                #expect(expected == nil)
                continue
            }
            #expect(try Int(records.event(Reading.self, at: 0).count) == expected)
        }
        for _ in 0..<40 {
            let offset = UInt64.random(in: 0..<UInt64(Self.batches * Self.perBatch), using: &random)
            let reader = try await log.reader(for: readings, from: .offset(offset))
            guard case .records(let records)? = try await reader.next() else { throw Missing() }
            #expect(records.baseOffset == offset)
            #expect(try records.event(Reading.self, at: 0).count == offset)
        }
    }

    @Test("by time in a segment that is being written, in the writer's process and in another's view")
    func activeSegment() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        for number in 0..<50 { try await writer.append(batch(number * 10..<number * 10 + 10)) }
        try await writer.append(control: .timeMark(Timestamp(nanoseconds: 1_000_000)))
        let other = try await EmbeddedLog(directory: scratch.path("log"), creating: false)
        for log in [log, other] {
            for time in [-1, 0, 9, 10, 251, 499] as [Int64] {
                let reader = try await log.reader(for: readings, from: .time(Timestamp(nanoseconds: time)))
                #expect(await reader.position == UInt64(max(0, time)))
            }
            // The control record's own time is none of a record.
            let reader = try await log.reader(for: readings, from: .time(Timestamp(nanoseconds: 500)))
            #expect(await reader.position == 501)
        }
        try await writer.close()
    }

    @Test("an index appears beside every sealed segment, and goes with it")
    func indexFiles() async throws {
        let scratch = Scratch()
        try await Self.fill(scratch, Self.times(seed: 7))
        let directory = scratch.path("log/readings/0")
        func names(_ suffix: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(suffix) }
                .map { String($0.dropLast(suffix.count)) }.sorted()
        }
        #expect(try names(".index") == names(".segment"))
        let log = try await EmbeddedLog(directory: scratch.path("log"), creating: false)
        try await log.truncate(readings, before: 20_000)
        #expect(try names(".index") == names(".segment"))
        let error = try await #require(throws: LogError.self) { try await log.reader(for: readings, from: .offset(5)) }
        #expect(error.code == .offsetOutOfRange && error.place.offsets == 20_000..<30_000)
    }
}
