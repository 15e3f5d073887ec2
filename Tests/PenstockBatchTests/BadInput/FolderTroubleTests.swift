import Foundation
import PenstockBatch
import TestSupport
import Testing

/// The folder of a run is deleted or moved under its jobs, or given to two of them.
@Suite(.timeLimit(.minutes(5))) struct FolderTroubleTests {
    private static let slurmOnly = ["--directive", "slurm.begin=now+1hour"]

    @Test(
        "deleted while the job waits: the job ends and leaves nothing",
        .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
    func deletedWaiting() async throws {
        let cluster = try SlurmCluster.shared()
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 10)
        let run = try await desk.submit(Desk.options + ["--output", "volume.h5"] + Self.slurmOnly)
        let job = try #require(try run.jobs().first).id
        try FileManager.default.removeItem(atPath: run.path)
        try cluster.run("scontrol", "update", "JobId=\(job)", "StartTime=now")
        try await cluster.wait(for: job, "FAILED")
        let status = try await desk.run(["status", run.path])
        #expect(status.status == 66 && status.errors.contains("there is no run "), "\(status.errors)")
        #expect(!FileManager.default.fileExists(atPath: run.path) && !desk.folder.contains("volume.h5"))
    }

    @Test(
        "moved while the job waits: the job fails, and status of the moved folder says why",
        .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
    func movedWaiting() async throws {
        let cluster = try SlurmCluster.shared()
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 10)
        let run = try await desk.submit(Desk.options + ["--output", "volume.h5"] + Self.slurmOnly)
        let job = try #require(try run.jobs().first).id
        let moved = desk.folder("moved")
        try FileManager.default.moveItem(atPath: run.path, toPath: moved)
        let waiting = try await desk.run(["status", moved])
        #expect(waiting.text.contains("its folder was \(run.path) when it was submitted"), "\(waiting.text)")
        try cluster.run("scontrol", "update", "JobId=\(job)", "StartTime=now")
        try await cluster.wait(for: job, "FAILED")
        let status = try await desk.run(["status", moved])
        #expect(status.status == 1 && status.text.contains("failed ("), "\(status.text)")
        #expect(status.text.contains("its jobs look for it there: move it back"))
        let resumed = try await desk.run(["submit", "--resume", moved])
        #expect(resumed.status == 64 && resumed.errors.contains("hint: move it back"), "\(resumed.errors)")
        // Back in its place it works.
        try FileManager.default.moveItem(atPath: moved, toPath: run.path)
        try await desk.succeed("submit", "--resume", run.name)
        let next = try #require(try run.jobs().last).id
        try cluster.run("scontrol", "update", "JobId=\(next)", "StartTime=now")
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(desk.folder.contains("volume.h5"))
    }

    @Test(
        "deleted while the job runs: its work is done, and nothing is left in the folder's place",
        arguments: VerbTests.schedulers)
    func deletedRunning(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 150)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(Desk.options + ["--output", "volume.h5", "--pace", "20"])
        try await eventually("the run to be at work") { (try run.status()?.events ?? 0) > 0 }
        try FileManager.default.removeItem(atPath: run.path)
        try await eventually("its output") { desk.folder.contains("volume.h5") }
        try await eventually("the end of its job") { !Desk.signal(0, toJobOf: run) }
        #expect(try desk.folder.data("volume.h5") == expected)
        #expect(!FileManager.default.fileExists(atPath: run.path))
    }

    @Test(
        "moved while the job runs: its work is done, and the moved folder says how it stood and why it does not know more",
        arguments: VerbTests.schedulers)
    func movedRunning(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 150)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(Desk.options + ["--output", "volume.h5", "--pace", "20"])
        try await eventually("the run to be at work") { (try run.status()?.events ?? 0) > 0 }
        let moved = RunFolder(desk.folder("moved"))
        try FileManager.default.moveItem(atPath: run.path, toPath: moved.path)
        let seen = try await desk.run(["status", moved.path])
        #expect(seen.text.contains("its folder was \(run.path) when it was submitted"), "\(seen)")
        try await eventually("its output") { desk.folder.contains("volume.h5") }
        try await eventually("the end of its job") { !Desk.signal(0, toJobOf: run) }
        #expect(try desk.folder.data("volume.h5") == expected)
        let status = try await desk.run(["status", moved.path])
        #expect(status.status == 1 && status.text.contains("its jobs look for it there"), "\(status.text)")
        #expect(
            desk.logs(of: moved).contains("error: \(run.path)/") && desk.logs(of: moved).contains("cannot be written"),
            "\(desk.logs(of: moved))")
    }

    @Test(
        "its script submitted again by hand while it is at work: the second job ends at once and harms nothing",
        .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
    func twice() async throws {
        let cluster = try SlurmCluster.shared()
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 150)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(
            Desk.options + ["--output", "volume.h5", "--pace", "10", "--checkpoint-every", "500ms"])
        try await eventually("the run to be at work") { (try run.status()?.events ?? 0) > 0 }
        let first = try #require(try run.status()).jobID
        let second = try cluster.run("sbatch", "--parsable", run("script.sh"), in: desk.folder.path)
        try await cluster.wait(for: second, "COMPLETED")
        #expect(desk.logs(of: run).contains("job \(first) is at work on the run: this one is not needed"))
        #expect(try await desk.run(["status", run.name]).text.contains("active"))
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try run.attempts().count == 1 && run.status()?.jobID == first)
        // And once more behind its end.
        let third = try cluster.run("sbatch", "--parsable", run("script.sh"), in: desk.folder.path)
        try await cluster.wait(for: third, "COMPLETED")
        #expect(try await desk.run(["status", run.name]).text.contains("completed"))
        #expect(try desk.folder.data("volume.h5") == expected)
    }

    @Test(
        "two jobs of a run that begin at the same instant: one works",
        .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
    func together() async throws {
        let cluster = try SlurmCluster.shared()
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 60)
        let expected = try await desk.expectedVolume()
        // Each waits in its script until both are there.
        let run = try await desk.submit(
            Desk.options + [
                "--output", "volume.h5", "--pace", "10", "--prelude",
                "touch here.$SLURM_JOB_ID; until [ $(ls here.* | wc -l) = 2 ]; do sleep 0.01; done",
            ])
        let second = try cluster.run("sbatch", "--parsable", run("script.sh"), in: desk.folder.path)
        let jobs = [try #require(try run.jobs().first).id, second]
        for job in jobs { try await cluster.wait(for: job, "COMPLETED") }
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try run.attempts().count == 1 && jobs.contains(run.status()?.jobID ?? ""))
        #expect(desk.logs(of: run).contains("this one is not needed"))
        #expect(try desk.folder.data("volume.h5") == expected)
    }
}
