import CPenstockShim
import Foundation
import PenstockEvents
import PenstockLog
import Testing

/// Reads files by the tables of docs/event-log-format.md alone, with checksums by tables: no code of the log takes part.
@Suite("The format on disk")
struct FormatTests {
    private struct Bytes {
        let data: [UInt8]

        init(_ file: String) throws { data = Array(try Data(contentsOf: URL(fileURLWithPath: file))) }

        func integer<Value: FixedWidthInteger>(_ type: Value.Type, _ position: Int) -> Value {
            (0..<MemoryLayout<Value>.size).reversed().reduce(0) {
                $0 << 8 | Value(truncatingIfNeeded: data[position + $1])
            }
        }

        func crc(_ range: Range<Int>, seed: UInt32 = 0) -> UInt32 {
            Array(data[range]).withUnsafeBytes { penstock_crc32c_by_table(seed, $0.baseAddress, $0.count) }
        }
    }

    @Test("L23: superblock, seal, header and body have their fields where the page says")
    func segment() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"), clock: FixedClock())
        _ = try await log.createTopic("frames", schema: Frame.schema, configuration: .init(partitions: 3))
        let frames = TopicPartition("frames", 2)
        let writer = try await log.writer(for: frames)
        try await writer.append(control: .endOfStream)
        var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
        let large = [UInt8](repeating: 0xAA, count: 2000)
        builder.append(Frame(number: 7, label: "ab", pixels: [1, 2, 3]), time: Timestamp(nanoseconds: 50), keyHash: 11)
        builder.append(Frame(number: 8, label: "", pixels: large), time: Timestamp(nanoseconds: -5), keyHash: 12)
        try await writer.append(builder)
        try await writer.close()

        let file = try #require(try scratch.segments(frames).first)
        #expect(file.hasSuffix("/00000000000000000000-0000000001.segment"))
        let bytes = try Bytes(file)
        let generation = bytes.integer(UInt64.self, 16)
        #expect(Array(bytes.data[..<8]) == Array("PNSTKSEG".utf8))
        #expect(bytes.integer(UInt32.self, 8) == 1 && bytes.integer(UInt32.self, 12) == 64)
        #expect(bytes.integer(UInt64.self, 24) == 0 && bytes.integer(UInt32.self, 32) == 1)
        #expect(bytes.integer(UInt32.self, 36) == 2 && bytes.integer(UInt32.self, 56) == bytes.crc(0..<56))

        let control = 4096
        #expect(bytes.integer(UInt16.self, control + 92) == 1 && bytes.integer(UInt32.self, control + 64) == 1)
        #expect(bytes.integer(UInt32.self, control + 72) == 1 && bytes.data[control + 128] == 4)

