import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Zeros between the batches of a compacted segment")
struct CompactedZerosTests {
    @Test("zeros up to a whole block are no filling in a compacted segment: the batch that they took is damage")
    func zeros() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let states = TopicPartition("states")
        _ = try await log.openTopic(
            "states", schema: State.schema, creatingWith: TopicConfiguration(compactionKey: ["key"]))
        let writer = try await log.writer(for: states)
        // By docs/event-log-format.md a header takes 128 bytes, time and stride 64, and the attributes 13 more than the key, rounded up
        // to 64: the batches begin at 4096, 4352 and 8192.
        for key in ["a", String(repeating: "b", count: 3600), "c"] {
            var builder = RecordBatchBuilder(schemaID: State.schema.id)
            builder.append(State(key: key, value: 12), time: Timestamp(nanoseconds: 1))
            try await writer.append(builder)
        }
        try await writer.close()
        _ = try await log.compact("states")
        let file = try #require(try scratch.segments(states).first)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        try #require(bytes[8192..<8196].elementsEqual("PSBT".utf8) && bytes[4352..<4356].elementsEqual("PSBT".utf8))
        bytes.replaceSubrange(4352..<8192, with: repeatElement(0, count: 8192 - 4352))
        try bytes.write(to: URL(fileURLWithPath: file))
        let reader = try await log.reader(for: states, from: .earliest)
        _ = try #require(try await reader.next())
        let error = try await #require(throws: LogError.self) { try await reader.next() }
        #expect(error.code == .damaged && error.place.offsets == 1..<2 && error.place.position == 4352)
        let report = try await log.verify(topic: "states")
        #expect(report.findings.map(\.severity) == [.damage] && report.findings.first?.place.offsets == 1..<2)
    }
}
