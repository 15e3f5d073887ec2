import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Appending and reading")
struct AppendReadTests {
    @Test("what was appended is read back, in order, with offsets, times and key hashes")
    func roundTrip() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        var builder = RecordBatchBuilder(schemaID: Reading.schema.id)
        for number in 0..<10 {
            builder.append(
                Reading(number), time: Timestamp(nanoseconds: Int64(100 - number)), keyHash: UInt64(number) * 3)
        }
        let first = try await writer.append(builder)
        #expect(first.offsets == 0..<10)
        #expect(try await writer.append(batch(10..<12)).firstOffset == 10)

        let reader = try await log.reader(for: readings, from: .earliest)
        guard case .records(let records)? = try await reader.next() else { throw Missing() }
        #expect(records.baseOffset == 0 && records.count == 10 && records.schemaID == Reading.schema.id)
        records.withTimes { #expect(Array($0) == (0..<10).map { Int64(100 - $0) }) }
        records.withKeyHashes { #expect(Array($0) == (0..<10).map { UInt64($0) * 3 }) }
        records.withFixedEvents(of: Reading.self) { #expect(Array($0) == (0..<10).map { Reading($0) }) }
        #expect(try records.event(Reading.self, at: 7) == Reading(7))
        guard case .records(let more)? = try await reader.next() else { throw Missing() }
        #expect(more.baseOffset == 10 && more.nextOffset == 12 && !more.hasKeyHashes)
        #expect(try await reader.next() == nil)
        #expect(await reader.position == 12)
        try await writer.close()
    }

    @Test(
        "batches of random records with payloads of 0 B to 8 MiB come back unchanged", arguments: [1, 2, 3] as [UInt64])
    func randomRoundTrip(seed: UInt64) async throws {
        print("randomRoundTrip seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let configuration = TopicConfiguration(durability: .pageCache, segmentBytes: 4 << 20)
        _ = try await log.createTopic("frames", schema: Frame.schema, configuration: configuration)
        let frames = TopicPartition("frames")
        let writer = try await log.writer(for: frames)
        var expected: [Frame] = []
        for round in 0..<12 {
            var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                let sizes = [0, 1, 15, 17, 1023, 1024, 4099, 65_536, round % 6 == 5 ? 8 << 20 : 3]
                let size = sizes.randomElement(using: &random)!
                let fill = UInt8.random(in: 0...255, using: &random)
                var pixels = [UInt8](repeating: fill, count: size)
                if size > 0 { pixels[size - 1] ^= 0xff }
                let label = String(repeating: "é", count: Int.random(in: 0...9, using: &random))
                let frame = Frame(number: UInt64(expected.count), label: label, pixels: pixels)
                builder.append(frame, time: Timestamp(nanoseconds: Int64(expected.count)))
                expected.append(frame)
            }
            try await writer.append(builder)
        }
        try await writer.close()

        let reader = try await log.reader(for: frames, from: .earliest)
        var number = 0
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { throw Missing() }
            #expect(records.baseOffset == UInt64(number))
            for index in 0..<records.count {
                #expect(try records.event(Frame.self, at: index) == expected[number])
                let payload = records.payload(at: index)
                payload.withUnsafeBytes { bytes in
                    let alignment = bytes.count >= 1024 ? 64 : 16
                    #expect(bytes.isEmpty || Int(bitPattern: bytes.baseAddress) % alignment == 0)
                }
                number += 1
            }
        }
        #expect(number == expected.count)
    }

    @Test("a block of fixed events makes the same file as the events one by one")
    func blockPath() async throws {
        let scratch = Scratch()
        let events = (0..<1000).map { Reading($0) }
        let times = (0..<1000).map { Int64($0) }
        var files: [[UInt8]] = []
        for name in ["single", "block"] {
            var builder = RecordBatchBuilder(schemaID: Reading.schema.id)
            if name == "single" {
                for number in 0..<1000 { builder.append(events[number], time: Timestamp(nanoseconds: times[number])) }
            } else {
                events[..<400].withUnsafeBufferPointer { events in
                    times[..<400].withUnsafeBufferPointer { builder.append(block: events, times: $0) }
                }
                var writer = RecordWriter(expectedRecords: 600, expectedBytes: 24)
                for event in events[400...] { writer.append(event) }
                builder.append(records: writer, times: Array(times[400...]))
            }
            let log = try await EmbeddedLog(directory: scratch.path(name), clock: FixedClock())
            _ = try await log.createTopic("readings", schema: Reading.schema, configuration: TopicConfiguration())
            let writer = try await log.writer(for: readings)
            try await writer.append(builder)
            try await writer.close()
            let file = try #require(try scratch.segments(readings, log: name).first)
            files.append(Array(try Data(contentsOf: URL(fileURLWithPath: file))))
        }
        // Behind the first block and the header only; those carry the random generation.
        #expect(files[0].count > 4096 + 128 + 24 * 1000)
        #expect(files[0][(4096 + 128)...].elementsEqual(files[1][(4096 + 128)...]))
    }

    @Test("control records stand in order between the events")
    func control() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        let start = ControlRecord.scanStart(ScanStart(scan: ScanID(1), properties: ["rows": "3", "file": "a.h5"]))
        let end = ControlRecord.scanEnd(ScanEnd(scan: ScanID(1), eventCount: 5))
        try await writer.append(control: start)
        try await writer.append(batch(0..<5))
        #expect(try await writer.append(control: end).offsets == 6..<7)
        try await writer.append(control: .endOfStream)
        let reader = try await log.reader(for: readings, from: .earliest)
        var seen: [String] = []
        while let entry = try await reader.next() {
            switch entry {
            case .records(let records): seen.append("records \(records.baseOffset)..<\(records.nextOffset)")
            case .control(let record, let offset):
                seen.append("\(offset) \(record == start ? "start" : record == end ? "end" : "\(record)")")
            }
        }
        #expect(seen == ["0 start", "records 1..<6", "6 end", "7 endOfStream"])
        try await writer.close()
    }

