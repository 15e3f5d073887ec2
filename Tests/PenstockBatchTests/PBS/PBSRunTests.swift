import Foundation
import PenstockBatch
import TestSupport
import Testing

/// Runs that are submitted to PBS, as far as that goes without a PBS server: see ``PBSPrograms``.
@Suite(.timeLimit(.minutes(10)), .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)")) struct PBSRunTests {
    private static let dialects: [SchedulerName] = [.pbspro, .torque]

    private func desk(_ scheduler: SchedulerName) throws -> (desk: Desk, programs: ScriptedPrograms) {
        let programs = try PBSPrograms.programs(scheduler)
        return (try Desk(scheduler, programs: programs), programs)
    }

    /// What the manual pages of `qsub` have against the script of a run.
    private func problems(_ run: RunFolder, _ scheduler: SchedulerName) throws -> [PBSScript.Problem] {
        let text = try String(contentsOfFile: run("script.sh"), encoding: .utf8)
        return PBSScript(scheduler == .pbspro ? .pbspro : .torque, text: text).check(ranks: 1)
    }

    @Test("submit, status, wait and logs", arguments: dialects)
    func complete(_ scheduler: SchedulerName) async throws {
        let (desk, programs) = try desk(scheduler)
        try await desk.makeScan(angles: 60)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(
            Desk.options + ["--output", "volume.h5", "--walltime", "5m", "--queue", "debug", "--pace", "10"])
        #expect(try problems(run, scheduler) == [])
        #expect(try await desk.run(["status", run.name]).text.contains(scheduler.rawValue + ", job "))
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try await desk.succeed("logs", run.name).text.contains("volume.h5: 2 slices"))
        #expect(try desk.folder.data("volume.h5") == expected)
        let job = try #require(try run.jobs().first)
        #expect(job.command == ["qsub", run("script.sh")])
        #expect(try run.status()?.jobID == job.id)
        #expect(programs.count("qsub") == 1 && programs.count("qstat") >= 1)
    }

    @Test("a walltime too short for the scan: a chain makes the same bytes", arguments: dialects)
    func chain(_ scheduler: SchedulerName) async throws {
        let (desk, _) = try desk(scheduler)
        try await desk.makeScan(angles: 150)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(
            Desk.options + [
                "--output", "volume.h5", "--walltime", "1m", "--grace", "46s", "--chain", "20", "--pace", "5",
                "--checkpoint-every", "1s",
            ])
        #expect(try problems(run, scheduler) == [])
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        let attempts = try run.attempts()
        #expect(attempts.count >= 2 && attempts.last?.outcome == .completed, "\(attempts.map(\.outcome))")
        #expect(attempts.dropLast().allSatisfy { $0.outcome == .handedOver && $0.reason == "walltime" })
        #expect(try run.jobs()[1].command.prefix(3) == ["qsub", "-W", "depend=afterany:\(attempts[0].jobID)"])
        #expect(try desk.folder.data("volume.h5") == expected)
    }

    @Test("cancel drains a job that runs, and takes those that wait", arguments: dialects)
    func cancel(_ scheduler: SchedulerName) async throws {
        let (desk, programs) = try desk(scheduler)
        try await desk.makeScan(angles: 240)
        let run = try await desk.submit(
            Desk.options + [
                "--output", "volume.h5", "--walltime", "5m", "--chain", "2", "--pace", "5", "--checkpoint-every",
                "500ms",
            ])
        try await eventually("the run to be at work") { (try run.status()?.events ?? 0) > 10 }
        try await desk.succeed("cancel", run.name)
        #expect(try await desk.wait(for: run).status == 130, "\(desk.logs(of: run))")
        #expect(try run.status()?.outcome == .canceled && run.status()?.checkpoint != nil)
        #expect(programs.count("qsig") == 1 && programs.count("qdel") >= 1)
        try await eventually("its jobs to leave the queue") { try await SlurmJobs.open(of: run).isEmpty }
    }

    @Test("a job that can never run is said, by OpenPBS's comment")
    func neverRuns() async throws {
        let (desk, _) = try desk(.pbspro)
        try desk.folder.write("scan", to: "scan.h5")
        let words = ["submit", "--scheduler", "pbspro", "--cores", "1", "--queue", "small", "--walltime", "6m"]
        let outcome = try await desk.run(words + Desk.options)
        #expect(
            outcome.status == 0 && outcome.errors.contains("never runs: Can Never Run: walltime"), "\(outcome.errors)")
        let run = try #require(RunList(in: desk.folder("runs")).all.first)
        try await desk.succeed("cancel", run.name)
    }
}
