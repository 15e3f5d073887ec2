import Foundation
import PenstockBatch
import TestSupport
import Testing

/// The verbs of a pipeline, as a user gives them, on this host and on a real Slurm.
@Suite(.timeLimit(.minutes(10))) struct VerbTests {
    static let schedulers: [SchedulerName] = [.local] + (SlurmCluster.isInstalled ? [.slurm] : [])

    @Test("a submitted run makes what a run makes, and its folder tells all of it", arguments: schedulers)
    func complete(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 90)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(Desk.options + ["--output", "volume.h5", "--walltime", "5m"])
        let end = try await desk.wait(for: run)
        #expect(end.status == 0, "\(end.errors) \(desk.logs(of: run))")
        #expect(try desk.folder.data("volume.h5") == expected)

        let manifest = try run.manifest()
        #expect(manifest.pipeline == "LiveTomography" && manifest.scheduler == scheduler && manifest.command == ["run"])
        #expect(manifest.parameters["centre"] == "33.0" && manifest.parameters["filter"] == "shepp")
        #expect(manifest.program.sha256.count == 64)
        let status = try #require(try run.status())
        #expect(status.outcome == .completed && status.attempt == 1 && status.exit == 0)
        #expect(try run.attempts() == [status])
        let text = try await desk.succeed("status", run.name).text
        #expect(text.contains("state") && text.contains("completed"))
        let logs = try await desk.succeed("logs", run.name).text
        #expect(logs.contains("volume.h5: 2 slices"))
        let attached = try await desk.succeed("attach", run.name)
        #expect(attached.text.contains("volume.h5: 2 slices") && attached.errors.contains("is completed"))
        #expect(try await desk.run(["cancel", run.name]).errors.contains("is completed: there is nothing to cancel"))
        #expect(try await desk.run(["submit", "--resume", run.name]).errors.contains("nothing is left to do"))
    }

    @Test("a dry run shows script, command and arithmetic, and makes nothing", arguments: schedulers)
    func dryRun(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 10)
        let words = [
            "submit", "--scheduler", scheduler.rawValue, "--dry-run", "--cores", "2", "--memory",
            "1GiB",
        ]
        let outcome = try await desk.run(words + ["--walltime", "2h", "--chain", "3"] + Desk.options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        for part in [
            "exec ", "1 node × 1 process × 2 cores = 2 cores", "1 GiB of memory",
            "2h × 3 jobs at most = 6h", "12.0 core hours",
        ] { #expect(outcome.text.contains(part), "\(part)") }
        if scheduler == .slurm {
            #expect(outcome.text.contains("sbatch --parsable ") && outcome.text.contains("to start at"))
        }
        #expect(desk.folder.names() == ["scan.h5"])
    }

    @Test(
        "a run that is canceled keeps a checkpoint, and one that is resumed makes what it would have made",
        arguments: schedulers)
    func cancelAndResume(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 240)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(
            Desk.options + ["--output", "volume.h5", "--walltime", "5m", "--pace", "7", "--checkpoint-every", "500ms"])
        try await eventually("the run to come further") { (try run.status()?.events ?? 0) > 20 }
        #expect(try await desk.run(["status", run.name]).text.contains("active"))
        try await desk.succeed("cancel", run.name)
        let end = try await desk.wait(for: run)
        #expect(end.status == 130 && end.errors.contains("is canceled"), "\(end.errors)")
        let first = try #require(try run.status())
        #expect(first.outcome == .canceled && first.checkpoint != nil && first.reason == "cancel")
        #expect(!desk.folder.contains("volume.h5"))

        try await desk.succeed("submit", "--resume", run.name)
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try run.status()?.attempt == 2 && run.status()?.restored == first.checkpoint)
        #expect(try desk.folder.data("volume.h5") == expected)
    }

    @Test("what is wrong with the pipeline's options is said before anything is queued", arguments: schedulers)
    func wrongOptions(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 10)
        for (words, problem) in [
            (["--input", "scan.h5", "--filter", "round"], "round"),
            (["--input", "missing.h5"], "--input: there is no missing.h5"), (["--inptu", "scan.h5"], "inptu"),
            (["--input", "scan.h5", "--walltime", "soon"], "soon"),
            (["--input", "scan.h5", "--site", "nowhere"], "there is no site profile \"nowhere\""),
            (["--input", "scan.h5", "--directive", "qos=x"], "the directive qos is for no scheduler"),
            (["--input", "scan.h5", "--after", "nobody"], "there is no run \"nobody\""),
        ] {
            let outcome = try await desk.run(["submit", "--scheduler", scheduler.rawValue] + words)
            #expect(outcome.status != 0 && outcome.errors.contains(problem), "\(words): \(outcome.errors)")
            #expect(!desk.folder.contains("runs"), "\(words)")
        }
    }

    @Test("a run whose pipeline fails says why, and is not repeated", arguments: schedulers)
    func failure(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 10)
        // Gone behind the moment at which it was looked for.
        let run = try await desk.submit(
            Desk.options + ["--output", "volume.h5", "--walltime", "5m", "--chain", "3", "--prelude", "rm scan.h5"])
        let end = try await desk.wait(for: run)
        #expect(end.status == 1 && end.errors.contains("scan.h5"), "\(end.errors)")
        let status = try #require(try run.status())
        #expect(status.outcome == .failed && status.exit == 66 && status.reason?.contains("scan.h5") == true)
        #expect(try run.attempts().count == 1)
        #expect(!desk.folder.contains("volume.h5"))
        let json = try await desk.run(["status", run.name, "--json"])
        #expect(json.status == 1 && json.text.contains("\"failure\" : \"exit\""), "\(json.text)")
    }

    @Test("runs are found by parts of their ids, and what is missing is said")
    func names() async throws {
        let desk = try Desk(.local)
        #expect(try await desk.run(["status"]).text == "there are no runs in runs")
        let missing = try await desk.run(["status", "nobody"])
        #expect(missing.status == 66 && missing.errors.contains("there is no run \"nobody\""))
        try await desk.makeScan(angles: 10)
        let run = try await desk.submit(Desk.options + ["--name", "one"])
        _ = try await desk.wait(for: run)
        _ = try await desk.wait(for: try await desk.submit(Desk.options + ["--name", "once", "--overwrite"]))
        #expect(try await desk.run(["status", "one-"]).text.contains(run.name))
        #expect(try await desk.run(["status", "on"]).errors.contains("can be 2 runs"))
        try FileManager.default.removeItem(atPath: run("run.json"))
        #expect(try await desk.run(["status", run.path]).errors.contains("there is no run"))
    }
}
