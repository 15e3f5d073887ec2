import Foundation
import PenstockLog
import Testing

@Suite("Topics on the command line")
struct TopicCommandTests {
    @Test("L20: a topic is created with what was said, and described with it")
    func createAndDescribe() throws {
        let place = try Workplace()
        let created = try place.succeed(
            "topic", "create", "readings", "--schema", Workplace.readingSchema, "--partitions", "3", "--durability",
            "pageCache", "--segment-bytes", "64MiB", "--retention-bytes", "1GiB", "--retention-age", "7d",
            "--keep-until-consumed-by", "plots", "--keep-until-consumed-by", "archive", "--codec", "lz4")
        #expect(created.output == "created readings in penstock-log: 3 partitions, pageCache\n")
        let json = try place.succeed("topic", "describe", "readings", "--json").json()
        let configuration = try #require(json["configuration"] as? [String: Any])
        #expect(json["schema"] as? String == Workplace.readingSchema)
        #expect(configuration["partitions"] as? Int == 3 && configuration["segment_bytes"] as? Int == 67_108_864)
        #expect(configuration["durability"] as? String == "pageCache" && configuration["codec"] as? String == "lz4")
        #expect(configuration["retention_bytes"] as? Int == 1_073_741_824)
        #expect(configuration["retention_age_seconds"] as? Double == 604_800)
        #expect(configuration["keep_until_consumed_by"] as? [String] == ["archive", "plots"])
        #expect((json["partitions"] as? [[String: Any]])?.count == 3)
        let text = try place.succeed("topic", "describe", "readings").output
        #expect(text.contains("keeps        1 GiB a partition; 7d; until consumed by archive, plots\n"))
    }

    @Test("L20: list tells records and bytes of every topic; an empty log has none")
    func list() async throws {
        let place = try Workplace()
        try await place.fillReadings(60, partitions: 2)
        try place.succeed("topic", "create", "alarms", "--schema", "Alarm@1 { }")
        let json = try place.succeed("topic", "list", "--json").json()
        let topics = try #require(json["topics"] as? [[String: Any]])
        #expect(topics.map { $0["name"] as? String } == ["alarms", "readings"])
        #expect(topics.map { $0["records"] as? Int } == [0, 120])
        let lines = try place.succeed("topic", "list").lines
        #expect(lines.count == 3 && lines[2].hasPrefix("readings") && lines[2].contains(" 120 "))
    }

    @Test("the log is the option's, else the environment's, else ./penstock-log")
    func whichLog() throws {
        let place = try Workplace()
        try place.succeed("topic", "create", "here", "--schema", "A@1 { }")
        try place.succeed("topic", "create", "there", "--schema", "A@1 { }", "--log", "other")
        let environment = ["PENSTOCK_LOG": "other"]
        #expect(try place.run("topic", "list").output.contains("here"))
        #expect(try place.run("topic", "list", environment: environment).output.contains("there"))
        let both = try place.run("topic", "list", "--log", "penstock-log", environment: environment)
        #expect(both.output.contains("here"))
    }

