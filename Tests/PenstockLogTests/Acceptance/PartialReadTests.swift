import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Bytes that are read")
struct PartialReadTests {
    private static let frames = TopicPartition("frames")
    private static let batches = 12
    private static let payloadBytes = 300_000
    /// Payloads are checked in blocks of this size.
    private static let block = 65_536

    private static func pixels(_ number: Int) -> [UInt8] {
        (0..<payloadBytes).map { UInt8(truncatingIfNeeded: number &* 37 &+ $0 &* ($0 >> 9)) }
    }

    /// Batches of two frames; where in the one segment their payloads are, by the tables of docs/event-log-format.md.
    private func fill(_ scratch: Scratch) async throws -> [Range<Int>] {
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        _ = try await log.createTopic("frames", schema: Frame.schema, configuration: .init())
        let writer = try await log.writer(for: Self.frames)
        for number in 0..<Self.batches {
            var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
            for index in [2 * number, 2 * number + 1] {
                builder.append(
                    Frame(number: UInt64(index), label: "", pixels: Self.pixels(index)),
                    time: Timestamp(nanoseconds: Int64(index)))
            }
            try await writer.append(builder)
        }
        try await writer.close()
        let file = try #require(try scratch.segments(Self.frames).first)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        func integer(_ position: Int) -> Int { (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[position + $1]) } }
        var payloads: [Range<Int>] = []
        var position = 4096
        while position < bytes.count {
            guard integer(position) == 0x5442_5350 else {
                position += 64
                continue
            }
            let end = position + 128 + integer(position + 72)
            let first = position + 128 + integer(position + 112)
            // The second one begins on the next multiple of 64 of the section.
            let second = first + (Self.payloadBytes + 63) / 64 * 64
            payloads += [first..<first + Self.payloadBytes, second..<end]
            position = (end + 63) / 64 * 64
        }
        try #require(payloads.count == 2 * Self.batches && payloads.allSatisfy { $0.count == Self.payloadBytes })
        return payloads
    }

    @Test("L22: reading attributes alone reads no byte of a large payload")
    func attributes() async throws {
        let scratch = Scratch()
        let payloads = try await fill(scratch)
        let recorder = ReadRecorder()
        let log = try await EmbeddedLog(directory: scratch.path("log"), creating: false, storage: recorder)
        let reader = try await log.reader(for: Self.frames, from: .earliest, parts: .attributes)
        var numbers: [UInt64] = []
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count {
                #expect(records.payloadByteCount(at: index) == Self.payloadBytes)
                records.withAttributes(at: index) { numbers.append($0.loadUnaligned(as: UInt64.self).littleEndian) }
            }
        }
        #expect(numbers == (0..<UInt64(2 * Self.batches)).map { $0 })
        let read = recorder.take()
        #expect(read.reduce(0) { $0 + $1.count } > 0)
        #expect(!read.contains { range in payloads.contains { $0.overlaps(range) } })
    }

    @Test(
        "L22: a sub-range, a stride and a list of a payload read the blocks that hold them, and nothing of other payloads"
    )
    func selections() async throws {
        let scratch = Scratch()
        let payloads = try await fill(scratch)
        let recorder = ReadRecorder()
        let log = try await EmbeddedLog(directory: scratch.path("log"), creating: false, storage: recorder)
        let reader = try await log.reader(for: Self.frames, from: .end, parts: .attributes)
        // The first frame of the sixth batch.
        let number = 10
        let pixels = Self.pixels(number)
        let column = (0..<20).flatMap { Array(pixels[100 + 600 * $0..<104 + 600 * $0]) }
        let list = [5..<9, 299_000..<299_100]
        let cases: [(PayloadSelection, [UInt8], [Range<Int>])] = [
            (.range(140_000..<140_100), Array(pixels[140_000..<140_100]), [140_000..<140_100]),
            (.strided(start: 100, length: 4, stride: 600, count: 20), column, [100..<100 + 600 * 20]),
            (.list(list), list.flatMap { Array(pixels[$0]) }, list),
        ]
        for (selection, expected, runs) in cases {
            _ = recorder.take()
            let payload = try await reader.payload(of: UInt64(number), selection)
            #expect(payload.withUnsafeBytes { Array($0) } == expected)
            let read = recorder.take()
            let own = payloads[number]
            let blocks = Set(runs.flatMap { $0.lowerBound / Self.block...($0.upperBound - 1) / Self.block })
            let allowed = blocks.map { own.lowerBound + $0 * Self.block..<own.lowerBound + ($0 + 1) * Self.block }
            for range in read {
                // The block at the end of a payload may hold the beginning of the next one.
                let others = payloads.indices.filter { $0 != number && payloads[$0].overlaps(range) }
                #expect(others.isEmpty || others == [number + 1] && blocks.contains(own.count / Self.block))
                guard own.overlaps(range) else { continue }
                #expect(
                    allowed.contains { $0.lowerBound <= range.lowerBound } && range.count <= blocks.count * Self.block)
            }
            #expect(read.filter { $0.overlaps(own) }.reduce(0) { $0 + $1.count } <= blocks.count * Self.block)
        }
    }
}
