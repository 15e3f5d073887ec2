import CPenstockShim
import Foundation
import PenstockEvents
import PenstockLog
import Testing

/// Another language reads what Swift wrote: `Tests/Interop/read_log.py` knows the format's page and nothing else.
@Suite("A reader in Python", .enabled(if: Python.isThere, "needs python3"))
struct InteropTests {
    private struct Line: Decodable, Equatable {
        var offset: UInt64
        var time: Int64?
        var key_hash: UInt64?
        var attributes: String?
        var payload: String?
        var payload_codec: UInt8?
        var control: String?
    }

    @Test(
        "reads the same records: several segments, all columns, raw and compressed", arguments: [BatchCodec.raw, .lz4])
    func records(codec: BatchCodec) async throws {
        let seed: UInt64 = 41
        print("interop seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let configuration = TopicConfiguration(partitions: 2, segmentBytes: 64 << 10, codec: codec)
        _ = try await log.createTopic("frames", schema: Frame.schema, configuration: configuration)
        let frames = TopicPartition("frames", 1)
        var expected: [Line] = []
        // Two owners, so that epochs differ too.
        for _ in 0..<2 {
            let writer = try await log.writer(for: frames)
            for round in 0..<12 {
                if round % 5 == 4 {
                    let record = ControlRecord.timeMark(Timestamp(nanoseconds: Int64(round)))
                    let offset = try await writer.append(control: record).firstOffset
                    expected.append(Line(offset: offset, control: Self.hexadecimal(record.encoded())))
                    continue
                }
                let sizes = round == 3 ? [90_000, 0] : round % 2 == 0 ? [0, 1, 17, 1100] : [0]
                try await Self.append(sizes, isKeyed: round % 3 == 0, to: writer, &expected, &random)
            }
            try await writer.close()
        }
        let output = try Python.run([Python.reader, scratch.path("log"), "frames", "1"])
        #expect(output.status == 0 && output.errors == "")
        let lines = try output.text.split(separator: "\n").map { line in
            try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        }
        #expect(lines == expected, "seed \(seed)")
    }

    @Test("delivers the rows of committed transactions only, and none of the log's own records")
    func transactions() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        let producer = try await writer.producer(named: "detector")
        try await writer.append(batch(0..<2), from: producer.stamp(0))
        for (rows, commits) in [(10..<13, true), (20..<25, false), (30..<31, true)] {
            let transaction = try await log.transaction(over: [writer])
            _ = try await transaction.submit(batch(rows), to: readings)
            if commits { try await transaction.commit() } else { try await transaction.abort() }
        }
        try await writer.append(batch(40..<41))
        try await writer.close()
        let output = try Python.run([Python.reader, scratch.path("log"), "readings"])
        #expect(output.status == 0 && output.errors == "")
        let times = try output.text.split(separator: "\n").map { line in
            try JSONDecoder().decode(Line.self, from: Data(line.utf8)).time
        }
        #expect(times == [0, 1, 10, 11, 12, 30, 40])
    }

    @Test("stops at a flipped byte of a sealed segment", arguments: [4096 + 20, 4096 + 140, 4096 + 250])
    func damage(position: Int) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<10))
        try await writer.close()
        try flip(try #require(try scratch.segments(readings).first), at: position)
        let output = try Python.run([Python.reader, scratch.path("log"), "readings"])
        #expect(output.status == 65 && output.errors.hasPrefix("damaged: ") && output.text == "")
    }

    @Test("reads a compacted topic that was truncated inside of a batch, and ignores what a crash left")
    func compacted() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        _ = try await log.createTopic(
            "readings", schema: Reading.schema,
            configuration: TopicConfiguration(segmentBytes: 64 << 10, compactionKey: ["sensor"]))
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 5000, by: 500) { try await writer.append(batch(start..<start + 500)) }
        let old = try #require(try scratch.segments(readings).last)
        let saved = try Data(contentsOf: URL(fileURLWithPath: old))
        try await writer.close()
        try await log.truncate(readings, before: 4996)
        // A segment that the compacted one stands for, as if the crash had come before its removal.
        try saved.write(to: URL(fileURLWithPath: old))
        let output = try Python.run([Python.reader, scratch.path("log"), "readings"])
        #expect(output.status == 0 && output.errors == "")
        let lines = try output.text.split(separator: "\n").map { line in
            try JSONDecoder().decode(Line.self, from: Data(line.utf8)).offset
        }
        // The last seven readings are the last of the seven sensors.
        #expect(lines == [4996, 4997, 4998, 4999])
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == lines)
    }

    private static func append(
        _ sizes: [Int], isKeyed: Bool, to writer: any TopicWriter, _ expected: inout [Line],
        _ random: inout SeededGenerator
    ) async throws {
        var records = RecordWriter()
        var times: [Int64] = []
        var hashes: [UInt64] = []
        var lines: [Line] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let size = sizes.randomElement(using: &random)!
            let noise = Bool.random(using: &random)
            let pixels = (0..<size).map { noise ? UInt8.random(in: 0...255, using: &random) : UInt8($0 / 512 & 255) }
            let codec: PayloadCodec = size == 17 ? .bitshuffleLZ4 : .raw
            let label = String(repeating: "ü", count: Int.random(in: 0...3, using: &random))
            let frame = CompressedFrame(
                number: UInt64.random(in: 0...(.max), using: &random), label: label, pixels: pixels, codec: codec)
            var single = RecordWriter()
            single.append(frame)
            records.append(frame)
            times.append(Int64.random(in: .min ... .max, using: &random))
            if isKeyed { hashes.append(UInt64.random(in: 0...(.max), using: &random)) }
            lines.append(
                Line(
                    offset: 0, time: times.last, key_hash: hashes.last, attributes: hexadecimal(single.attributes),
                    payload: hexadecimal(pixels), payload_codec: codec.rawValue))
        }
        var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
        builder.append(records: records, times: times, keyHashes: hashes)
        let offsets = try await writer.append(builder).offsets
        for (offset, var line) in zip(offsets, lines) {
            line.offset = offset
            expected.append(line)
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

enum Python {
    static let isThere = (try? run(["python3", "--version"]))?.status == 0

    static let reader = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Interop/read_log.py").path

    static func run(_ arguments: [String]) throws -> (status: Int32, text: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let errors = FileManager.default.temporaryDirectory.appendingPathComponent("penstock-\(UUID().uuidString)")
        try Data().write(to: errors)
        defer { try? FileManager.default.removeItem(at: errors) }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: text, as: UTF8.self),
            String(decoding: try Data(contentsOf: errors), as: UTF8.self)
        )
    }
}
