import Foundation
import TestSupport
import Testing

/// Runs with checkpoints that are killed and started again, with the same command, until they come to their end. What the signal finds the
/// program doing cannot be chosen, so the moments are drawn, from a printed seed.
@Suite(.serialized) struct RestartTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let kills = ProcessInfo.processInfo.environment["PENSTOCK_KILL_ROUNDS"].flatMap(Int.init) ?? 3
    private static let angles = 240
    /// A detector slow enough that checkpoints come between its projections.
    private static let run = [
        "run", "--input", "scan.h5", "--pace", "160", "--batch-size", "4", "--checkpoint-every", "50ms", "--overwrite",
        "--progress", "json", "--window", "60", "--every", "20",
    ]

    private func writeScan() throws {
        try Scans.stone(columns: 32, rows: 3, angles: Self.angles, degrees: 720, centre: 16.3).write(
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
            FileManager.default.fileExists(atPath: folder("\(name)/\(path)"), isDirectory: &isFolder)
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

    /// Starts a run again and again, kills it at drawn moments, and lets the last one come to its end; the number of kills that hit.
    private func runWithKills(
        _ arguments: [String], _ generator: inout SplitMix, _ comment: Comment
    ) throws -> Int {
        var hits = 0
        for _ in 0..<Self.kills {
            let program = try Program(arguments, in: folder)
            _ = try program.waitForAcknowledged(Int.random(in: 1..<Self.angles, using: &generator))
            usleep(UInt32.random(in: 0..<300_000, using: &generator))
            program.send(SIGKILL)
            let outcome = try program.wait()
            guard outcome.wasKilled else {
                #expect(outcome.status == 0, comment)
                print(outcome.errors)
                return hits
            }
            hits += 1
        }
        let last = try Program.run(arguments, in: folder)
        #expect(last.status == 0, "\(last.errors)")
        return hits
    }

    @Test(
        "kill -9 at any moment and the same command again give the files of an undisturbed run, byte by byte",
        arguments: [
            ("volume.h5", ["--centre", "auto"]),
            ("volume.h5", ["--centre", "16.3", "--method", "sirt", "--iterations", "2", "--warm-start"]),
            ("volume.zarr", ["--centre", "16.3"]),
        ])
    func kill(volume: String, options: [String]) throws {
        try writeScan()
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var generator = SplitMix(state: seed)
        let whole = try Program.run(
            Self.run + options + ["--log", "log"] + outputs(in: "whole", volume: volume), in: folder)
        try #require(whole.status == 0, "\(whole.errors)")
        let hits = try runWithKills(
            Self.run + options + ["--log", "broken-log"] + outputs(in: "broken", volume: volume), &generator,
            "seed \(seed)")
        print("kill -9 and again: \(hits) kills, seed \(seed)")
        #expect(hits > 0, "no kill hit: the scan is too short for this machine")
        try expectSame("broken", "whole", "seed \(seed)")
        #expect(try files(in: "whole").count > 40)
    }
}
