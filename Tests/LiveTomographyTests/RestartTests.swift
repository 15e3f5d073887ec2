import Foundation
import PenstockTesting
import TestSupport
import Testing

/// Runs with checkpoints that are killed and started again, with the same command, until they come to their end. What the signal finds the
/// program doing cannot be chosen, so the moments are drawn, from a printed seed.
@Suite(.serialized) struct RestartTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder.inMemory() }

    private static let kills = ProcessInfo.processInfo.environment["PENSTOCK_KILL_ROUNDS"].flatMap(Int.init) ?? 3
    private static let angles = 180
    /// A detector slow enough that checkpoints come between its projections.
    private static let run = [
        "run", "--input", "scan.h5", "--pace", "180", "--batch-size", "4", "--checkpoint-every", "50ms", "--overwrite",
        "--progress", "json", "--window", "60", "--every", "20",
    ]

    private func writeScan() throws {
        try Scans.stone(columns: 32, rows: 3, angles: Self.angles, degrees: 540, centre: 16.3).write(
            to: folder("scan.h5"))
    }

    /// Everything that a run can write, in a folder of its own.
    private func outputs(in name: String, volume: String) throws -> [String] {
        try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: false)
        return [
            "--output", "\(name)/\(volume)", "--tiff", "\(name)/slices", "--series", "\(name)/series",
            "--preview", "\(name)/pictures", "--planes", "x:10,y:20",
        ]
    }

    /// The files below a folder, also hidden ones, without what tells of the run itself.
    private func files(in name: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder(name))
        where !path.hasSuffix(".provenance.json") {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder("\(name)/\(path)"), isDirectory: &isFolder)
            files[path] = isFolder.boolValue ? Data() : try folder.data("\(name)/\(path)")
        }
        return files
    }

    private func expectSame(_ broken: String, _ whole: String, _ comment: Comment) throws {
        let (broken, whole) = (try files(in: broken), try files(in: whole))
        #expect(broken.keys.sorted() == whole.keys.sorted(), comment)
        let other = whole.filter { broken[$0.key] != $0.value }.keys.sorted()
        #expect(other == [], comment)
    }

    /// Starts a run again and again, kills it at drawn moments, and lets the last one come to its end; the number of kills that hit. Each run
    /// counts the projections that it adds.
    private func runWithKills(
        _ arguments: [String], log: String, _ generator: inout SeededRandom, _ comment: Comment
    ) throws -> Int {
        let arguments = arguments + ["--log", log]
        var hits = 0
        for _ in 0..<Self.kills {
            let program = try Program(arguments, in: folder)
            let target = Int.random(in: 1...max(1, Self.angles / Self.kills - 1), using: &generator)
            _ = try program.waitForAcknowledged(target)
            usleep(UInt32.random(in: 0..<300_000, using: &generator))
            program.send(SIGKILL)
            let outcome = try program.wait()
            guard outcome.wasKilled else {
                #expect(outcome.status == 0, "\(outcome.errors)")
                return hits
            }
            hits += 1
        }
        let goesOn = try hasOpenCheckpoint(in: log)
        let last = try Program.run(arguments, in: folder)
        #expect(last.status == 0, "\(last.errors)")
        #expect(last.errors.contains("went on from checkpoint") == goesOn, "\(last.errors)")
        return hits
    }

    /// Whether there is a checkpoint to go on from: on a busy machine the signal may come before the first one, or behind the end of the run.
    private func hasOpenCheckpoint(in log: String) throws -> Bool {
        let listed = try Program.run("checkpoints", "--log", log, "--json", in: folder)
        try #require(listed.status == 0, "\(listed.errors)")
        let checkpoints = try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]]
        return (checkpoints?.last?["stages"] as? [String])?.isEmpty == false
    }

    @Test(
        "kill -9 at any moment and the same command again give the files of an undisturbed run, byte by byte",
        arguments: [
            ("volume.h5", ["--centre", "auto", "--quality"]),
            ("volume.h5", ["--centre", "16.3", "--algorithm", "sirt", "--iterations", "2", "--warm-start"]),
            ("volume.zarr", ["--centre", "16.3"]),
        ])
    func kill(volume: String, options: [String]) throws {
        try writeScan()
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var generator = SeededRandom(seed: seed)
        let whole = try Program.run(
            Self.run + options + ["--log", "log"] + outputs(in: "whole", volume: volume), in: folder)
        try #require(whole.status == 0, "\(whole.errors)")
        let hits = try runWithKills(
            Self.run + options + outputs(in: "broken", volume: volume), log: "broken-log", &generator, "seed \(seed)")
        print("kill -9 and again: \(hits) kills, seed \(seed)")
        #expect(hits > 0, "no kill hit: the scan is too short for this machine")
        try expectSame("broken", "whole", "seed \(seed)")
        #expect(try files(in: "whole").count > 60)
    }

    @Test("what a scan was steered to before it was killed holds when it goes on")
    func steer() throws {
        try writeScan()
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var generator = SeededRandom(seed: seed)
        let outputs = try outputs(in: "broken", volume: "volume.h5")
        let options = ["--no-checksum", "--centre", "16.3"]
        // So slow that the scan still runs when the steering comes, behind the first window, however busy the machine is: 30 seconds.
        let slow = Self.run.map { $0 == "180" ? "6" : $0 }
        let program = try Program(slow + options + outputs + ["--log", "log"], in: folder)
        #expect(try program.waitForAcknowledged(25))
        let steered = try Program.run(
            "steer", "--log", "log", "--centre", "15.5", "--slices", "1,2", "--planes", "y:12", in: folder)
        #expect(steered.status == 0, "\(steered.errors)")
        usleep(UInt32.random(in: 0..<300_000, using: &generator))
        program.send(SIGKILL)
        try #require(try program.wait().wasKilled)
        _ = try runWithKills(Self.run + options + outputs, log: "log", &generator, "seed \(seed)")
        try FileManager.default.createDirectory(atPath: folder("whole"), withIntermediateDirectories: false)
        let replay = try Program.run(
            [
                "replay", "--log", "log", "--centre", "16.3", "--window", "60", "--every", "20", "--output",
                "whole/volume.h5", "--tiff", "whole/slices", "--series", "whole/series", "--preview", "whole/pictures",
                "--planes", "x:10,y:20",
            ], in: folder)
        #expect(replay.status == 0, "\(replay.errors)")
        print("steered, kill -9 and again: seed \(seed)")
        try expectSame("broken", "whole", "seed \(seed)")
        let windows = folder.names(in: "whole/slices")
        #expect(folder.names(in: "whole/slices/\(windows[0])").count == 3)
        #expect(
            folder.names(in: "whole/slices/\(windows[windows.count - 1])") == ["recon_00001.tiff", "recon_00002.tiff"])
    }

    @Test("Ctrl-C leaves a run that goes on from its last checkpoint")
    func interrupt() throws {
        try writeScan()
        let options = ["--no-checksum", "--centre", "16.3"]
        let whole = try outputs(in: "whole", volume: "volume.h5")
        try #require(try Program.run(Self.run + options + ["--log", "whole-log"] + whole, in: folder).status == 0)
        let arguments = Self.run + options + ["--log", "log"] + (try outputs(in: "broken", volume: "volume.h5"))
        let program = try Program(arguments, in: folder)
        #expect(try program.waitForAcknowledged(Self.angles / 2))
        program.send(SIGINT)
        #expect(try program.wait().status == 130)
        #expect(!folder.contains("broken/volume.h5"))
        let again = try Program.run(arguments, in: folder)
        #expect(again.status == 0, "\(again.errors)")
        try expectSame("broken", "whole", "stopped and started again")
    }
}
