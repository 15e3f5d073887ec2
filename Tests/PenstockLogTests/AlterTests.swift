import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Configurations of topics and their change")
struct AlterTests {
    @Test("a configuration comes back from the description, and a plain topic's description has no further lines")
    func roundTrip() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let full = TopicConfiguration(
            partitions: 2, durability: .memory, segmentBytes: 1 << 20,
            retention: Retention(bytes: 123, age: .milliseconds(1500), untilConsumedBy: ["b", "a"]), codec: .lz4)
        _ = try await log.createTopic("full", schema: Reading.schema, configuration: full)
        let state = TopicConfiguration(compactionKey: ["count", "sensor"])
        _ = try await log.createTopic("state", schema: Reading.schema, configuration: state)
        _ = try await log.createTopic("plain", schema: Reading.schema, configuration: TopicConfiguration())
        let other = try await EmbeddedLog(directory: scratch.path("log"))
        #expect(try await other.describe("full").configuration == full)
        #expect(try await other.describe("state").configuration == state)
        func lines(_ topic: String) throws -> [String] {
            try String(contentsOfFile: scratch.path("log/\(topic)/topic"), encoding: .utf8).split(separator: "\n")
                .dropFirst(6).dropLast().map { String($0) }
        }
        #expect(try lines("plain") == [])
        #expect(
            try lines("full") == [
                "retention-bytes: 123", "retention-nanoseconds: 1500000000", "retention-until-consumed-by: a b",
                "codec: lz4",
            ])
        #expect(try lines("state") == ["compaction-key: count sensor"])
    }

    @Test("lines of a newer version survive a change")
    func unknownLines() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let file = scratch.path("log/readings/topic")
        var lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").dropLast().map {
            String($0)
        }
        lines.append("replicas: 3")
        let text = lines.map { $0 + "\n" }.joined()
        let checksum = Array(text.utf8).withUnsafeBytes { CRC32C.checksum($0) }
        let digits = String(checksum, radix: 16)
        let padded = String(repeating: "0", count: 8 - digits.count) + digits
        try (text + "crc32c: \(padded)\n").write(toFile: file, atomically: true, encoding: .utf8)
        _ = try await log.alterTopic("readings", TopicChange(segmentBytes: 1 << 20))
        let altered = try String(contentsOfFile: file, encoding: .utf8)
        #expect(altered.contains("\nreplicas: 3\n") && altered.contains("\nsegment-bytes: 1048576\n"))
        #expect(try await log.describe("readings").configuration.segmentBytes == 1 << 20)
    }

    @Test(
        "impossible options are refused, at creation and at a change",
        arguments: [
            TopicConfiguration(retention: Retention(bytes: 0)), .init(retention: Retention(age: .zero)),
            .init(retention: Retention(age: .seconds(-1))), .init(retention: Retention(untilConsumedBy: ["a/b"])),
            .init(retention: Retention(untilConsumedBy: ["a", "a"])),
            .init(retention: Retention(untilConsumedBy: (0..<17).map { "g\($0)" })), .init(compactionKey: ["nothing"]),
            .init(compactionKey: ["count", "count"]),
            .init(retention: Retention(bytes: 1), compactionKey: ["count"]),
        ])
    func refused(configuration: TopicConfiguration) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let error = try await #require(throws: LogError.self) {
            try await log.createTopic("t", schema: Reading.schema, configuration: configuration)
        }
        #expect(error.code == .invalidConfiguration && error.hint != nil)
        #expect(try await log.topics() == [])
        var plain = configuration
        plain.retention = .everything
        guard configuration.retention != .everything,
            (try? await log.createTopic("t", schema: Reading.schema, configuration: plain)) != nil
        else { return }
        let change = try await #require(throws: LogError.self) {
            try await log.alterTopic("t", TopicChange(retention: configuration.retention))
        }
        #expect(change.code == .invalidConfiguration)
        #expect(try await log.describe("t").configuration == plain)
    }

    @Test("a payload cannot be a key")
    func payloadKey() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let error = try await #require(throws: LogError.self) {
            try await log.createTopic(
                "t", schema: Frame.schema, configuration: TopicConfiguration(compactionKey: ["pixels"]))
        }
        #expect(error.code == .invalidConfiguration && error.hint == "choose from number, label")
    }

    @Test("a live writer takes a change over at its next segment, whoever made it", arguments: [true, false])
    func liveWriter(sameLog: Bool) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
        let other = sameLog ? log : try await EmbeddedLog(directory: scratch.path("log"))
        let writer = try await log.writer(for: readings)
        #expect(try await writer.append(batch(0..<1)).durability == .pageCache)
        let description = try await other.alterTopic(
            "readings", TopicChange(durability: .durable, segmentBytes: 256 << 10))
        #expect(description.configuration.durability == .durable && description.configuration.segmentBytes == 256 << 10)
        // Behind the next segment's beginning.
        while try scratch.segments(readings).count == 1 { try await writer.append(batch(0..<500)) }
        #expect(try await writer.append(batch(0..<500)).durability == .durable)
        while try scratch.segments(readings).count == 2 { try await writer.append(batch(0..<500)) }
        let sizes = try scratch.segments(readings).map { try byteCount($0) }
        #expect(sizes[0] <= 64 << 10 && sizes[1] > 200 << 10 && sizes[1] <= 256 << 10)
        try await writer.close()
    }

    @Test("changes made at the same time are all made")
    func concurrentChanges() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let changes = [
            TopicChange(retention: Retention(bytes: 5)), TopicChange(durability: .memory),
            TopicChange(segmentBytes: 1 << 20), TopicChange(codec: .lz4),
        ]
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for change in changes { tasks.addTask { _ = try await log.alterTopic("readings", change) } }
            try await tasks.waitForAll()
        }
        let expected = TopicConfiguration(
            durability: .memory, segmentBytes: 1 << 20, retention: Retention(bytes: 5), codec: .lz4)
        #expect(try await log.describe("readings").configuration == expected)
        let missing = try await #require(throws: LogError.self) { try await log.alterTopic("absent", TopicChange()) }
        #expect(missing.code == .topicNotFound)
    }

    @Test(
        "a change is whole or not made when it fails",
        arguments: ["write .topic-new", "sync .topic-new", "rename topic"])
    func failedChange(step: String) async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await EmbeddedLog.withReadings(scratch, storage: storage)
        let before = try await log.describe("readings").configuration
        storage.fail(step, with: .noSpace)
        let error = try await #require(throws: LogError.self) {
            try await log.alterTopic("readings", TopicChange(segmentBytes: 1 << 20))
        }
        #expect(error.code == .noSpace)
        #expect(try await log.describe("readings").configuration == before)
        storage.fail(step, with: nil)
        let after = try await log.alterTopic("readings", TopicChange(segmentBytes: 1 << 20)).configuration
        #expect(after.segmentBytes == 1 << 20)
    }
}
