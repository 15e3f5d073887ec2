import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Consumer groups")
struct GroupTests {
    private let frames = TopicPartition("frames", 3)

    @Test("a group resumes where it committed, also from a copy of the files of a living owner")
    func resume() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 100, by: 10) { try await writer.append(batch(start..<start + 10)) }
        let group = try await log.group("analysis")
        let begin = await group.positions.start(in: readings)
        #expect(begin == .earliest)
        let reader = try await log.reader(for: readings, from: begin)
        while await reader.position < 50 { _ = try await reader.next() }
        try await group.commit([readings: await reader.position])
        // What a killed process leaves: the files as they are, nothing closed, no lock.
        try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("copy"))
        let copy = try await EmbeddedLog(directory: scratch.path("copy"), creating: false)
        let resumed = try await copy.group("analysis")
        let start = await resumed.positions.start(in: readings)
        #expect(start == .offset(50))
        #expect(try await counts(copy.reader(for: readings, from: start)) == (50..<100).map { UInt64($0) })
        try await resumed.close()
        try await group.close()
        try await writer.close()
    }

    @Test("positions are read by anybody, and a commit leaves those it does not name")
    func positions() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let other = try await EmbeddedLog(directory: scratch.path("log"))
        let group = try await log.group("a.b-c_1")
        #expect(try await other.positions(of: "a.b-c_1").offsets.isEmpty)
        try await group.commit([readings: 5, frames: 7])
        try await group.commit([frames: 8, TopicPartition("frames", 1): 9])
        try await group.commit([:])
        let expected = [readings: UInt64(5), frames: 8, TopicPartition("frames", 1): 9]
        #expect(try await other.positions(of: "a.b-c_1").offsets == expected)
        #expect(await group.positions.offsets == expected)
        #expect(await group.positions.partitions == [TopicPartition("frames", 1), frames, readings])
        // Back is allowed: that is how a group is reset.
        try await group.commit([readings: 0])
        try await group.close()
        try await group.close()
        #expect(try await log.positions(of: "a.b-c_1")[readings] == 0)
        let closed = try await #require(throws: LogError.self) { try await group.commit([readings: 1]) }
        #expect(closed.code == .closed)
    }

    @Test("a commit of many positions is one batch: all or none of it is in the log")
    func atomic() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let group = try await log.group("g")
        let topic = TopicPartition("_penstock.positions.g")
        var first: [TopicPartition: UInt64] = [:]
        for number in 0..<100 { first[TopicPartition("t", number)] = 1 }
        try await group.commit(first)
        try await group.commit(first.mapValues { $0 + 1 })
        // The second batch cut short, as a crash in the middle of its write would leave it.
        let segment = try #require(try scratch.segments(topic).last)
        let size = try byteCount(segment)
        let middle = 4096 + (size - 4096) / 2
        for cutting in [middle + 64, middle + 640, size - 64] {
            try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("copy"))
            defer { try? FileManager.default.removeItem(atPath: scratch.path("copy")) }
            try cut(segment.replacingOccurrences(of: "/log/", with: "/copy/"), to: cutting)
            try FileManager.default.removeItem(atPath: scratch.path("copy/_penstock.positions.g/0/head"))
            let copy = try await EmbeddedLog(directory: scratch.path("copy"))
            #expect(Set(try await copy.positions(of: "g").offsets.values) == [1])
        }
        #expect(Set(try await log.positions(of: "g").offsets.values) == [2])
        try await group.close()
    }

    @Test("a group has one owner, and the second is told who it is", arguments: [true, false])
    func oneOwner(sameLog: Bool) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let other = sameLog ? log : try await EmbeddedLog(directory: scratch.path("log"))
        let group = try await log.group("g")
        let error = try await #require(throws: LogError.self) { try await other.group("g") }
        let process = "process \(ProcessInfo.processInfo.processIdentifier) on host "
        #expect(error.code == .partitionOwned)
        #expect(error.summary.hasPrefix("the consumer group g already has an owner: \(process)"))
        let deletion = try await #require(throws: LogError.self) { try await other.deleteGroup("g") }
        #expect(deletion.code == .partitionOwned)
        try await group.close()
        try await other.group("g").close()
    }

    @Test("groups are listed and deleted, and their topics are the log's own")
    func lifecycle() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        for name in ["b", "a"] { try await log.group(name).close() }
        #expect(try await log.groups() == ["a", "b"])
        #expect(try await log.topics() == ["readings"])
        let own = "_penstock.positions.a"
        for attempt in 0..<5 {
            let error = try await #require(throws: LogError.self) {
                switch attempt {
                case 0:
                    _ = try await log.createTopic(own, schema: Reading.schema, configuration: TopicConfiguration())
                case 1: _ = try await log.writer(for: TopicPartition(own))
                case 2: try await log.deleteTopic(own)
                case 3: _ = try await log.alterTopic(own, TopicChange(segmentBytes: 1 << 20))
                default: try await log.truncate(TopicPartition(own), before: 0)
                }
            }
            #expect(error.code == .invalidTopicName)
        }
        try await log.deleteGroup("a")
        #expect(try await log.groups() == ["b"])
        let missing = try await #require(throws: LogError.self) { try await log.positions(of: "a") }
        #expect(missing.code == .groupNotFound && missing.hint == "groups of the log: b")
        await #expect(throws: LogError.self) { try await log.deleteGroup("a") }
        for name in ["", ".a", "a/b", String(repeating: "x", count: 181)] {
            let error = try await #require(throws: LogError.self) { try await log.group(name) }
            #expect(error.code == .invalidConfiguration)
        }
        try await log.group(String(repeating: "x", count: 180)).close()
    }

    @Test("any number of commits take a bounded number of bytes")
    func bounded() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let topic = TopicPartition("_penstock.positions.g")
        let group = try await log.group("g")
        // A commit of 100 positions is more than 2 kB: three segments of the topic and more.
        for round in 1...20 {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for step in 0..<80 {
                    tasks.addTask {
                        var offsets: [TopicPartition: UInt64] = [:]
                        for number in 0..<100 { offsets[TopicPartition("t", number)] = UInt64(round * 1000 + step) }
                        try await group.commit(offsets)
                    }
                }
                try await tasks.waitForAll()
            }
            try await group.commit([readings: UInt64(round)])
        }
        let live = await group.positions
        try await group.close()
        #expect(log.maintenanceFailures == [])
        #expect(try await log.positions(of: "g") == live)
        #expect(live[readings] == 20)
        let bytes = try scratch.segments(topic).reduce(0) { $0 + (try byteCount($1)) }
        #expect(bytes < 2 * (1 << 20))
        #expect(try await log.describe(topic.topic).partitions[0].nextOffset == 20 * 8001)
    }
}
