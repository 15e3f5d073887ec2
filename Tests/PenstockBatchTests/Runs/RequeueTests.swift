import Foundation
import PenstockBatch
import TestSupport
import Testing

/// A job that Slurm takes back and begins again.
@Suite(.timeLimit(.minutes(5)), .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)")) struct RequeueTests {
    private static let options =
        Desk.options + ["--output", "volume.h5", "--walltime", "5m", "--pace", "20", "--checkpoint-every", "300ms"]

    @Test("with --requeue the same job goes on from the checkpoint, and the one behind it still waits")
    func requeued() async throws {
        let cluster = try SlurmCluster.shared()
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 200)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(Self.options + ["--requeue", "--chain", "3"])
        try await eventually("a checkpoint") { (try run.status()?.checkpoint ?? 0) > 1 }
        let job = try #require(try run.status()).jobID
        try cluster.run("scontrol", "requeue", job)
        try await cluster.wait(for: job, "PENDING")
        try await eventually("the last word of the first attempt") { try run.status()?.outcome != .running }
        let between = try await desk.run(["status", run.name])
        #expect(between.text.contains("requeued (1)"), "\(between.text)")
        // Slurm holds it back for two minutes.
        try cluster.run("scontrol", "update", "JobId=\(job)", "StartTime=now")
        try await eventually("the second attempt") { try run.status()?.attempt == 2 }
        for other in try run.jobs() where other.id != job {
            #expect(try cluster.job(other.id)?.reason == "Dependency")
        }
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        let attempts = try run.attempts()
        #expect(attempts.map(\.jobID) == [job, job] && attempts[1].restored == attempts[0].checkpoint)
        #expect(try desk.folder.data("volume.h5") == expected)
    }

    @Test("without --requeue Slurm does not begin it again")
    func refused() async throws {
        let cluster = try SlurmCluster.shared()
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 100)
        let run = try await desk.submit(Self.options)
        try await eventually("the run to be at work") { (try run.status()?.events ?? 0) > 0 }
        let job = try #require(try run.status()).jobID
        #expect(throws: SlurmCluster.Failure.self) { try cluster.run("scontrol", "requeue", job) }
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try run.attempts().count == 1)
    }
}