        let header = control + 192
        #expect(bytes.integer(UInt32.self, header) == 0x5442_5350)
        #expect(
            bytes.integer(UInt32.self, header + 4) == bytes.crc(header + 8..<header + 128, seed: bytes.crc(16..<24)))
        #expect(bytes.integer(UInt64.self, header + 8) == 1 && bytes.integer(UInt64.self, header + 16) == generation)
        #expect(bytes.integer(Int64.self, header + 24) == 1_700_000_000_000_000_000)
        #expect(bytes.integer(Int64.self, header + 32) == -5 && bytes.integer(Int64.self, header + 40) == 50)
        #expect(bytes.integer(UInt64.self, header + 48) == Frame.schema.id)
        #expect(bytes.integer(UInt32.self, header + 64) == 2 && bytes.integer(UInt32.self, header + 80) == 1)
        #expect(bytes.integer(UInt16.self, header + 96) == 0b11011 && bytes.integer(UInt64.self, header + 104) == 1)
        let body = header + 128
        let stored = Int(bytes.integer(UInt32.self, header + 72))
        #expect(bytes.integer(UInt32.self, header + 68) == UInt32(stored))
        #expect(bytes.integer(UInt32.self, header + 76) == bytes.crc(body..<body + stored))

        // Times 0..<16, hashes 16..<32, attribute lengths 32..<40, payload lengths 40..<48; attributes from 64: 14 and 12 bytes.
        #expect(bytes.integer(Int64.self, body + 8) == -5 && bytes.integer(UInt64.self, body + 16) == 11)
        #expect([32, 36, 40, 44].map { bytes.integer(UInt32.self, body + $0) } == [14, 12, 3, 2000])
        #expect(bytes.integer(UInt64.self, body + 64) == 7 && bytes.integer(UInt64.self, body + 78) == 8)
        // The attributes end at 90, so the prefix at 128; three bytes follow, two thousand on the next multiple of 64.
        #expect(bytes.integer(UInt32.self, header + 112) == 128 && bytes.integer(UInt32.self, header + 120) == 128)
        #expect(bytes.integer(UInt32.self, header + 116) == bytes.crc(body..<body + 128))
        #expect(Array(bytes.data[body + 128..<body + 131]) == [1, 2, 3])
        #expect(Array(bytes.data[body + 192..<body + 2192]) == large && stored == 2192)

        #expect(
            bytes.integer(UInt32.self, 2048) == 0x4c41_4553
                && bytes.integer(UInt32.self, 2052) == bytes.crc(2056..<2088))
        #expect(bytes.integer(UInt64.self, 2056) == generation && bytes.integer(UInt64.self, 2064) == 3)
        #expect(Int(bytes.integer(UInt64.self, 2072)) == bytes.data.count)

        let head = try Bytes(scratch.path("log/frames/2/head"))
        #expect(head.integer(UInt32.self, 0) == 0x4441_4548 && head.integer(UInt32.self, 4) == head.crc(8..<40))
        #expect(
            head.integer(UInt64.self, 8) == 3 && head.integer(UInt64.self, 16) == 0
                && head.integer(UInt32.self, 24) == 1)
    }

    @Test("payloads carry their codec, and a checksum for every block of 64 KiB")
    func payloads() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        _ = try await log.createTopic("frames", schema: Frame.schema, configuration: .init())
        let frames = TopicPartition("frames")
        let writer = try await log.writer(for: frames)
        let pixels = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        var records = RecordWriter()
        for (number, codec) in [PayloadCodec.bitshuffleLZ4, .raw].enumerated() {
            records.append(CompressedFrame(number: UInt64(number), label: "", pixels: pixels, codec: codec))
        }
        var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
        builder.append(records: records, times: [1, 2])
        try await writer.append(builder)
        try await writer.close()

        let bytes = try Bytes(try #require(try scratch.segments(frames).first))
        let header = 4096
        let body = header + 128
        // Times 0..<16, stride 16..<20, payload lengths 20..<28, codecs 28..<30, block checksums 32..<52, attributes from 64.
        #expect(bytes.integer(UInt16.self, header + 96) == 0b1110101)
        #expect(Array(bytes.data[body + 28..<body + 30]) == [2, 0])
        let prefix = Int(bytes.integer(UInt32.self, header + 120))
        let payloads = body + prefix..<body + Int(bytes.integer(UInt32.self, header + 72))
        #expect(payloads.count == 150_016 + 150_000)
        for block in 0..<5 {
            let start = payloads.lowerBound + block << 16
            #expect(
                bytes.integer(UInt32.self, body + 32 + 4 * block)
                    == bytes.crc(start..<min(start + 1 << 16, payloads.upperBound)))
        }
        #expect(bytes.integer(UInt32.self, header + 116) == bytes.crc(body..<body + prefix))
        #expect(bytes.integer(UInt32.self, header + 76) == bytes.crc(body..<payloads.upperBound))

        let reader = try await log.reader(for: frames, from: .earliest)
        guard case .records(let read) = try await reader.next() else { throw CocoaError(.fileReadUnknown) }
        #expect(read.payload(at: 0).codec == .bitshuffleLZ4 && read.payload(at: 1).codec == .raw)
        #expect((0..<2).allSatisfy { read.payload(at: $0).withUnsafeBytes { Array($0) } == pixels })
    }

    @Test("a topic's description is the text that the page shows")
    func description() async throws {
        let scratch = Scratch()
        _ = try await EmbeddedLog.withReadings(scratch, durability: .durable)
        let text = try String(contentsOfFile: scratch.path("log/readings/topic"), encoding: .utf8)
        let lines = """
            penstock-topic 1
            name: readings
            partitions: 1
            durability: durable
            segment-bytes: 268435456
            schema: Reading@1 { sensor: u64; value: f64 (K); count: u64 }

            """
        let checksum = Array(lines.utf8).withUnsafeBytes { penstock_crc32c_by_table(0, $0.baseAddress, $0.count) }
        #expect(text == lines + "crc32c: " + String(format: "%08x", checksum) + "\n")
        #expect(try String(contentsOfFile: scratch.path("log/penstock-log"), encoding: .utf8) == "penstock-log 1\n")
    }
}
