import Foundation
import TestSupport
import Testing

@testable import PenstockBatch

/// Runs in lists and in words.
@Suite struct RunTableTests {
    private let sample = SampleRuns()

    @Test("runs are listed newest first, with the time of all attempts together")
    func table() async throws {
        try sample.make("early-1", submitted: SampleRuns.noon.addingTimeInterval(-60))
        try sample.make("late-2", attempts: [(.handedOver, 3600), (.completed, 61)]) { $0.site = "daint" }
        try sample.make("late-1", attempts: [(.failed, 5)])
        let table = try await RunTable(RunList(in: sample.runs))
        #expect(
            table.text == """
                RUN      PIPELINE        STATE             SUBMITTED             USED      ATTEMPTS  SITE
                late-1   LiveTomography  failed (exit 70)  2026-03-01 12:00:00Z  5.0s      1         local
                late-2   LiveTomography  completed         2026-03-01 12:00:00Z  1h1min1s  2         daint
                early-1  LiveTomography  completed         2026-03-01 11:59:00Z  1min30s   1         local

                """)
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(table.json.utf8)) as? [[String: Any]])
        #expect(rows.map { $0["run"] as? String } == ["late-1", "late-2", "early-1"])
        #expect(rows[1]["walltimeUsed"] as? Double == 3661 && rows[1]["attempts"] as? Int == 2)
    }

    @Test(
        "two hundred runs are one question to Slurm",
        .enabled(if: SlurmCluster.isInstalled, "Slurm is not installed"))
    func oneQuestion() async throws {
        let programs = try SlurmCluster.counting(["squeue"])
        let desk = try Desk(.slurm)
        for number in 1...200 {
            let run = try sample.make("run-\(number)", attempts: []) { $0.scheduler = .slurm }
            try run.note(JobRecord(id: "\(900_000 + number)", command: [], nodes: 1))
        }
        let list = try await desk.run(
            ["runs", "list", "--runs", sample.runs], by: "penstock", environment: programs.environment)
        #expect(list.status == 0 && list.lines.count == 201, "\(list.errors)")
        #expect(list.lines.last?.contains("failed (lost)") == true)
        #expect(programs.counts == ["squeue": 1])
    }

    @Test("a run that is damaged is told, and hides no other one")
    func damaged() async throws {
        try sample.make("good-1")
        let bad = try sample.make("bad-1")
        try sample.folder.write("{", to: "runs/bad-1/run.json")
        let table = try await RunTable(RunList(in: sample.runs))
        #expect(table.rows.map(\.run) == ["good-1"])
        #expect(table.problems.map { $0.summary.contains(bad("run.json")) } == [true])
    }

    @Test("all that a folder holds is shown")
    func details() async throws {
        let input = try sample.file("input", "scan.h5", "abc")
        let output = try sample.file("output", "volume.h5", "")
        let files = RunFiles(
            inputs: [input], outputs: [output, FileRecord(option: "tiff", path: "tiff", kind: .missing)],
            log: .init(location: "penstock-log", topics: [.init(name: "projections", ends: [180, 7])]))
        let run = try sample.make("one-1", attempts: [(.handedOver, 3600), (.completed, 61)], files: files)
        try run.note(
            JobRecord(
                id: "75", submitted: SampleRuns.noon, after: [JobDependency(.afterAny, "74")], command: ["bash", "x"],
                nodes: 2))
        let text = try await RunDetails(run).text
        for line in [
            "one-1: completed", "2026-03-01 12:00:00Z by ada on login1, to local", "c0ffee on main, modified",
            "sha256 \(SampleRuns.sha), 4 KiB, Penstock", "1 node × 1 process × 1 core = 1 core", "2h × 3 jobs at most",
            "parameters that differ from their defaults (2 do not)", "centre  33.0",
            "job local-1 on n1  continue: walltime, checkpoint 40, processor time 13s, 3 MiB of memory at most",
            "2  2026-03-01 13:00:00Z  1min1s", "75  2026-03-01 12:00:00Z  2 nodes  bash x  afterany 74",
            "scan.h5  3 B  sha256 \(FileRecordTests.abc)", "volume.h5  0 B           sha256 \(FileRecordTests.nothing)",
            "tiff    tiff       is not there", "penstock-log  projections  ends at 180, 7",
        ] { #expect(text.contains(line), "\(line) in\n\(text)") }
        #expect(!text.contains("filter"))
    }
}
