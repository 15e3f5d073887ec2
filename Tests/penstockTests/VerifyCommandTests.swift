import Foundation
import PenstockEvents
import Testing

@Suite("topic verify")
struct VerifyCommandTests {
    @Test("an intact log is told in one line, with status 0")
    func intact() async throws {
        let place = try Workplace()
        try await place.fillReadings()
        let outcome = try place.succeed("topic", "verify")
        #expect(outcome.output.hasPrefix("intact: 60 records in 6 batches, 1 segment, 1 partition, 1 topic: "))
        #expect(outcome.errors.isEmpty)
        #expect(try place.succeed("topic", "verify", "--all").lines.count == 1)
    }

    /// Ways to damage a topic of one segment, and the place that has to be named.
    enum Damage: String, CaseIterable {
        case superblock, header, body, seal, missingSegment, cutFile

        func inflict(on segment: String, _ place: Workplace) throws {
            switch self {
            case .superblock: try place.flip(segment, at: 20)
            case .header: try place.flip(segment, at: 4096 + 448 + 9)
            case .body: try place.flip(segment, at: 4096 + 448 + 300)
            case .seal: try place.flip(segment, at: 2048 + 17)
            case .missingSegment: try FileManager.default.removeItem(atPath: place(segment))
            case .cutFile: try place.write(place.read(segment).prefix(5000), to: segment)
            }
        }

        var place: String {
            switch self {
            case .superblock: "byte 0"
            case .header, .body: "offsets 10..<20"
            case .seal: "byte 2048"
            case .missingSegment: "offsets 0..<60"
            case .cutFile: "offsets 20..<60"
            }
        }
    }

    @Test("every class of damage is found, with its place and status 65", arguments: Damage.allCases)
    func damaged(damage: Damage) async throws {
        let place = try Workplace()
        try await place.fillReadings()
        let segment = try #require(try place.segments("readings/0").first)
        try damage.inflict(on: segment, place)
        let outcome = try place.run("topic", "verify", "readings")
        #expect(outcome.status == 65)
        let first = try #require(outcome.lines.first)
        #expect(first.hasPrefix("damage: readings/0 ") && first.contains(damage.place), "\(outcome.output)")
        #expect(outcome.lines.last?.hasPrefix("DAMAGED, 1 place; readable: ") == true)
        let json = try place.run("topic", "verify", "--json").json()
        #expect(json["damaged"] as? Bool == true)
        let findings = try #require(json["findings"] as? [[String: Any]])
        #expect(findings.count == 1 && findings[0]["severity"] as? String == "damage")
        #expect(findings[0]["topic"] as? String == "readings" && findings[0]["file"] is String)
    }

    @Test("what a newer version wrote is told by a word of its own, with status 65, and is not called damage")
    func newer() async throws {
        let place = try Workplace()
        try await place.fillReadings()
        let segment = try #require(try place.segments("readings/0").first)
        // A first block of version 2, with the checksum that docs/event-log-format.md asks for.
        var bytes = Array(try place.read(segment))
        bytes[8] = 2
        let checksum = bytes[..<56].withUnsafeBytes { CRC32C.checksum($0) }
        for index in 0..<4 { bytes[56 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index)) }
        try place.write(Data(bytes), to: segment)
        let outcome = try place.run("topic", "verify", "readings")
        #expect(outcome.status == 65)
        #expect(outcome.lines.first?.hasPrefix("newer-format: readings/0 offsets 0..<60 ") == true, "\(outcome.output)")
        #expect(outcome.lines.first?.contains("written by a newer version") == true)
        #expect(outcome.lines.last?.hasPrefix("NEWER FORMAT, 1 place not checked; the rest is intact: ") == true)
        #expect(!outcome.output.contains("amage"))
        let json = try place.run("topic", "verify", "--json").json()
        #expect(json["damaged"] as? Bool == false && json["newer_format"] as? Bool == true)
        let findings = try #require(json["findings"] as? [[String: Any]])
        #expect(findings.map { $0["severity"] as? String } == ["newer-format"])
    }

    @Test("one damaged topic does not hide the others")
    func others() async throws {
        let place = try Workplace()
        try await place.fillReadings()
        try place.succeed("topic", "create", "other", "--schema", "A@1 { }")
        try place.flip(try #require(try place.segments("readings/0").first), at: 20)
        #expect(try place.run("topic", "verify", "other").status == 0)
        let list = try place.run("topic", "list")
        #expect(list.output.contains("other"))
        #expect(try place.run("topic", "verify", "nothing").status == 66)
    }
}
