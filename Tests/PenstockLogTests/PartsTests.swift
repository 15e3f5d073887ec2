import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Attributes alone, and parts of payloads")
struct PartsTests {
    private static let frames = TopicPartition("frames")

    /// One batch whose payloads section has several blocks, in the first segment; its payloads.
    private func fill(_ scratch: Scratch, _ sizes: [Int], codec: BatchCodec = .raw) async throws -> [[UInt8]] {
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let configuration = TopicConfiguration(durability: .pageCache, codec: codec)
        _ = try await log.createTopic("frames", schema: Frame.schema, configuration: configuration)
        let writer = try await log.writer(for: Self.frames)
        var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
        var payloads: [[UInt8]] = []
        var random = SeededGenerator(seed: 5)
        for (index, size) in sizes.enumerated() {
            let pixels = (0..<size).map { _ in UInt8.random(in: 0...(codec == .lz4 ? 3 : 255), using: &random) }
            payloads.append(pixels)
            let frame = Frame(number: UInt64(index), label: "frame \(index)", pixels: pixels)
            builder.append(frame, time: Timestamp(nanoseconds: Int64(index)))
        }
        try await writer.append(builder)
        try await writer.close()
        return payloads
    }

    /// Where the payloads section of the first batch begins: 128 bytes behind the batch, behind the prefix of bytes 112 ..< 116.
    private func sectionStart(_ file: String) throws -> Int {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))[4096 + 112..<4096 + 116]
        return 4096 + 128 + bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private func bytes(_ payload: Payload) -> [UInt8] { payload.withUnsafeBytes { Array($0) } }

    @Test("L22: attributes alone are the same, and lengths and codecs of payloads with them")
    func attributes() async throws {
        let scratch = Scratch()
        let payloads = try await fill(scratch, [10, 0, 70_000, 1024, 300_000])
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let reader = try await log.reader(for: Self.frames, from: .earliest, parts: .attributes)
        guard case .records(let records)? = try await reader.next() else { throw Missing() }
        #expect(!records.holdsPayloads && records.hasPayloads)
        for (index, payload) in payloads.enumerated() {
            #expect(records.payloadByteCount(at: index) == payload.count)
            #expect(records.payloadCodec(at: index) == .raw)
            records.withAttributes(at: index) { #expect($0.count == 8 + 4 + 7) }
        }
        #expect(try await reader.next() == nil)
    }

    @Test(
        "a reader of attributes does not see damage in payloads, and sees it in the prefix", arguments: [20, 100_000])
    func damage(size: Int) async throws {
        for (inPayload, fails) in [(true, false), (false, true)] {
            let scratch = Scratch()
            _ = try await fill(scratch, [size, size])
            let file = try #require(try scratch.segments(Self.frames).first)
            try flip(file, at: try sectionStart(file) + (inPayload ? 5 : -70))
            let log = try await EmbeddedLog(directory: scratch.path("log"))
            let attributes = try await log.reader(for: Self.frames, from: .earliest, parts: .attributes)
            if fails {
                let error = try await #require(throws: LogError.self) { try await attributes.next() }
                #expect(error.code == .damaged && error.place.offsets == 0..<2)
            } else {
                #expect(try await attributes.next() != nil)
            }
            let everything = try await log.reader(for: Self.frames, from: .earliest)
            let error = try await #require(throws: LogError.self) { try await everything.next() }
            #expect(error.code == .damaged)
        }
    }

    @Test("L22: any part of any payload is what a slice of the whole is", arguments: [BatchCodec.raw, .lz4])
    func selections(codec: BatchCodec) async throws {
        let scratch = Scratch()
        let payloads = try await fill(scratch, [10, 0, 70_000, 1024, 300_000, 65_536], codec: codec)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let reader = try await log.reader(for: Self.frames, from: .end, parts: .attributes)
        var random = SeededGenerator(seed: 11)
        for _ in 0..<50 {
            let offset = Int.random(in: 0..<payloads.count, using: &random)
            let whole = payloads[offset]
            let cuts = (0..<4).map { _ in Int.random(in: 0...whole.count, using: &random) }
            let range = min(cuts[0], cuts[1])..<max(cuts[0], cuts[1])
            let list = [range, min(cuts[2], cuts[3])..<max(cuts[2], cuts[3]), 0..<0]
            #expect(bytes(try await reader.payload(of: UInt64(offset))) == whole)
            #expect(bytes(try await reader.payload(of: UInt64(offset), .range(range))) == Array(whole[range]))
            #expect(
                bytes(try await reader.payload(of: UInt64(offset), .list(list))) == list.flatMap { Array(whole[$0]) })
        }
        // A column of an image of 500 rows of 600 bytes.
        let column = PayloadSelection.strided(start: 17, length: 3, stride: 600, count: 500)
        let expected = (0..<500).flatMap { Array(payloads[4][17 + 600 * $0..<20 + 600 * $0]) }
        #expect(bytes(try await reader.payload(of: 4, column)) == expected)
        let several = try await reader.payloads(of: [5, 0, 2], .range(2..<9))
        #expect(several.map { bytes($0) } == [5, 0, 2].map { Array(payloads[$0][2..<9]) })
        #expect(bytes(try await log.payload(of: PayloadReference(Self.frames, 2))) == payloads[2])
        let outside: [PayloadSelection] = [
            .range(0..<11), .range(-1..<3), .list([0..<4, 8..<12]), .strided(start: 0, length: 4, stride: 4, count: 3),
            .strided(start: 8, length: 4, stride: 4, count: 1),
            .strided(start: 0, length: 1, stride: .max, count: .max),
        ]
        for selection in outside {
            let error = try await #require(throws: LogError.self) { try await reader.payload(of: 0, selection) }
            #expect(error.code == .rangeOutsidePayload && error.place.offsets == 0..<1)
        }
        let error = try await #require(throws: LogError.self) { try await reader.payload(of: 6) }
        #expect(error.code == .offsetOutOfRange)
    }

    @Test("damage in a payload fails the parts whose blocks have it, and no others")
    func damagedBlock() async throws {
        let scratch = Scratch()
        let payloads = try await fill(scratch, [300_000, 100])
        let file = try #require(try scratch.segments(Self.frames).first)
        // In the third block of 65,536 bytes.
        try flip(file, at: try sectionStart(file) + 140_000)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let reader = try await log.reader(for: Self.frames, from: .earliest, parts: .attributes)
        for range in [0..<131_072, 196_608..<300_000, 500..<501, 131_072..<131_072] {
            #expect(bytes(try await reader.payload(of: 0, .range(range))) == Array(payloads[0][range]))
        }
        #expect(bytes(try await reader.payload(of: 1)) == payloads[1])
        for selection: PayloadSelection in [.all, .range(131_072..<131_073), .list([0..<1, 196_607..<196_610])] {
            let error = try await #require(throws: LogError.self) { try await reader.payload(of: 0, selection) }
            #expect(error.code == .damaged && error.place.offsets == 0..<2 && error.place.file == file)
        }
        // The reader itself goes on.
        #expect(try await reader.next() != nil)
    }

    @Test(
        "damage in a batch whose payloads are compressed or small fails every part", arguments: [BatchCodec.raw, .lz4])
    func damagedWhole(codec: BatchCodec) async throws {
        let scratch = Scratch()
        _ = try await fill(scratch, codec == .raw ? [3000, 100] : [300_000, 100], codec: codec)
        let file = try #require(try scratch.segments(Self.frames).first)
        try flip(file, at: try sectionStart(file) + 2000)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let reader = try await log.reader(for: Self.frames, from: .earliest, parts: .attributes)
        for offset in [0, 1] as [UInt64] {
            let error = try await #require(throws: LogError.self) {
                try await reader.payload(of: offset, .range(0..<1))
            }
            #expect(error.code == .damaged && error.place.offsets == 0..<2)
        }
    }
}
