import Foundation
import PenstockEvents
import PenstockLog
import TestSupport
import Testing

/// What surroundings do to the program: each message is read here as a tired user reads it.
@Suite("Bad surroundings")
struct BadInputTests {
    @Test(
        "a log on a read-only file system can be read, described and checked; every change is refused with the reason",
        .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func readOnly() async throws {
        let place = try Workplace()
        let disk = try MemoryDisk("size=8m", at: place("disk"))
        defer { disk.unmount() }
        try await place.fillReadings()
        try FileManager.default.copyItem(atPath: place("penstock-log"), toPath: disk.path + "/log")
        try disk.remount("ro")
        let log = ["--log", "disk/log"]
        for arguments in [
            ["topic", "list"], ["topic", "describe", "readings"], ["topic", "verify"], ["topic", "tail", "readings"],
            ["topic", "dump", "readings", "--json"], ["topic", "export", "readings", "out.csv"], ["group", "list"],
        ] {
            let outcome = try place.start(arguments + log).wait()
            #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
        }
        for arguments in [
            ["topic", "create", "b", "--schema", "A@1 { }"], ["topic", "alter", "readings", "--codec", "lz4"],
            ["topic", "truncate", "readings", "--before", "3", "--yes"], ["topic", "delete", "readings", "--yes"],
            ["topic", "import", "readings", "out.csv"], ["group", "reset", "g", "--topic", "readings", "--to", "3"],
        ] {
            let outcome = try place.start(arguments + log).wait()
            #expect(outcome.status == 74 && outcome.errors.hasPrefix("error: no permission to "), "\(arguments)")
            #expect(outcome.errors.contains("Read-only file system") && outcome.errors.contains("\nhint: "))
        }
    }

    @Test(
        "an import that fills the disk says what is in the topic; with more space the log goes on",
        .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func fullDisk() throws {
        let place = try Workplace()
        let disk = try MemoryDisk("size=2m", at: place("disk"))
        defer { disk.unmount() }
        let rows = (1...300_000).map { "\($0),\($0)" }.joined(separator: "\n")
        try place.write("time,x\n" + rows + "\n", to: "large.csv")
        try place.write("time,x\n1,1\n2,2\n", to: "small.csv")
        try place.succeed("topic", "create", "r", "--schema", "R@1 { x: u64 }", "--log", "disk/log")
        let full = try place.run("topic", "import", "r", "large.csv", "--log", "disk/log")
        #expect(full.status == 74 && full.errors.hasPrefix("error: no space left to "))
        #expect(
            full.errors.contains("; while importing large.csv") && full.errors.contains("records of the file are in r"))
        #expect(try place.run("topic", "verify", "--log", "disk/log").status == 0)
        let before = try Self.records(place)
        #expect(full.errors.contains(" \(before) records of the file are in r"))
        try disk.remount("size=32m")
        try place.succeed("topic", "import", "r", "small.csv", "--log", "disk/log")
        #expect(try place.run("topic", "verify", "--log", "disk/log").status == 0)
        #expect(try Self.records(place) == before + 2)
    }

    private static func records(_ place: Workplace) throws -> Int {
        let topics = try place.succeed("topic", "list", "--json", "--log", "disk/log").json()["topics"]
        return try #require((topics as? [[String: Any]])?.first?["records"] as? Int)
    }

    /// The shell lowers the limit of the program alone. With three the system's loader finds no library. The thread sanitizer needs descriptors
    /// to name what its list of suppressions names, so it has to be silent here.
    @Test(
        "without file descriptors the program says so, what it says is in the topic is there, and nothing is damaged",
        arguments: 4...18)
    func descriptors(limit: Int) async throws {
        let place = try Workplace()
        try await place.fillReadings()
        try place.write("time,sensor,value\n1,1,1\n2,2,2\n", to: "in.csv")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c",
            "export TSAN_OPTIONS=report_bugs=0; ulimit -n \(limit); exec '\(Workplace.program)' topic import readings in.csv",
        ]
        try place.write("", to: "errors")
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: place("errors")))
        process.currentDirectoryURL = URL(fileURLWithPath: place.path)
        try process.run()
        process.waitUntilExit()
        let errors = String(decoding: try place.read("errors"), as: UTF8.self)
        #expect(process.terminationReason == .exit)
        if process.terminationStatus == 0 {
            #expect(errors.isEmpty)
        } else {
            #expect(process.terminationStatus == 74 && errors.hasPrefix("error: too many open files to "), "\(errors)")
            #expect(errors.contains("\nhint: raise the limit (ulimit -n)"))
        }
        #expect(try place.run("topic", "verify").status == 0)
        let lines = try place.succeed("topic", "dump", "readings", "--json").lines
        #expect(lines.count == 60 || lines.count == 62)
        if errors.contains(" 0 records of the file are in") { #expect(lines.count == 60) }
        if errors.contains(" 2 records of the file are in") || process.terminationStatus == 0 {
            #expect(lines.count == 62)
        }
    }

    @Test("a log of another byte order is refused as that, not as damage, and beside it other topics are listed")
    func byteOrder() async throws {
        let place = try Workplace()
        try await place.fillReadings()
        try place.succeed("topic", "create", "other", "--schema", "A@1 { }")
        let segment = try #require(try place.segments("readings/0").first)
        // The integers of the superblock, by docs/event-log-format.md, with their bytes turned around.
        var bytes = [UInt8](try place.read(segment))
        for (start, count) in [(8, 4), (12, 4), (16, 8), (24, 8), (32, 4), (36, 4), (40, 4), (48, 8), (56, 4)] {
            bytes[start..<start + count].reverse()
        }
        try place.write(Data(bytes), to: segment)
        let dump = try place.run("topic", "dump", "readings")
        #expect(dump.status == 78)
        #expect(
            dump.errors.hasPrefix("error: penstock-log/readings/0/") && dump.errors.contains("big-endian byte order"))
        let list = try place.run("topic", "list")
        #expect(list.status == 65 && list.output.contains("other") && list.errors.contains("big-endian byte order"))
        let verify = try place.run("topic", "verify")
        #expect(verify.status == 65 && verify.output.contains("big-endian byte order"))
    }

    @Test("a segment of a newer version is refused with both versions")
    func newerSegment() async throws {
        let place = try Workplace()
        try await place.fillReadings()
        let segment = try #require(try place.segments("readings/0").first)
        var bytes = [UInt8](try place.read(segment))
        bytes[8] = 9
        let checksum = bytes[..<56].withUnsafeBytes { CRC32C.checksum($0) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(56..<60, with: $0) }
        try place.write(Data(bytes), to: segment)
        let dump = try place.run("topic", "dump", "readings")
        #expect(dump.status == 78 && dump.errors.contains("has format version 9; this program reads up to 1"))
        #expect(dump.errors.contains("hint: use a newer release"))
    }

    @Test(
        "names with slashes, of 10 kB or with control characters are refused in a short line",
        arguments: [
            ["topic", "create", "../a", "--schema", "A@1 { }"], ["topic", "describe", "a/b"],
            ["topic", "dump", String(repeating: "é", count: 5000)], ["topic", "delete", "a\nb", "--yes"],
            ["group", "describe", "../g"],
            ["group", "reset", String(repeating: "g", count: 10_000), "--topic", "readings", "--to", "0"],
        ])
    func names(arguments: [String]) async throws {
        let place = try Workplace()
        try await place.fillReadings(10)
        let outcome = try place.start(arguments).wait()
        #expect(outcome.status == 64 && outcome.errors.contains("cannot be the name of a "), "\(outcome.errors)")
        #expect(outcome.errors.utf8.count < 400 && outcome.errors.split(separator: "\n").count == 2)
    }
}
