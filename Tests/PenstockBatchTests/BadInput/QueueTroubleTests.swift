import Foundation
import PenstockBatch
import TestSupport
import Testing

/// A queue that answers now and then, or not at all, or has forgotten what it was told.
@Suite(.timeLimit(.minutes(5)), .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
struct QueueTroubleTests {
    private static let timedOut = "echo 'slurm_load_jobs error: Socket timed out on send/recv operation' >&2; exit 1"
    /// A job that does not begin before somebody lets it.
    private static let later = ["--directive", "slurm.begin=now+1hour"]

    @Test("squeue fails each second time: nobody notices; sacct is never called")
    func nowAndThen() async throws {
        let scripted = try ScriptedPrograms([
            "squeue": #"[ $((calls % 2)) = 0 ] && { \#(Self.timedOut); }; exec "$real" "$@""#,
            "sacct": "echo 'sacct: error: Slurm accounting storage is disabled' >&2; exit 1",
        ])
        let desk = try Desk(.slurm, programs: scripted)
        try await desk.makeScan(angles: 60)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(
            Desk.options + ["--output", "volume.h5", "--walltime", "5m", "--chain", "2", "--pace", "10"])
        let status = try await desk.run(["status", run.name])
        #expect(status.status == 0 && !status.text.contains("squeue"), "\(status.text) \(status.errors)")
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        try await desk.succeed("logs", run.name)
        #expect(try desk.folder.data("volume.h5") == expected)
        #expect(scripted.count("squeue") >= 3 && scripted.count("sacct") == 0)
    }

    @Test("squeue fails always: status answers from the run's own record, and says so")
    func never() async throws {
        let scripted = try ScriptedPrograms(["squeue": Self.timedOut])
        defer { withExtendedLifetime(scripted) {} }
        let deaf = scripted.environment
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 200)
        let expected = try await desk.expectedVolume()
        let words = ["submit", "--scheduler", "slurm", "--cores", "1", "--output", "volume.h5", "--pace", "20"]
        // Neither the submission nor the job needs an answer of squeue.
        let submitted = try await desk.run(words + Desk.options, environment: deaf)
        #expect(submitted.status == 0 && submitted.lines.first?.hasPrefix("submitted ") == true, "\(submitted.errors)")
        let run = try #require(RunList(in: desk.folder("runs")).all.first)
        try await eventually("the run to be at work") { (try run.status()?.events ?? 0) > 0 }
        let status = try await desk.run(["status", run.name], environment: deaf)
        #expect(status.status == 0, "\(status.errors)")
        // It may be starting, or active.
        #expect(
            status.text.contains(": by its own word of ") && status.text.contains("squeue has failed three times"),
            "\(status.text)")
        #expect(status.text.contains("Socket timed out"))
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        let over = try await desk.run(["status", run.name], environment: deaf)
        #expect(over.status == 0 && over.text.contains("completed") && !over.text.contains("squeue"))
        #expect(try desk.folder.data("volume.h5") == expected)
    }

    @Test("a waiting job that somebody takes from the queue: canceled, and can be gone on with")
    func taken() async throws {
        let cluster = try SlurmCluster.shared()
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 30)
        let run = try await desk.submit(Desk.options + ["--output", "volume.h5"] + Self.later)
        let waiting = try await desk.run(["status", run.name])
        #expect(waiting.text.contains("queued (BeginTime)"), "\(waiting.text)")
        try cluster.run("scancel", try #require(try run.jobs().first).id)
        let status = try await desk.run(["status", run.name])
        #expect(
            status.status == 1 && status.text.contains("was taken from the queue before it began"), "\(status.text)")
        #expect(status.text.contains("canceled: ") && status.text.contains("submit --resume"))
        try await desk.succeed("submit", "--resume", run.name)
        let job = try #require(try run.jobs().last).id
        try cluster.run("scontrol", "update", "JobId=\(job)", "StartTime=now")
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(desk.folder.contains("volume.h5"))
    }

    @Test("a job that the controller has forgotten before it said anything: lost, not failed for a made-up reason")
    func forgotten() async throws {
        let cluster = try SlurmCluster.shared()
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 10)
        let run = try await desk.submit(Desk.options + Self.later)
        let job = try #require(try run.jobs().first)
        try cluster.run("scancel", job.id)
        try edit(run("jobs/\(job.id).json")) { $0["id"] = "999999" }
        let status = try await desk.run(["status", run.name])
        #expect(status.status == 1, "\(status.text)")
        #expect(status.text.contains("failed (lost): job 999999 is not in the queue any more"), "\(status.text)")
    }

    @Test("a job killed without a word: its record stays, the queue tells its end")
    func killed() async throws {
        let cluster = try SlurmCluster.shared()
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 300)
        let run = try await desk.submit(
            Desk.options + ["--output", "volume.h5", "--pace", "10", "--checkpoint-every", "300ms"])
        try await eventually("a checkpoint") { (try run.status()?.checkpoint ?? 0) > 0 }
        let job = try #require(try run.status()).jobID
        Desk.signal(SIGKILL, toJobOf: run)
        try await cluster.wait(for: job, "FAILED", "CANCELLED")
        #expect(try run.status()?.outcome == .running)
        let status = try await desk.run(["status", run.name])
        #expect(
            status.status == 1 && status.text.contains("has ended without a word: `submit --resume`"), "\(status.text)")
        #expect(!status.text.contains("state         active"))
        // As the queue, so do the minutes forget it.
        try edit(run("status.json")) { $0["jobID"] = "999999" }
        try edit(run("jobs/\(job).json")) { $0["id"] = "999999" }
        #expect(
            try await desk.run(["status", run.name]).text.contains("failed (lost): job 999999 has ended without a word")
        )
    }

    @Test("clocks that differ: times of the record change the remark, never the state")
    func clocks() async throws {
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 300)
        let run = try await desk.submit(Desk.options + ["--pace", "3"])
        try await eventually("the run to be at work") { (try run.status()?.events ?? 0) > 0 }
        // A copy of its folder, whose record nobody replaces any more.
        let copy = desk.folder("copies/\(run.name)")
        try FileManager.default.createDirectory(atPath: desk.folder("copies"), withIntermediateDirectories: false)
        try FileManager.default.copyItem(atPath: run.path, toPath: copy)
        for (shift, words) in [
            (7200.0, "from now: the clocks differ"),
            (-7200.0, "it has said nothing for 2h"),
        ] {
            try edit(copy + "/status.json") {
                $0["beat"] = Date().addingTimeInterval(shift).formatted(Self.times)
            }
            let status = try await desk.run(["status", copy])
            #expect(status.text.contains("active: it") && status.text.contains(words), "\(status.text)")
        }
        try await desk.succeed("cancel", "--now", run.name)
        _ = try await desk.wait(for: run)
    }

    private static let times = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// Changes what a file of a run says.
    private func edit(_ path: String, _ change: (inout [String: Any]) -> Void) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        change(&object)
        try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: path))
    }
}