    @Test("alter changes what was named and leaves the rest")
    func alter() throws {
        let place = try Workplace()
        try place.succeed(
            "topic", "create", "a", "--schema", "A@1 { x: u8 }", "--retention-age", "12h", "--codec", "lz4")
        try place.succeed("topic", "alter", "a", "--retention-bytes", "1GB")
        let json = try place.succeed("topic", "describe", "a", "--json").json()
        let configuration = try #require(json["configuration"] as? [String: Any])
        #expect(configuration["retention_bytes"] as? Int == 1_000_000_000)
        #expect(
            configuration["retention_age_seconds"] as? Double == 43_200 && configuration["codec"] as? String == "lz4")
        let everything = try place.succeed("topic", "alter", "a", "--keep-everything")
        #expect(everything.output.contains("keeps everything"))
    }

    @Test("truncate and delete want to be sure, and do it with --yes")
    func irrevocable() async throws {
        let place = try Workplace()
        try await place.fillReadings()
        for arguments in [["truncate", "readings", "--before", "25"], ["delete", "readings"]] {
            let refused = try place.start(["topic"] + arguments).wait()
            #expect(refused.status == 64 && refused.errors.contains("hint: add --yes"))
        }
        #expect(try place.succeed("topic", "dump", "readings", "--json").lines.count == 60)
        let truncated = try place.succeed("topic", "truncate", "readings", "--before", "25", "--yes")
        #expect(truncated.output == "readings/0 now holds 25..<60\n")
        #expect(try place.succeed("topic", "dump", "readings", "--json").lines.count == 35)
        try place.succeed("topic", "delete", "readings", "--yes")
        #expect(try place.run("topic", "describe", "readings").status == 66)
    }

    @Test(
        "a writer is named; beside it everything can be read and checked, and what would disturb it is refused with status 75"
    )
    func besideWriter() async throws {
        let place = try Workplace()
        try await place.fillReadings()
        let log = try await EmbeddedLog(directory: place("penstock-log"))
        let writer = try await log.writer(for: TopicPartition("readings"))
        try await writer.append(Workplace.readings(60..<70))
        let process = ProcessInfo.processInfo.processIdentifier
        #expect(try place.succeed("topic", "describe", "readings").output.contains("process \(process) on "))
        let json = try place.succeed("topic", "describe", "readings", "--json").json()
        let owner = (json["partitions"] as? [[String: Any]])?.first?["owner"] as? [String: Any]
        #expect(owner?["pid"] as? Int == Int(process))
        #expect(try place.succeed("topic", "verify").output.hasPrefix("intact: 70 records"))
        #expect(try place.succeed("topic", "dump", "readings", "--json").lines.count == 70)
        try place.write("time,sensor,value\n2020-01-01,1,2\n", to: "more.csv")
        for arguments in [["import", "readings", "more.csv"], ["delete", "readings", "--yes"]] {
            let refused = try place.start(["topic"] + arguments).wait()
            #expect(refused.status == 75 && refused.errors.contains("process \(process) "), "\(refused.errors)")
        }
        try await writer.close()
    }

    @Test("L20: a group is put at a place, described with its lag, listed and forgotten")
    func groups() async throws {
        let place = try Workplace()
        try await place.fillReadings(60, partitions: 2)
        try place.succeed("group", "reset", "plots", "--topic", "readings", "--to", "40", "--partition", "1")
        let json = try place.succeed("group", "describe", "plots", "--json").json()
        let topics = try #require(json["topics"] as? [[String: Any]])
        let partitions = try #require(topics.first?["partitions"] as? [[String: Any]])
        #expect(partitions.map { $0["position"] as? Int } == [nil, 40])
        #expect(partitions.map { $0["lag"] as? Int } == [60, 20])
        // Record 30 was written 30 seconds behind the first one.
        try place.succeed("group", "reset", "plots", "--topic", "readings", "--to", "2023-11-14T22:13:50Z")
        let moved = try place.succeed("group", "describe", "plots").lines
        #expect(moved.dropFirst().map { $0.split(separator: " ")[2] } == ["30", "30"])
        try place.succeed("group", "reset", "plots", "--topic", "readings", "--to", "last")
        #expect(try place.succeed("topic", "describe", "readings").output.contains("plots"))
        #expect(
            try place.succeed("group", "list", "--json").output
                == #"{"groups":[{"group":"plots","topics":["readings"],"members":0}]}"# + "\n")
        try place.succeed("group", "delete", "plots", "--yes")
        #expect(try place.run("group", "describe", "plots").status == 66)
    }

    @Test(
        "a mistake is told in one line, with what to do, and by its exit status",
        arguments: [
            (["topic", "list", "--log", "nothing"], 66, "there is no log at nothing"),
            (["topic", "list", "--log", "filled"], 78, "is not a log"),
            (["topic", "list", "--log", "newer"], 78, "format version 9"),
            (["topic", "list", "--log", "newer/penstock-log"], 78, "is not a directory"),
            (["topic", "dump", "nothing"], 66, "there is no topic nothing"),
            (["topic", "dump", "a", "--from", "7"], 64, "a/0 has no offset 7: it holds 0..<0"),
            (["topic", "dump", "a", "--from", "noon"], 64, "\"noon\" is no place in a topic"),
            (["topic", "dump", "a", "--partition", "1"], 66, "has no partition 1"),
            (["topic", "dump", "a", "--fields", "y"], 64, "have no field y"),
            (["topic", "create", "a/b", "--schema", "A@1 { }"], 64, "\"a/b\" cannot be the name of a topic"),
            (["topic", "create", "a", "--schema", "A@1 { x: u8 }"], 78, "there is already a topic a"),
            (["topic", "create", "b", "--schema", "A@1 { }", "--partitions", "0"], 64, "cannot have 0 partitions"),
            (["topic", "create", "b", "--schema", "A@1 { }", "--segment-bytes", "1"], 64, "segments of 1 bytes"),
            (["topic", "create", "b", "--schema", "A@1 { }", "--segment-bytes", "x"], 64, "is no number of bytes"),
            (["topic", "create", "b", "--schema", "A@1 { }", "--retention-age", "7"], 64, "is no age"),
            (["topic", "alter", "a"], 64, "nothing to change about a"),
            (["topic", "truncate", "a", "--before", "9"], 64, "a/0 ends before offset 9: it holds 0..<0"),
            (["topic", "export", "a", "a"], 64, "the name a does not tell the format"),
            (["topic", "import", "a", "nothing.csv"], 66, "cannot open nothing.csv"),
            (["group", "describe", "g"], 66, "there is no consumer group g"),
            (["group", "reset", "g", "--topic", "a", "--to", "3"], 64, "a/0 has no offset 3"),
            (["topic", "frobnicate"], 64, "frobnicate"),
            (["topic", "create", "b", "--schema", "A@1 { }", "--partitions", "-1"], 64, "cannot have -1 partitions"),
            (["topic", "create", "b", "--schema", "A@1 { }", "--retention-bytes", "-5"], 64, "\"-5\" is no number of"),
            (["topic", "truncate", "a", "--before", "-1"], 64, "The value '-1' is invalid for '--before"),
            (["topic", "dump", "a", "--from", "-1"], 64, "\"-1\" is no place in a topic"),
            (["topic", "dump", "a", "--partition", "-1"], 66, "has no partition -1"),
            (["topic", "tail", "a", "-n", "-1"], 64, "-n is -1; 0 is the least"),
            (["topic", "export", "a", "-"], 64, "-, a stream, does not tell the format"),
            (["topic", "export", "a", "filled", "--format", "csv"], 74, "filled is a directory"),
            (["topic", "export", "a", "no/a.csv"], 74, "cannot create no/a.csv: No such file"),
            (["topic", "import", "b", "filled/file", "--format", "jsonl"], 65, "filled/file: line 1: no JSON"),
            (
                ["topic", "import", "b", "filled/file", "--format", "csv", "--schema", "B@1 { y: u8 }"], 65,
                "filled/file: there is no column time"
            ),
            (["topic", "import", "a", "empty.csv"], 65, "the file is empty"),
        ] as [([String], Int32, String)])
    func mistakes(arguments: [String], status: Int32, text: String) throws {
        let place = try Workplace()
        try place.succeed("topic", "create", "a", "--schema", "A@1 { x: u8 }")
        for folder in ["filled", "newer"] {
            try FileManager.default.createDirectory(atPath: place(folder), withIntermediateDirectories: true)
        }
        try place.write("hello", to: "filled/file")
        try place.write("", to: "empty.csv")
        try place.write("penstock-log 9\n", to: "newer/penstock-log")
        let outcome = try place.start(arguments).wait()
        let first = try #require(outcome.errors.split(separator: "\n").first)
        #expect(outcome.status == status && !outcome.wasKilled && outcome.output.isEmpty)
        #expect(first.hasPrefix("error: ") && first.contains(text), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").last?.hasPrefix("hint: ") == true, "\(outcome.errors)")
        #expect(outcome.errors.utf8.count < 400, "\(outcome.errors)")
        // A mistake leaves nothing behind.
        #expect(try place.succeed("topic", "list", "--json").output.contains("\"name\":\"b\"") == false)
    }

    @Test("a wrong schema is shown with a mark under the place")
    func schemaMistake() throws {
        let outcome = try Workplace().run("topic", "create", "a", "--schema", "A@1 { x: u9 }")
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("wrong at character 10: u9 is not a type"))
        #expect(outcome.errors.contains("\n  A@1 { x: u9 }\n           ^\nhint: "))
    }

    @Test("a name of 10 kB is refused in a line that a person can read")
    func longName() throws {
        let name = String(repeating: "n", count: 10_000)
        let outcome = try Workplace().run("topic", "create", name, "--schema", "A@1 { }")
        #expect(outcome.status == 64 && outcome.errors.contains("it has 10000 bytes") && outcome.errors.count < 300)
    }

    @Test(
        "a read-only log can be read and checked; changing it is refused by name",
        .disabled(if: getuid() == 0, "root may write anywhere"))
    func readOnly() async throws {
        let place = try Workplace()
        try await place.fillReadings()
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: place("penstock-log"))
        defer {
            try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place("penstock-log"))
        }
        #expect(try place.run("topic", "verify").status == 0)
        let outcome = try place.run("topic", "create", "b", "--schema", "A@1 { }")
        #expect(outcome.status == 74 && outcome.errors.contains("no permission"))
    }
}
