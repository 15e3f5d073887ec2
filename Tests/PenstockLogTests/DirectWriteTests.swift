import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Writing past the page cache and through it")
struct DirectWriteTests {
    private static let frames = TopicPartition("frames")

    /// Whether this kernel and the file system of temporary files take direct writes.
    static let areDirectWritesPossible: Bool = {
        let scratch = Scratch()
        return (try? FileStorage().open(scratch.path("probe"), .createNew).takesBlocks) ?? false
    }()

    private static func log(
        _ path: String, storage: any Storage, segmentBytes: Int = 256 << 20, durability: Durability = .pageCache,
        limits: LogLimits = LogLimits()
    ) async throws -> EmbeddedLog {
        let log = try await EmbeddedLog(directory: path, storage: storage, limits: limits)
        _ = try await log.openTopic(
            "frames", schema: Frame.schema,
            creatingWith: TopicConfiguration(durability: durability, segmentBytes: segmentBytes))
        return log
    }

    private static func frame(_ number: Int, bytes: Int) -> Frame {
        var random = SeededGenerator(seed: UInt64(number))
        var pixels = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes)
        if bytes > 0 { pixels[Int.random(in: 0..<bytes, using: &random)] ^= 0xff }
        return Frame(number: UInt64(number), label: "frame \(number)", pixels: pixels)
    }

    private static func batch(_ frame: Frame) -> RecordBatchBuilder {
        var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
        builder.append(frame, time: Timestamp(nanoseconds: Int64(frame.number)))
        return builder
    }

    private static func expectAll(_ expected: [Frame], in log: EmbeddedLog) async throws {
        let reader = try await log.reader(for: frames, from: .earliest)
        var number = 0
        while case .records(let records)? = try await reader.next() {
            #expect(records.baseOffset == UInt64(number))
            for index in 0..<records.count {
                #expect(try records.event(Frame.self, at: index) == expected[number])
                number += 1
            }
        }
        #expect(number == expected.count)
        await reader.close()
    }

    @Test(
        "small and large batches, one by one and many at once, follow each other in a segment",
        arguments: [FileStorage.DirectWrites.automatic, .never], [1, 2] as [UInt64])
    func mixed(directWrites: FileStorage.DirectWrites, seed: UInt64) async throws {
        print("mixed seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let scratch = Scratch()
        let storage = FileStorage(directWrites: directWrites)
        let log = try await Self.log(scratch.path("log"), storage: storage, segmentBytes: 6 << 20)
        let writer = try await log.writer(for: Self.frames)
        var expected: [Frame] = []
        for round in 0..<40 {
            let sizes = [0, 40, 3000, 32_000, 33_000, 65_000, 66_000, 200_000, round % 10 == 9 ? 3 << 20 : 1]
            var pending: [PendingAppend] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let frame = Self.frame(expected.count, bytes: sizes.randomElement(using: &random)!)
                pending.append(try await writer.submit(Self.batch(frame)))
                expected.append(frame)
            }
            for append in pending { _ = try await append.acknowledgement() }
            // What a crash would leave now holds all that was acknowledged, and its end is a clean one.
            if round % 13 == 0 {
                let copy = scratch.path("crashed-\(round)")
                try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: copy)
                let crashed = try await Self.log(copy, storage: FileStorage(directWrites: directWrites))
                try await Self.expectAll(expected, in: crashed)
                let next = try await crashed.writer(for: Self.frames)
                #expect(crashed.recoveryReports.isEmpty)
                try await next.append(Self.batch(Self.frame(expected.count, bytes: 100_000)))
                try await next.close()
                try await Self.expectAll(expected + [Self.frame(expected.count, bytes: 100_000)], in: crashed)
                try FileManager.default.removeItem(atPath: copy)
            }
        }
        try await Self.expectAll(expected, in: log)
        try await writer.close()
        try await Self.expectAll(expected, in: try await Self.log(scratch.path("log"), storage: FileStorage()))
    }

    @Test(
        "a large group goes past the page cache in blocks, a small one through it",
        .enabled(if: areDirectWritesPossible, "this kernel or file system refuses direct writes"))
    func bothKinds() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage(directWrites: .automatic)
        let log = try await Self.log(scratch.path("log"), storage: storage, durability: .durable)
        let writer = try await log.writer(for: Self.frames)
        try await writer.append(Self.batch(Self.frame(0, bytes: 10)))
        let before = storage.calls.count
        try await writer.append(Self.batch(Self.frame(1, bytes: 1 << 20)))
        try await writer.append(Self.batch(Self.frame(2, bytes: 10)))
        #expect(
            storage.calls[before...].filter { !$0.hasPrefix("truncate") } == [
                "write blocks segment", "sync segment", "write head", "write segment", "sync segment", "write head",
            ])
        try await writer.close()
        try await Self.expectAll((0..<3).map { Self.frame($0, bytes: $0 == 1 ? 1 << 20 : 10) }, in: log)
        // Sealed, the file ends with its last batch, which has some 200 bytes and begins with a block.
        let file = try #require(try scratch.segments(Self.frames).first)
        #expect(try byteCount(file) % 4096 < 512)
    }

    @Test(
        "after failed direct writes nothing of them is acknowledged or read, and appending goes on in a new segment",
        .enabled(if: areDirectWritesPossible, "this kernel or file system refuses direct writes"),
        arguments: [StorageError.Reason.noSpace, .other])
    func failedBlocks(reason: StorageError.Reason) async throws {
        let scratch = Scratch()
        let storage = RecordingStorage(directWrites: .automatic)
        let log = try await Self.log(scratch.path("log"), storage: storage)
        let writer = try await log.writer(for: Self.frames)
        try await writer.append(Self.batch(Self.frame(0, bytes: 300_000)))
        storage.fail("write blocks segment", with: reason)
        var pending: [PendingAppend] = []
        for number in 1..<9 {
            pending.append(try await writer.submit(Self.batch(Self.frame(900 + number, bytes: 300_000))))
        }
        for append in pending { await #expect(throws: LogError.self) { try await append.acknowledgement() } }
        storage.fail("write blocks segment", with: nil)
        #expect(try await writer.append(Self.batch(Self.frame(1, bytes: 300_000))).firstOffset == 1)
        try await writer.close()
        try await Self.expectAll((0..<2).map { Self.frame($0, bytes: 300_000) }, in: log)
        #expect(try scratch.segments(Self.frames).count == 2)
    }

    @Test("more writers than rings write at the same time")
    func manyWriters() async throws {
        let scratch = Scratch()
        var limits = LogLimits()
        limits.writerThreads = 12
        let log = try await EmbeddedLog(directory: scratch.path("log"), limits: limits)
        let configuration = TopicConfiguration(partitions: 12, durability: .pageCache)
        _ = try await log.createTopic("many", schema: Frame.schema, configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                group.addTask {
                    let writer = try await log.writer(for: TopicPartition("many", number))
                    for round in 0..<5 {
                        try await writer.append(Self.batch(Self.frame(100 * number + round, bytes: 400_000)))
                    }
                    try await writer.close()
                }
            }
            try await group.waitForAll()
        }
        for number in 0..<12 {
            let reader = try await log.reader(for: TopicPartition("many", number), from: .earliest)
            for round in 0..<5 {
                guard case .records(let records)? = try await reader.next() else { throw Missing() }
                #expect(
                    try records.event(Frame.self, at: 0) == Self.frame(100 * number + round, bytes: 400_000))
            }
        }
    }

    @Test(
        "a file system in memory works too, and what it refuses is said once",
        .enabled(if: FileManager.default.isWritableFile(atPath: "/dev/shm"), "there is no /dev/shm"))
    func memoryFileSystem() async throws {
        let path = "/dev/shm/penstock-log-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = try await Self.log(path, storage: FileStorage(), segmentBytes: 1 << 20)
        let writer = try await log.writer(for: Self.frames)
        let expected = (0..<8).map { Self.frame($0, bytes: 300_000) }
        for frame in expected { try await writer.append(Self.batch(frame)) }
        try await writer.close()
        try await Self.expectAll(expected, in: log)
        #expect(log.storageNotes.count <= 1)
    }

    @Test("without direct writes there are none, and nothing to tell")
    func never() async throws {
        let scratch = Scratch()
        let storage = FileStorage(directWrites: .never)
        #expect(try !storage.open(scratch.path("file"), .createNew).takesBlocks)
        #expect(storage.notes.isEmpty)
    }
}
