import Foundation
import PenstockFormats
import TestSupport
import Testing

@testable import PenstockBatch

/// Sweeps over one recorded scan, on this host and on a real Slurm.
@Suite(.timeLimit(.minutes(10)), .serialized) struct SweepRunTests {
    @Test(
        "11 centres over one recorded scan are one array, whose tasks read the topic, gathered into a table and a sheet",
        arguments: VerbTests.schedulers)
    func centres(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.record()
        let run = try await desk.submit(
            Desk.replay + [
                "--output", "volume.h5", "--preview", "pictures", "--walltime", "5m", "--sweep", "centre=28:38:1",
            ])
        let end = try await desk.wait(for: run)
        #expect(end.status == 0, "\(end.errors) \(desk.logs(of: run))")
        try await eventually("the table and the sheet") { run.gathering?.sheet != nil }

        // One array, of which each task had an index.
        let array = try #require(try run.jobs().first)
        #expect(try run.jobs().count == 1)
        for task in 0..<11 {
            #expect(try run.task(task).jobs().map(\.id) == ["\(array.id)_\(task)"])
            #expect(try run.task(task).report()?.lines.first?.contains("replayed from \(desk.folder("log"))") == true)
        }

        let rows = try table(of: run)
        #expect(rows.count == 11)
        for (task, row) in rows.enumerated() {
            #expect(row["task"] == "\(task)" && row["centre"] == "\(28 + task)" && row["state"] == "completed")
            #expect(row["rotation_centre"] == "\(28 + task).0" && row["slices_written"] == "2")
            #expect(Double(row["seconds"] ?? "") ?? 0 > 0 && Double(row["processor_seconds"] ?? "") ?? 0 > 0)
            #expect(Int(row["peak_memory_bytes"] ?? "") ?? 0 > 1 << 20 && row["reason"] == "")
        }

        // A task does what somebody does by hand.
        let byHand = try await desk.run(
            ["replay"] + Desk.options(centre: 31) + ["--output", "by-hand.h5", "--log", "log"])
        #expect(byHand.status == 0, "\(byHand.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: run.task(3)("volume.h5"))) == desk.folder.data("by-hand.h5"))
        try expectSheet(of: run)

        let text = try await desk.succeed("status", run.name).text
        #expect(
            text.contains("11 of 11 tasks done") && text.contains("table.csv") && text.contains("contact-sheet.png"))
        #expect(try await desk.succeed("logs", run.name, "--task", "3").text.contains("rotation centre 31"))
    }

    /// Each place of the sheet shows the picture of its task, and no two are the same.
    private func expectSheet(of run: RunFolder) throws {
        let sheet = try PNGFile.read(run("contact-sheet.png"), as: .rgb)
        let pictures = try (0..<11).map { try PNGFile.read(run.task($0)("pictures/window_00000.png"), as: .rgb) }
        #expect(Set(pictures).count == 11)
        let (rows, columns) = (pictures[0].rows, pictures[0].columns)
        // 4 across and 3 down with gaps of 6; the labels have letters of 3 times 7 pixels, with 3 times 8 around them.
        let band = 3 * (7 + 3 + 5)
        #expect(sheet.columns == 4 * (columns + 6) + 6 && sheet.rows == 3 * (band + rows + 6) + 6)
        for (task, picture) in pictures.enumerated() {
            let (top, left) = (6 + task / 4 * (band + rows + 6), 6 + task % 4 * (columns + 6))
            for row in 0..<rows {
                let start = 3 * ((top + band + row) * sheet.columns + left)
                #expect(
                    sheet.bytes[start..<start + 3 * columns].elementsEqual(
                        picture.bytes[3 * row * columns..<3 * (row + 1) * columns]), "task \(task), row \(row)")
            }
            let label = (top..<top + band).contains { row in
                (left..<left + columns).contains { sheet.bytes[3 * (row * sheet.columns + $0)] == 255 }
            }
            #expect(label, "task \(task) has a label")
        }
    }

    @Test("a task that fails is told, and the others of the grid go on", arguments: VerbTests.schedulers)
    func failure(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.record()
        let run = try await desk.submit(
            Desk.replay + [
                "--output", "made/volume.h5", "--walltime", "5m", "--sweep", "centre=33,500", "--sweep",
                "filter=ramp,hann", "--throttle", "2", "--preview", "made/pictures",
            ])
        let end = try await desk.wait(for: run)
        #expect(end.status == 1 && end.errors.contains("2 of 4 tasks done, 2 failed"), "\(end.errors)")
        try await eventually("the table") { run.gathering?.sheet != nil }
        let rows = try table(of: run)
        #expect(rows.map { $0["centre"] } == ["33", "33", "500", "500"])
        #expect(rows.map { $0["filter"] } == ["ramp", "hann", "ramp", "hann"])
        #expect(rows.map { $0["state"] } == ["completed", "completed", "failed (exit 64)", "failed (exit 64)"])
        #expect(rows[3]["reason"]?.contains("the rotation centre 500.0 is not on the detector") == true)
        #expect(FileManager.default.fileExists(atPath: run.task(1)("made/volume.h5")))

        // Made again by hand, it is the same.
        let first = try Data(contentsOf: URL(fileURLWithPath: run("contact-sheet.png")))
        for name in ["table.csv", "contact-sheet.png"] { try FileManager.default.removeItem(atPath: run(name)) }
        #expect(try await desk.run(["status", run.name]).text.contains("penstock runs gather"))
        let gathered = try await desk.run(["runs", "gather", run.path], by: "penstock")
        #expect(gathered.status == 0 && gathered.text.contains("2 of 4 tasks completed"), "\(gathered.errors)")
        #expect(try table(of: run) == rows)
        #expect(try Data(contentsOf: URL(fileURLWithPath: run("contact-sheet.png"))) == first)
    }

    @Test("tasks whose walltime is too short go on by jobs of their own", arguments: VerbTests.schedulers)
    func chain(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 150)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(
            Desk.options + [
                "--output", "volume.h5", "--walltime", "1m", "--grace", "44s", "--chain", "10",
                "--pace", "6", "--checkpoint-every", "1s", "--sweep", "filter=shepp,hann",
            ])
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        try await eventually("the table") { run.gathering != nil }
        #expect(try run.jobs().count == 1)
        for task in 0..<2 {
            let attempts = try run.task(task).attempts()
            #expect(attempts.count >= 2 && attempts.last?.outcome == .completed, "\(attempts.map(\.outcome))")
            for (attempt, next) in zip(attempts, attempts.dropFirst()) {
                #expect(attempt.outcome == .handedOver && attempt.successor == next.jobID)
                #expect(next.jobID.hasSuffix("_\(task)") && next.restored == attempt.checkpoint)
            }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: run.task(0)("volume.h5"))) == expected)
        #expect(try table(of: run).map { $0["state"] } == ["completed", "completed"])
    }

    @Test(
        "a sweep that is canceled keeps what is done, and says of each task how it is", arguments: VerbTests.schedulers)
    func cancel(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 240)
        let run = try await desk.submit(
            Desk.options + [
                "--output", "volume.h5", "--walltime", "5m", "--pace", "20", "--checkpoint-every",
                "500ms", "--sweep", "filter=shepp,hann,ramp", "--throttle", "1",
            ])
        try await eventually("the first task to come further") { (try run.task(0).status()?.events ?? 0) > 20 }
        try await desk.succeed("cancel", run.name)
        let end = try await desk.wait(for: run)
        #expect(end.status == 130 && end.errors.contains("0 of 3 tasks done"), "\(end.errors)")
        try await eventually("the table") { run.gathering != nil }
        #expect(try table(of: run).map { $0["state"] } == ["canceled", "canceled", "canceled"])
        #expect(try run.task(0).status()?.checkpoint != nil)
    }

    @Test("of tasks that end in any order, and at once, exactly one gathers", arguments: [1, 2, 40])
    func lastOne(_ count: Int) async throws {
        let folder = RunFolder(try TestFolder()("run"))
        try folder.make()
        let gatherers = await withTaskGroup(of: Bool.self) { group in
            for task in (0..<count).reversed() {
                group.addTask { (try? folder.markEnd(of: task, of: count)) ?? false }
                // One that ends twice counts once.
                if task == 0 { group.addTask { (try? folder.markEnd(of: task, of: count)) ?? false } }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(gatherers == 1)
    }

    @Test("what cannot be swept is said before anything is queued")
    func mistakes() async throws {
        let desk = try Desk(.local)
        try await desk.record()
        for (words, problem) in [
            (["--sweep", "centre=28:38"], "has no step"), (["--sweep", "centr=1,2"], "no option centr"),
            (["--sweep", "overwrite=1,2"], "no option overwrite"),
            (["--sweep", "allow-non-finite=1,2"], "switch without a value"),
            (["--sweep", "filter=ramp,round"], "task 1, filter=round: The value 'round' is invalid"),
            (["--sweep", "centre=1,2", "--output", "/tmp/volume.h5"], "tasks 0 and 1 would both make /tmp/volume.h5"),
            (["--sweep", "centre=1,2", "--output", "../volume.h5"], "would both make"),
            (
                ["--sweep", "centre=1,2", "--output", "./log/volume.h5"],
                "\"log\" in the folder of a task is for records"
            ),
            (["--sweep", "centre=1,2", "--chain", "2", "--ahead"], "cannot be queued ahead"),
            (["--sweep", "centre=1,2", "--chain", "2", "--scheduler", "pbspro"], "single task of an array"),
            (["--throttle", "2"], "--throttle needs --sweep"),
        ] {
            let outcome = try await desk.run(["submit", "--scheduler", "local"] + Desk.replay + words)
            #expect(outcome.status == 64 && outcome.errors.contains(problem), "\(words): \(outcome.errors)")
        }
        #expect(!desk.folder.contains("runs"))
    }

    @Test("a dry run lists the tasks, and finds what is read from any folder")
    func dryRun() async throws {
        let desk = try Desk(.local)
        for name in ["scan.h5", "flats.tif", "darks.tif", "angles.txt"] { try desk.folder.write("", to: name) }
        let darks = desk.folder("darks.tif")
        let words = [
            "--flats=flats.tif", "--angles", "angles.txt:1-90", "--darks", darks, "--spill-directory", "s",
        ]
        let outcome = try await desk.run(
            [
                "submit", "--scheduler", "local", "--dry-run", "--walltime", "1h", "--cores", "2", "--sweep",
                "centre=28:38:1",
            ]
                + Desk.replay + words)
        #expect(outcome.status == 0, "\(outcome.errors)")
        for part in [
            "  3  centre=31", "1h for each of 11 tasks", "22.0 core hours", "--input \(desk.folder("scan.h5"))",
            "--flats=\(desk.folder("flats.tif"))", "--angles \(desk.folder("angles.txt")):1-90",
            "--darks \(darks)", "--log \(desk.folder("log"))", "--spill-directory \(desk.folder("s"))",
        ] { #expect(outcome.text.contains(part), "\(part) in \(outcome.text)") }
    }

    @Test("a replay of a part of a scan is submitted like one of the whole", arguments: VerbTests.schedulers)
    func bounds(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.record()
        let part = Desk.replay + ["--centre", "33", "--to", "80"]
        let run = try await desk.submit(part + ["--output", "volume.h5", "--walltime", "5m"])
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        let words = ["replay"] + Desk.options(centre: 33) + ["--log", "log", "--to", "80", "--output", "by-hand.h5"]
        #expect(try await desk.run(words).status == 0)
        #expect(try desk.folder.data("volume.h5") == desk.folder.data("by-hand.h5"))
        #expect(try run.report()?.warnings.contains { $0.contains("was broken off") } == true)
    }

    /// The rows of the table by the names of its columns.
    private func table(of run: RunFolder) throws -> [[String: String]] {
        var table = try CSVReader(opening: run("table.csv"))
        let columns = table.columns
        var rows: [[String: String]] = []
        while try table.next() {
            var row: [String: String] = [:]
            for (index, name) in columns.enumerated() { row[name] = table.string(index) }
            rows.append(row)
        }
        return rows
    }
}

extension Desk {
    /// Records a scan of 90 angles, which replays read.
    func record() async throws {
        try await makeScan(angles: 90)
        try await succeed("run", "--input", "scan.h5", "--no-checksum", "--log", "log", "--output", "first.h5")
    }

    static func options(centre: Int) -> [String] { ["--input", "scan.h5", "--centre", "\(centre)"] }

    /// What replays are submitted with, in short.
    static let replay = ["--replay", "--topic", "projections", "--input", "scan.h5", "--log", "log"]
}
