import Foundation
import PenstockEvents
import PenstockLog
import Testing

/// Every option changes something that can be seen: what is seen with it must differ from what is seen without.
@Suite("Options have effects")
struct OptionTests {
    /// What can be seen of a topic to which 20,000 readings were appended.
    private struct Sight: Equatable {
        var partitions = 0
        var durability: Durability?
        var segments = 0
        var byteCount = 0
        var firstOffset: UInt64 = 0
        var records = 0
    }

    private static func look(_ configuration: TopicConfiguration, _ change: TopicChange? = nil) async throws -> Sight {
        let scratch = Scratch()
        let clock = ManualClock(seconds: 1000)
        let log = try await EmbeddedLog(directory: scratch.path("log"), clock: clock)
        _ = try await log.createTopic("readings", schema: Reading.schema, configuration: configuration)
        if let change { _ = try await log.alterTopic("readings", change) }
        let writer = try await log.writer(for: readings)
        var sight = Sight()
        for start in stride(from: 0, to: 20_000, by: 500) {
            clock.set(seconds: 1000 + Int64(start))
            sight.durability = try await writer.append(batch(start..<start + 500)).durability
        }
        try await writer.close()
        let description = try await log.describe("readings")
        sight.partitions = description.partitions.count
        sight.segments = description.partitions[0].segments
        sight.byteCount = description.partitions[0].byteCount
        sight.firstOffset = description.partitions[0].firstOffset
        sight.records = try await counts(log.reader(for: readings, from: .earliest)).count
        return sight
    }

    private static let segmentBytes = 64 << 10

    private static func configured(_ change: (inout TopicConfiguration) -> Void = { _ in }) -> TopicConfiguration {
        var configuration = TopicConfiguration(durability: .pageCache, segmentBytes: segmentBytes)
        change(&configuration)
        return configuration
    }

    /// What shows the effect of every option, beside what is seen without it.
    private static func effect(of name: String, plain: Sight) async throws {
        switch name {
        case "partitions":
            #expect(try await look(configured { $0.partitions = 3 }).partitions != plain.partitions)
        case "durability":
            #expect(try await look(configured { $0.durability = .memory }).durability == .memory)
            #expect(plain.durability == .pageCache)
        case "segmentBytes":
            #expect(try await look(configured { $0.segmentBytes = 256 << 10 }).segments < plain.segments)
        case "codec":
            #expect(try await look(configured { $0.codec = .lz4 }).byteCount < plain.byteCount)
        case "retention":
            #expect(try await look(configured { $0.retention = Retention(bytes: 1) }).records < plain.records)
        case "retention.bytes":
            let seen = try await look(configured { $0.retention = Retention(bytes: 200_000) })
            #expect(seen.byteCount >= 200_000 && seen.byteCount < 200_000 + segmentBytes)
        case "retention.age":
            // The last batch is from 19,500 s; what was appended within 5,000 s before must be there, what is far older must not.
            let seen = try await look(configured { $0.retention = Retention(age: .seconds(5000)) })
            #expect(seen.firstOffset > 10_000 && seen.firstOffset <= 14_500)
        case "retention.untilConsumedBy":
            let held = try await look(
                configured { $0.retention = Retention(bytes: 200_000, untilConsumedBy: ["group"]) })
            #expect(held.firstOffset == 0 && held.records == 20_000)
        // A reading's number modulo 7 is its sensor.
        case "compactionKey":
            let compacted = try await look(configured { $0.compactionKey = ["sensor"] })
            #expect(compacted.records == 7 && compacted.firstOffset == 0)
        case "change.retention":
            #expect(try await look(configured(), TopicChange(retention: Retention(bytes: 1))).records < plain.records)
        case "change.durability":
            #expect(try await look(configured(), TopicChange(durability: .durable)).durability == .durable)
        case "change.segmentBytes":
            #expect(try await look(configured(), TopicChange(segmentBytes: 256 << 10)).segments < plain.segments)
        case "change.codec":
            #expect(try await look(configured(), TopicChange(codec: .lz4)).byteCount < plain.byteCount)
        default: Issue.record("no row shows what \(name) does")
        }
    }

    private static func fields(_ value: Any, _ prefix: String = "") -> [String] {
        Mirror(reflecting: value).children.compactMap { $0.label.map { prefix + $0 } }
    }

    @Test(
        "L17: every field of a topic's configuration, its retention and its change has an observable effect",
        arguments: fields(TopicConfiguration()) + fields(Retention(), "retention.") + fields(TopicChange(), "change."))
    func option(name: String) async throws {
        let plain = try await Self.look(Self.configured())
        #expect(plain.records == 20_000 && plain.firstOffset == 0)
        try await Self.effect(of: name, plain: plain)
    }

    @Test("L17: the bound on a compaction's memory takes more passes where it is lower")
    func compactionKeyBytes() async throws {
        func renames(_ keyBytes: Int?) async throws -> Int {
            let scratch = Scratch()
            var limits = LogLimits()
            if let keyBytes { limits.compactionKeyBytes = keyBytes }
            let storage = RecordingStorage()
            let log = try await EmbeddedLog(directory: scratch.path("log"), storage: storage, limits: limits)
            _ = try await log.createTopic(
                "readings", schema: Reading.schema,
                configuration: TopicConfiguration(durability: .pageCache, compactionKey: ["sensor"]))
            let writer = try await log.writer(for: readings)
            try await writer.append(batch(0..<100))
            let before = storage.calls.count
            try await writer.close()
            return storage.calls.dropFirst(before).count { $0 == "rename segment" }
        }
        #expect(try await renames(nil) == 1)
        #expect(try await renames(200) > 10)
    }

    @Test("L17: the bound on kept failures of maintenance holds")
    func maintenanceFailures() async throws {
        let scratch = Scratch()
        var limits = LogLimits()
        limits.maintenanceFailures = 2
        let storage = RecordingStorage()
        let log = try await EmbeddedLog(directory: scratch.path("log"), storage: storage, limits: limits)
        _ = try await log.createTopic(
            "readings", schema: Reading.schema,
            configuration: TopicConfiguration(
                durability: .pageCache, segmentBytes: 64 << 10, retention: Retention(bytes: 1)))
        storage.fail("rename start", with: .noSpace)
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 20_000, by: 500) { try await writer.append(batch(start..<start + 500)) }
        try await writer.close()
        #expect(try scratch.segments(readings).count > 3)
        #expect(log.maintenanceFailures.count == 2)
    }
}
