import PenstockEvents
import PenstockLog
import Testing

@Suite("A follower that falls behind the newest batches")
struct LaggingFollowerTests {
    private static let frames = TopicPartition("frames")

    private static func frame(_ number: Int) -> Frame {
        // Small and large batches, so that what fills blocks lies between some of them.
        let bytes = number % 5 == 0 ? 300_000 + number : 20_000 + 7 * number
        return Frame(
            number: UInt64(number), label: "frame \(number)",
            pixels: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) })
    }

    private static func append(_ numbers: Range<Int>, to writer: any TopicWriter) async throws {
        for number in numbers {
            var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
            builder.append(frame(number), time: Timestamp(nanoseconds: Int64(number)))
            try await writer.append(builder)
        }
    }

    private static func log(_ scratch: Scratch, _ storage: any Storage) async throws -> EmbeddedLog {
        var limits = LogLimits()
        limits.tailBytesPerPartition = 4096
        let log = try await EmbeddedLog(directory: scratch.path("log"), storage: storage, limits: limits)
        _ = try await log.createTopic(
            "frames", schema: Frame.schema,
            configuration: TopicConfiguration(durability: .pageCache, segmentBytes: 2 << 20))
        return log
    }

    private static func expect(_ numbers: Range<Int>, from reader: any TopicReader) async throws {
        var number = numbers.lowerBound
        while case .records(let records)? = try await reader.next() {
            for index in 0..<records.count {
                #expect(try records.event(Frame.self, at: index) == frame(number))
                number += 1
            }
        }
        #expect(number == numbers.upperBound)
    }

    @Test(
        "reads past the page cache what is not there, without a gap or a repetition",
        .enabled(if: DirectWriteTests.areDirectWritesPossible, "the file system takes no direct writes"))
    func pastTheCache() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage(directWrites: .automatic)
        let log = try await Self.log(scratch, storage)
        let writer = try await log.writer(for: Self.frames)
        try await Self.append(0..<20, to: writer)
        let follower = try await log.reader(for: Self.frames, from: .end)
        try await Self.append(20..<60, to: writer)
        #expect(!storage.calls.contains("read blocks"))
        try await Self.expect(20..<60, from: follower)
        #expect(storage.calls.contains("read blocks"))
        try await Self.append(60..<75, to: writer)
        try await Self.expect(60..<75, from: follower)
        try await writer.close()
    }

    @Test("reads the same where nothing goes past the page cache")
    func throughTheCache() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await Self.log(scratch, storage)
        let writer = try await log.writer(for: Self.frames)
        let follower = try await log.reader(for: Self.frames, from: .end)
        try await Self.append(0..<40, to: writer)
        try await Self.expect(0..<40, from: follower)
        #expect(!storage.calls.contains("read blocks"))
        try await writer.close()
    }

    @Test("gets attributes alone")
    func attributes() async throws {
        let scratch = Scratch()
        let log = try await Self.log(scratch, FileStorage())
        let writer = try await log.writer(for: Self.frames)
        let follower = try await log.reader(for: Self.frames, from: .end, parts: .attributes)
        try await Self.append(0..<40, to: writer)
        var offsets: [UInt64] = []
        while case .records(let records)? = try await follower.next() {
            #expect(!records.holdsPayloads)
            offsets += records.baseOffset..<records.nextOffset
        }
        #expect(offsets == (0..<40).map { UInt64($0) })
        try await writer.close()
    }
}