    @Test("L14: reading begins at an offset, also inside of a batch, at the earliest record and at the end")
    func positions() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 10_000, by: 100) { try await writer.append(batch(start..<start + 100)) }
        for start in [0, 1, 99, 100, 4567, 9999, 10_000] {
            let reader = try await log.reader(for: readings, from: .offset(UInt64(start)))
            #expect(await reader.position == UInt64(start))
            #expect(try await counts(reader) == (start..<10_000).map { UInt64($0) })
        }
        let end = try await log.reader(for: readings, from: .end)
        #expect(try await end.next() == nil)
        try await writer.append(batch(10_000..<10_001))
        #expect(try await counts(end) == [10_000])
        await #expect(throws: LogError.self) { try await log.reader(for: readings, from: .offset(10_002)) }
        let description = try await log.describe("readings")
        #expect(description.partitions.count == 1)
        #expect(description.partitions[0].firstOffset == 0 && description.partitions[0].nextOffset == 10_001)
        #expect(try scratch.segments(readings).count > 3)
        try await writer.close()
    }

    @Test("a log that was closed goes on where it ended, in a new segment")
    func reopen() async throws {
        let scratch = Scratch()
        for session in 0..<4 {
            let log = try await EmbeddedLog.withReadings(scratch)
            let writer = try await log.writer(for: readings)
            let ack = try await writer.append(batch(session * 10..<session * 10 + 10))
            #expect(ack.firstOffset == UInt64(session * 10))
            try await writer.close()
            #expect(log.recoveryReports.isEmpty)
        }
        let log = try await EmbeddedLog(directory: scratch.path("log"), creating: false)
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<40).map { UInt64($0) })
        #expect(try scratch.segments(readings).count == 4)
    }
}

struct Missing: Error {}

struct FixedClock: WallClock {
    func now() -> Timestamp { Timestamp(nanoseconds: 1_700_000_000_000_000_000) }
}
