import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Records on the command line")
struct RecordCommandTests {
    @Test("L20: dump decodes the fields by the topic's schema, as lines of JSON")
    func dumpJSON() async throws {
        let place = try Workplace()
        try await place.fillReadings(60, ends: true)
        let lines = try place.succeed("topic", "dump", "readings", "--json").lines
        #expect(lines.count == 61)
        #expect(
            lines[3]
                == #"{"partition":0,"offset":3,"time":"2023-11-14T22:13:23.000000000Z","time_ns":1700000003000000000,"#
                + #""fields":{"sensor":3,"value":0.75},"payload_bytes":0}"#)
        #expect(lines[60] == #"{"partition":0,"offset":60,"control":{"kind":"end_of_stream"}}"#)
    }

    @Test("dump prints a table whose columns line up")
    func dumpText() async throws {
        let place = try Workplace()
        try await place.fillReadings(60, ends: true)
        let lines = try place.succeed("topic", "dump", "readings", "--from", "58", "--fields", "value").lines
        #expect(
            lines == [
                "OFFSET  TIME                            KEY HASH  value (K)",
                "    58  2023-11-14T22:14:18.000000000Z  -              14.5",
                "    59  2023-11-14T22:14:19.000000000Z  -             14.75",
                "    60  -- end of stream --",
            ])
    }

    @Test(
        "dump begins where it is told",
        arguments: [
            ("first", 0), ("0", 0), ("17", 17), ("last", 59), ("2023-11-14T22:13:50Z", 30),
            ("2023-11-14T22:13:49.5Z", 30), ("2023-11-14", 0),
        ] as [(String, Int)])
    func from(start: String, offset: Int) async throws {
        let place = try Workplace()
        try await place.fillReadings()
        let lines = try place.succeed("topic", "dump", "readings", "--json", "--from", start, "--count", "1").lines
        #expect(lines.count == 1 && lines[0].contains("\"offset\":\(offset),"))
    }

    @Test("dump from a time behind everything prints nothing")
    func fromTheFuture() async throws {
        let place = try Workplace()
        try await place.fillReadings()
        #expect(try place.succeed("topic", "dump", "readings", "--json", "--from", "2100-01-01").output.isEmpty)
    }

    @Test("dump stops at damage with status 65, and goes on behind it with --skip-damage")
    func damage() async throws {
        let place = try Workplace()
        try await place.fillReadings()
        let segment = try #require(try place.segments("readings/0").first)
        // The third batch: 128 bytes of header, 84 of columns padded to 128, 160 of attributes, padded to 448.
        try place.flip(segment, at: 4096 + 2 * 448 + 128)
        let stopped = try place.run("topic", "dump", "readings", "--json")
        #expect(stopped.status == 65 && stopped.lines.count == 20)
        #expect(stopped.errors.hasPrefix("error: readings/0: offsets 20..<30 are damaged in \(segment) at byte 4992"))
        let skipped = try place.run("topic", "dump", "readings", "--json", "--skip-damage")
        #expect(skipped.status == 65 && skipped.lines.count == 50 && skipped.errors.contains("20..<30"))
    }

    /// The third of six batches of ten records is damaged.
    private func damaged(ends: Bool = false) async throws -> Workplace {
        let place = try Workplace()
        try await place.fillReadings(60, ends: ends)
        try place.flip(try #require(try place.segments("readings/0").first), at: 4096 + 2 * 448 + 128)
        return place
    }

    @Test("tail stops at damage with status 65, and goes on behind it with --skip-damage", arguments: [[], ["-f"]])
    func damagedTail(following: [String]) async throws {
        let place = try await damaged(ends: true)
        let arguments = ["topic", "tail", "readings", "-n", "41", "--json"] + following
        let stopped = try place.start(arguments).wait()
        #expect(stopped.status == 65 && stopped.output.isEmpty)
        let message = "error: readings/0: offsets 20..<30 are damaged in penstock-log/readings/0/"
        #expect(stopped.errors.hasPrefix(message), "\(stopped.errors)")
        let skipped = try place.start(arguments + ["--skip-damage"]).wait()
        #expect(skipped.status == 65 && skipped.errors == stopped.errors)
        #expect(skipped.lines.count == 31 && skipped.lines.last?.contains("end_of_stream") == true)
        let dumped = try place.run("topic", "dump", "readings", "--json", "--from", "20", "--skip-damage")
        #expect(dumped.output == skipped.output && dumped.errors == skipped.errors)
    }

    @Test("export stops at damage and leaves no file; with --skip-damage it takes what is intact, and says so")
    func damagedExport() async throws {
        let place = try await damaged()
        let stopped = try place.run("topic", "export", "readings", "out.csv")
        #expect(stopped.status == 65 && stopped.errors.hasPrefix("error: readings/0: offsets 20..<30 are damaged in "))
        #expect((try? place.read("out.csv")) == nil)
        let skipped = try place.run("topic", "export", "readings", "out.csv", "--skip-damage")
        #expect(skipped.status == 65 && skipped.errors == stopped.errors)
        #expect(skipped.output == "exported 50 records of readings to out.csv\n")
        #expect(try String(decoding: place.read("out.csv"), as: UTF8.self).split(separator: "\n").count == 51)
    }

    @Test("L20: tail prints the last records of each partition")
    func tail() async throws {
        let place = try Workplace()
        try await place.fillReadings(60, partitions: 2)
        let lines = try place.succeed("topic", "tail", "readings", "-n", "2", "--json").lines
        let offsets = try lines.map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])["offset"] as? Int
        }
        #expect(offsets == [58, 59, 58, 59])
    }

    @Test("L20: tail -f prints what another process appends, and ends with the stream")
    func follow() async throws {
        let place = try Workplace()
        try await place.fillReadings(20)
        let following = try place.start(["topic", "tail", "readings", "-f", "-n", "1", "--json"])
        #expect(following.waitForLines(1))
        let log = try await EmbeddedLog(directory: place("penstock-log"))
        let writer = try await log.writer(for: TopicPartition("readings"))
        try await writer.append(Workplace.readings(20..<30))
        #expect(following.waitForLines(11))
        try await writer.append(control: .endOfStream)
        try await writer.close()
        let outcome = try following.wait()
        #expect(outcome.status == 0 && outcome.lines.count == 12)
    }

    @Test("Ctrl-C ends tail -f with status 130")
    func interrupt() async throws {
        let place = try Workplace()
        try await place.fillReadings(20)
        let following = try place.start(["topic", "tail", "readings", "-f", "--json"])
        #expect(following.waitForLines(10))
        following.send(SIGINT)
        let outcome = try following.wait()
        #expect(outcome.status == 130 && !outcome.wasKilled && outcome.errors.isEmpty)
    }

    @Test("a reader that goes away ends the program quietly")
    func closedPipe() async throws {
        let place = try Workplace()
        try await place.fillReadings(5000)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "'\(Workplace.program)' topic dump readings 2>errors | head -n 1 >first"]
        process.currentDirectoryURL = URL(fileURLWithPath: place.path)
        try process.run()
        process.waitUntilExit()
        let (errors, first) = (try place.read("errors"), try place.read("first"))
        #expect(errors.isEmpty && first.count > 10)
    }
}
