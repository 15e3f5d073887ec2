import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Reading in place and by copies")
struct MappedReadTests {
    @Test("a view of a file is its bytes, for every range inside of it, and there is none outside")
    func views() throws {
        let scratch = Scratch()
        let path = scratch.path("file")
        var random = SeededGenerator(seed: 3)
        let bytes = (0..<300_001).map { _ in UInt8.random(in: 0...255, using: &random) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let file = try FileStorage().open(path, .read)
        for _ in 0..<100 {
            let cuts = [
                Int.random(in: 0..<bytes.count, using: &random), Int.random(in: 0..<bytes.count, using: &random),
            ]
            let range = cuts.min()!..<cuts.max()! + 1
            // Just written, so all of it is in memory.
            let view = try #require(try file.mapped(range))
            #expect(view.bytes.elementsEqual(bytes[range]))
        }
        #expect(try file.mapped(300_000..<300_002) == nil)
        #expect(try file.mapped(5..<5) == nil)
    }

    @Test("a view outlives its file, open or by name, and sees what the file has grown by")
    func lifetime() throws {
        let scratch = Scratch()
        let path = scratch.path("file")
        let writing = try FileStorage().open(path, .createNew)
        func append(_ byte: UInt8, at position: Int) throws {
            try [UInt8](repeating: byte, count: 10_000).withUnsafeBytes { try writing.write([$0], at: position) }
        }
        try append(1, at: 0)
        var reading: (any StorageFile)? = try FileStorage().open(path, .read)
        let first = try #require(try reading?.mapped(0..<10_000))
        try append(2, at: 10_000)
        let second = try #require(try reading?.mapped(10_000..<20_000))
        reading = nil
        try FileManager.default.removeItem(atPath: path)
        #expect(first.bytes.allSatisfy { $0 == 1 } && second.bytes.allSatisfy { $0 == 2 })
    }

    @Test("a storage that maps nothing delivers the same batches", arguments: [100, 40_000])
    func sameBatches(payloadBytes: Int) async throws {
        let scratch = Scratch()
        let frames = TopicPartition("frames")
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        _ = try await log.createTopic(
            "frames", schema: Frame.schema,
            configuration: TopicConfiguration(durability: .pageCache, segmentBytes: 1 << 20))
        let writer = try await log.writer(for: frames)
        for number in 0..<60 {
            var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
            for index in 0..<7 {
                let pixels = [UInt8](repeating: UInt8(number * 3 + index), count: payloadBytes * (index % 3))
                builder.append(
                    Frame(number: UInt64(number * 7 + index), label: "", pixels: pixels),
                    time: Timestamp(nanoseconds: Int64(number)))
            }
            try await writer.append(builder)
        }
        try await writer.close()
        func read(_ storage: any Storage) async throws -> [Frame] {
            let log = try await EmbeddedLog(directory: scratch.path("log"), storage: storage)
            let reader = try await log.reader(for: frames, from: .earliest)
            var frames: [Frame] = []
            while let entry = try await reader.next() {
                guard case .records(let records) = entry else { continue }
                for index in 0..<records.count { frames.append(try records.event(Frame.self, at: index)) }
            }
            return frames
        }
        // A recording storage knows nothing of mapping.
        let (mapped, copied) = (try await read(FileStorage()), try await read(RecordingStorage()))
        #expect(mapped == copied && mapped.count == 420)
        #expect(mapped.map(\.number) == (0..<420).map { UInt64($0) })
    }
}
