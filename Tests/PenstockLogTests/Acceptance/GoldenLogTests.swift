import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("A log that was written long ago")
struct GoldenLogTests {
    @Test("L23: today's code writes the golden log byte for byte: the format did not change by accident")
    func bytes() async throws {
        if GoldenLog.isWrittenAnew {
            try? FileManager.default.removeItem(atPath: GoldenLog.directory)
            try await GoldenLog.write(to: GoldenLog.directory)
            for partition in ["frames/0", "packed/0"] {
                try FileManager.default.removeItem(atPath: "\(GoldenLog.directory)/\(partition)/owner")
            }
        }
        let scratch = Scratch()
        try await GoldenLog.write(to: scratch.path("log"))
        let files = try GoldenLog.files(GoldenLog.directory)
        #expect(try GoldenLog.files(scratch.path("log")) == files && files.count == 11)
        // How far LZ4 compresses is up to its library; where the batches of that topic begin, so too.
        for file in files where !file.hasPrefix("packed/0") {
            let golden = try Data(contentsOf: URL(fileURLWithPath: "\(GoldenLog.directory)/\(file)"))
            let today = try Data(contentsOf: URL(fileURLWithPath: scratch.path("log/\(file)")))
            let difference = zip(golden, today).enumerated().first { $1.0 != $1.1 }?.offset
            #expect(golden == today, "\(file) differs from byte \(difference ?? min(golden.count, today.count)) on")
        }
    }

    @Test("L23: today's code reads the golden log", arguments: [GoldenLog.frames, GoldenLog.packed])
    func reading(partition: TopicPartition) async throws {
        let log = try await EmbeddedLog(directory: GoldenLog.directory, creating: false)
        let reader = try await log.reader(for: partition, from: .earliest)
        for number in 0..<3 {
            guard case .records(let records)? = try await reader.next() else { throw Missing() }
            let expected = GoldenLog.events(number)
            #expect(records.baseOffset == [0, 3, 6][number] && records.count == expected.count)
            for (index, frame) in expected.enumerated() {
                let read = try records.event(CompressedFrame.self, at: index)
                #expect(read.number == frame.number && read.label == frame.label && read.pixels == frame.pixels)
                #expect(read.codec == frame.codec && records.time(at: index) == GoldenLog.time(of: frame))
                if number == 0 { #expect(records.withKeyHashes { $0[index] } == frame.number << 32) }
            }
            guard number == 0 else { continue }
            guard case .control(.timeMark(Timestamp(nanoseconds: 2000)), 2)? = try await reader.next() else {
                throw Missing()
            }
        }
        guard case .control(.endOfStream, 7)? = try await reader.next() else { throw Missing() }
        #expect(try await reader.next() == nil)
        #expect(try await log.verify(topic: partition.topic).findings.isEmpty)
    }

    @Test("L23: the reader in Python reads the golden log", .enabled(if: Python.isThere, "needs python3"))
    func python() throws {
        struct Line: Decodable {
            var offset: UInt64
            var time: Int64?
            var payload: String?
            var control: String?
        }
        for topic in ["frames", "packed"] {
            let output = try Python.run([Python.reader, GoldenLog.directory, topic])
            #expect(output.status == 0 && output.errors == "")
            let lines = try output.text.split(separator: "\n").map { line in
                try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            }
            #expect(lines.map(\.offset) == [0, 1, 2, 3, 4, 6, 7])
            #expect(lines.map(\.time) == [999, 998, nil, 997, 996, 995, nil])
            let events = (0..<3).flatMap { GoldenLog.events($0) }
            #expect(lines.compactMap(\.payload).map { $0.count / 2 } == events.map(\.pixels.count))
            #expect(lines.compactMap(\.control) == ["01d007000000000000", "04"])
        }
    }

    /// Sizes and places that docs/event-log-format.md states, in files that no code of today wrote.
    @Test("L23: sizes and fields of the golden log are those of the format's page")
    func fields() throws {
        let folder = GoldenLog.directory + "/frames/0/"
        let segment = try Bytes(folder + "00000000000000000000-0000000001.segment")
        #expect(Array(segment.data[..<8]) == Array("PNSTKSEG".utf8))
        #expect(segment.integer(8) == 1 && segment.integer(12) == 64 && segment.integer(32) == 1)
        let generation = segment.long(16)
        let seal = 2048
        #expect(segment.integer(seal) == 0x4C41_4553 && segment.long(seal + 8) == generation)
        #expect(segment.long(seal + 16) == 8 && segment.long(seal + 24) == segment.data.count)
        // Every batch begins on a multiple of 64 behind the one before; base offset, count, flags, columns.
        let expected: [[Int]] = [
            [0, 2, 0, 0b1_1011], [2, 1, 1, 0], [3, 2, 0, 0b111_1001], [5, 1, 1, 0], [6, 1, 0, 0b1_0101], [7, 1, 1, 0],
        ]
        var batches: [[Int]] = []
        var position = 4096
        while position < segment.data.count {
            #expect(segment.integer(position) == 0x5442_5350 && segment.long(position + 16) == generation)
            #expect(segment.long(position + 24) == 1_700_000_000_000_000_000 && segment.data[position + 95] == 1)
            #expect(
                segment.data[position + 94] == 0 && segment.integer(position + 68) == segment.integer(position + 72))
            batches.append([
                segment.long(position + 8), segment.integer(position + 64), segment.short(position + 92),
                segment.short(position + 96),
            ])
            position = (position + 128 + segment.integer(position + 72) + 63) / 64 * 64
        }
        #expect(batches == expected)
        #expect(segment.long(4096 + 32) == 998 && segment.long(4096 + 40) == 999)

        let head = try Bytes(folder + "head")
        #expect(head.data.count == 40 && head.integer(0) == 0x4441_4548 && head.long(8) == 8 && head.long(32) == 8)
        let index = try Bytes(folder + "00000000000000000000-0000000001.index")
        #expect(index.integer(0) == 0x5849_5350 && index.integer(8) == 1 && index.long(16) == generation)
        #expect(index.data.count == 64 + 24 * index.integer(12))
        #expect(index.long(24) == 8 && index.long(32) == segment.data.count)
        #expect(index.long(48) == 995 && index.long(56) == 999)
        let ledger = try Bytes(folder + "ledger")
        #expect(ledger.integer(0) == 0x4744_454C && ledger.long(8) == 8 && ledger.long(16) == ledger.data.count - 24)
    }

    private struct Bytes {
        let data: [UInt8]

        init(_ file: String) throws { data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file))) }

        func long(_ position: Int) -> Int { number(position, 8) }
        func integer(_ position: Int) -> Int { number(position, 4) }
        func short(_ position: Int) -> Int { number(position, 2) }

        private func number(_ position: Int, _ count: Int) -> Int {
            (0..<count).reversed().reduce(0) { $0 << 8 | Int(data[position + $1]) }
        }
    }
}
