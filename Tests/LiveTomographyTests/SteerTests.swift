import Foundation
import TestSupport
import Testing

/// A file that is read at a detector's pace is steered from another process. Where among the projections it happens cannot be chosen; what
/// follows from it is recorded.
@Suite struct SteerTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let run = [
        "run", "--input", "scan.h5", "--no-checksum", "--centre", "50.3", "--pace", "60", "--window", "30", "--every",
        "10",
        "--tiff", "slices", "--output", "v.h5", "--log", "log", "--batch-size", "1", "--progress", "json",
    ]

    private func writeScan(angles: Int = 1200) throws {
        try Scans.stone(columns: 96, rows: 4, angles: angles, degrees: 2160).write(to: folder("scan.h5"))
    }

    private func found(_ volume: String) throws -> [String: String] {
        let document =
            try JSONSerialization.jsonObject(with: folder.data(volume + ".provenance.json")) as? [String: Any]
        return document?["found"] as? [String: String] ?? [:]
    }

    /// Volume and slices of a replay are those of the run, byte by byte.
    private func checkReplay(_ options: String...) throws {
        let replay = try Program.run(
            [
                "replay", "--log", "log", "--centre", "50.3", "--window", "30", "--every", "10", "--tiff", "again",
                "--output", "r.h5",
            ]
                + options, in: folder)
        #expect(replay.status == 0, "\(replay.errors)")
        #expect(try folder.data("r.h5") == folder.data("v.h5"))
        #expect(folder.names(in: "again") == folder.names(in: "slices"))
        for window in folder.names(in: "slices") {
            #expect(folder.names(in: "again/\(window)") == folder.names(in: "slices/\(window)"))
            for slice in folder.names(in: "slices/\(window)") {
                #expect(
                    try folder.data("again/\(window)/\(slice)") == folder.data("slices/\(window)/\(slice)"),
                    "\(window)/\(slice)")
            }
        }
    }

    @Test("a running scan takes another centre, other slices and its end; the replay sees them at the same places")
    func steer() async throws {
        try writeScan()
        let program = try Program(Self.run, in: folder)
        #expect(try program.waitForAcknowledged(45))
        let outside = try Program.run("steer", "--log", "log", "--centre", "96", in: folder)
        #expect(outside.status == 64)
        #expect(
            outside.errorLines.first
                == "error: the rotation centre 96.0 is not on the detector, whose columns are 0 to 95")
        let missing = try Program.run("steer", "--log", "log", "--slices", "2,4", in: folder)
        #expect(missing.status == 64)
        #expect(missing.errorLines.first == "error: row 4 is not on the detector, whose rows are 0 to 3")
        let centre = try Program.run("steer", "--log", "log", "--centre", "48.5", in: folder)
        #expect(centre.status == 0, "\(centre.errors)")
        #expect(centre.output.hasPrefix("scan 1: centre=48.5 from projection "))
        let slices = try Program.run("steer", "--log", "log", "--slices", "1,3", in: folder)
        #expect(slices.status == 0, "\(slices.errors)")
        #expect(try program.waitForAcknowledged(program.acknowledged + 25))
        let stop = try Program.run("steer", "--log", "log", "--stop", in: folder)
        #expect(stop.status == 0, "\(stop.errors)")
        let outcome = try program.wait()
        #expect(outcome.status == 0, "\(outcome.errors)")

        let recorded = try await Recorded.projections(log: folder("log"))
        #expect(stop.output == "scan 1: ends behind \(recorded.count) projections\n")
        #expect(recorded.count < 1200)
        #expect(try await Recorded.scans(log: folder("log")).map { $0.endOffset != nil } == [true])
        let facts = try found("v.h5")
        #expect(facts["rotation_centre"] == "48.5")
        let steered = facts.filter { $0.key.hasPrefix("steered_at_projection_") }.sorted { $0.key < $1.key }.map(
            \.value)
        #expect(steered == ["centre=48.5", "centre=48.5 slices=1,3", "centre=48.5 slices=1,3 stop"])
        #expect(
            outcome.output.split(separator: "\n").contains {
                $0.hasPrefix("steered at projection ") && $0.hasSuffix(": centre=48.5")
            })
        // Windows before and behind the change have other slices, and the volume those of the last.
        let windows = folder.names(in: "slices")
        #expect(folder.names(in: "slices/\(windows[0])").count == 4)
        #expect(folder.names(in: "slices/\(windows[windows.count - 1])") == ["recon_00001.tiff", "recon_00003.tiff"])
        #expect(try Volume(folder("v.h5")).slices.count == 2)
        try checkReplay("--batch-size", "7")
        let late = try Program.run("steer", "--log", "log", "--centre", "48", in: folder)
        #expect(late.status == 69)
        #expect(late.errorLines.first == "error: no scan is running that could be steered")
    }

    @Test("a scan ends when its windows hardly change any more; the replay ends at the same projection")
    func stopWhen() async throws {
        try writeScan()
        let outcome = try Program.run(Self.run + ["--stop-when", "ssim>0.2"], in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let recorded = try await Recorded.projections(log: folder("log")).count
        #expect(recorded < 1200)
        let window = try #require(try found("v.h5")["good_enough_at_window"].flatMap(Int.init))
        #expect(outcome.output.contains("ssim>0.2 first in window \(window)\n"))
        try checkReplay("--stop-when", "ssim>0.2")
        #expect(try found("r.h5")["good_enough_at_window"] == "\(window)")
    }

    @Test("steering needs a log, a change, and a scan that runs")
    func nothing() throws {
        #expect(try Program.run("steer", "--log", "log", "--centre", "48", in: folder).status != 0)
        let nothing = try Program.run("steer", "--log", "log", in: folder)
        #expect(
            nothing.status == 64
                && nothing.errors.contains("give what to change: --centre, --slices, --planes or --stop"))
        #expect(folder.names().isEmpty)
    }
}
