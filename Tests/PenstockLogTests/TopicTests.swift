import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Logs and topics")
struct TopicTests {
    @Test("topics are created, listed, described and deleted")
    func lifecycle() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let configuration = TopicConfiguration(partitions: 3, durability: .pageCache, segmentBytes: 1 << 20)
        _ = try await log.createTopic("b.frames", schema: Frame.schema, configuration: configuration)
        _ = try await log.createTopic("a-readings", schema: Reading.schema, configuration: TopicConfiguration())
        #expect(try await log.topics() == ["a-readings", "b.frames"])
        let again = try await EmbeddedLog(directory: scratch.path("log"), creating: false)
        let description = try await again.describe("b.frames")
        #expect(description.schema == Frame.schema && description.configuration == configuration)
        #expect(description.partitions == (0..<3).map { .init(number: $0, firstOffset: 0, nextOffset: 0) })
        // The unit is kept, although it is not part of the identity.
        #expect(try await again.describe("a-readings").schema.fields[1].unit == "K")
        try await again.deleteTopic("b.frames")
        #expect(try await log.topics() == ["a-readings"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path("log")).sorted() == [
                "a-readings", "penstock-log",
            ])
        let error = try await #require(throws: LogError.self) { try await log.describe("b.frames") }
        #expect(error.code == .topicNotFound && error.hint == "topics of the log: a-readings")
    }

    @Test("a topic of another schema is refused, naming both")
    func otherSchema() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        _ = try await log.openTopic("readings", schema: Reading.schema, creatingWith: TopicConfiguration(partitions: 9))
        let error = try await #require(throws: LogError.self) {
            try await log.openTopic("readings", schema: Frame.schema, creatingWith: TopicConfiguration())
        }
        #expect(error.code == .schemaMismatch && error.category == .configuration)
        #expect(error.summary.contains("Reading@1") && error.summary.contains("Frame@1"))
        let exists = try await #require(throws: LogError.self) {
            try await log.createTopic("readings", schema: Reading.schema, configuration: TopicConfiguration())
        }
        #expect(exists.code == .topicExists)
        let writer = try await log.writer(for: readings)
        let foreign = try await #require(throws: LogError.self) {
            try await writer.append(RecordBatchBuilder(schemaID: Frame.schema.id))
        }
        #expect(foreign.code == .schemaMismatch)
        try await writer.close()
    }

    @Test(
        "names of topics follow the rules",
        arguments: ["", ".hidden", "a/b", "..", "größe", "a b", "penstock-log", String(repeating: "x", count: 201)])
    func names(name: String) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let error = try await #require(throws: LogError.self) {
            try await log.createTopic(name, schema: Reading.schema, configuration: TopicConfiguration())
        }
        #expect(error.code == .invalidTopicName && error.category == .usage)
    }

    @Test("impossible configurations and partitions are refused")
    func configurations() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        for configuration in [TopicConfiguration(partitions: 0), .init(partitions: 4097), .init(segmentBytes: 1000)] {
            let error = try await #require(throws: LogError.self) {
                try await log.createTopic("t", schema: Reading.schema, configuration: configuration)
            }
            #expect(error.code == .invalidConfiguration)
        }
        let error = try await #require(throws: LogError.self) {
            try await log.writer(for: TopicPartition("readings", 1))
        }
        #expect(error.code == .partitionNotFound)
    }

    @Test("a directory with other things, a file, and a path that is not there are no logs")
    func notALog() async throws {
        let scratch = Scratch()
        try Data("x".utf8).write(to: URL(fileURLWithPath: scratch.path("notes.txt")))
        for (path, creating, code) in [
            (scratch.path, true, LogError.Code.notALog), (scratch.path("notes.txt"), true, .notALog),
            (scratch.path("absent"), false, .logNotFound), (scratch.path("absent/log"), true, .storage),
        ] {
            let error = try await #require(throws: LogError.self) {
                try await EmbeddedLog(directory: path, creating: creating)
            }
            #expect(error.code == code)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["notes.txt"])
    }

    @Test("a log and a topic of a newer version are refused as such")
    func newerVersion() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let topic = scratch.path("log/readings/topic")
        let text = try String(contentsOfFile: topic, encoding: .utf8)
        try text.replacingOccurrences(of: "penstock-topic 1", with: "penstock-topic 2")
            .write(toFile: topic, atomically: true, encoding: .utf8)
        let topicError = try await #require(throws: LogError.self) { try await log.describe("readings") }
        #expect(topicError.code == .newerFormat)
        try text.replacingOccurrences(of: "partitions: 1", with: "partitions: 2")
            .write(toFile: topic, atomically: true, encoding: .utf8)
        let damaged = try await #require(throws: LogError.self) { try await log.describe("readings") }
        #expect(damaged.code == .damaged)
        try "penstock-log 2\n".write(toFile: scratch.path("log/penstock-log"), atomically: true, encoding: .utf8)
        let error = try await #require(throws: LogError.self) { try await EmbeddedLog(directory: scratch.path("log")) }
        #expect(error.code == .newerFormat && error.category == .configuration)
    }

    @Test("batches and records above their limits, and empty batches, are refused")
    func limits() async throws {
        let scratch = Scratch()
        var limits = LogLimits()
        limits.recordBytes = 1000
        limits.batchBytes = 4000
        let log = try await EmbeddedLog.withReadings(scratch, limits: limits)
        _ = try await log.createTopic("frames", schema: Frame.schema, configuration: TopicConfiguration())
        let frames = try await log.writer(for: TopicPartition("frames"))
        let record = try await #require(throws: LogError.self) {
            var large = RecordBatchBuilder(schemaID: Frame.schema.id)
            let frame = Frame(number: 0, label: "", pixels: [UInt8](repeating: 1, count: 1000))
            large.append(frame, time: Timestamp(nanoseconds: 0))
            return try await frames.append(large)
        }
        #expect(record.code == .invalidBatch && record.summary.contains("1012"))
        let writer = try await log.writer(for: readings)
        let size = try await #require(throws: LogError.self) { try await writer.append(batch(0..<200)) }
        #expect(size.code == .invalidBatch)
        let empty = try await #require(throws: LogError.self) { try await writer.append(batch(0..<0)) }
        #expect(empty.code == .invalidBatch)
        #expect(try await writer.append(batch(0..<10)).firstOffset == 0)
        try await writer.close()
        try await frames.close()
    }

    @Test("a description tells the event times of segments that have indexes, and whether the stream has ended")
    func eventTimes() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
        func partition() async throws -> TopicDescription.Partition { try await log.describe("readings").partitions[0] }
        let empty = try await partition()
        #expect(empty.eventTimes == nil && empty.isEnded == nil)
        var writer = try await log.writer(for: readings)
        for number in (5..<305).reversed() { try await writer.append(batch(number * 10..<number * 10 + 10)) }
        // Nobody knows yet what the open segment will hold.
        let open = try await partition()
        #expect(open.eventTimes == nil && open.isEnded == false)
        try await writer.close()
        let closed = try await partition()
        let all = Timestamp(nanoseconds: 50)...Timestamp(nanoseconds: 3049)
        #expect(closed.segments > 1 && closed.eventTimes == all && closed.isEnded == false)
        writer = try await log.writer(for: readings)
        try await writer.append(control: .endOfStream)
        #expect(try await partition().isEnded == true)
        try await writer.close()
        let ended = try await partition()
        #expect(ended.isEnded == true && ended.eventTimes == all)
    }
}
