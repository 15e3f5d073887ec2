import Foundation
import TestSupport
import Testing

@testable import PenstockBatch

/// What is refused, and what is taken and never runs: said when it is submitted, not in the morning.
@Suite(.timeLimit(.minutes(5))) struct RefusalTests {
    @Test("where there is no scheduler, that is said, and what to do")
    func noScheduler() async throws {
        let desk = try Desk(.local)
        try desk.folder.write("scan", to: "scan.h5")
        // `env`, which starts the program, and nothing else.
        let programs = desk.folder("programs")
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: programs + "/env", withDestinationPath: "/usr/bin/env")
        let found = try await desk.run(["submit"] + Desk.options, environment: ["PATH": programs])
        #expect(found.status == 69, "\(found.errors)")
        #expect(
            found.errors.contains("there is no batch queue here: neither sbatch nor qsub is in the folders of PATH"))
        #expect(found.errors.contains("hint: ") && found.errors.contains("--scheduler local"))
        for (scheduler, program) in [("slurm", "sbatch"), ("pbspro", "qsub")] {
            let named = try await desk.run(
                ["submit", "--scheduler", scheduler] + Desk.options, environment: ["PATH": programs])
            #expect(named.status == 69 && named.errors.contains("error: \(program) "), "\(named.errors)")
            #expect(named.errors.contains("is it in the folders of PATH?"))
        }
        #expect(desk.folder.names(in: "runs").filter { $0 != ".programs" } == [])
    }

    @Test(
        "what Slurm refuses is told in its words, with a hint, and leaves no run",
        .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"),
        arguments: [
            (["--queue", "nosuch"], "Invalid partition name specified", "`sinfo -s` lists the partitions"),
            (["--constraint", "gills"], "Invalid feature specification", "`sinfo -o '%P %f'` lists the features"),
            (
                ["--memory", "100GiB"], "Requested node configuration is not available",
                "no node of the partition has so many cores, GPUs or so much memory"
            ),
            (["--gpus", "1"], "Invalid generic resource", "`sinfo -o '%P %G'` lists"),
            (["--reservation", "nobody"], "Requested reservation is invalid", "`scontrol show reservation` lists"),
        ])
    func refused(_ words: [String], _ complaint: String, _ hint: String) async throws {
        let desk = try Desk(.slurm)
        try desk.folder.write("scan", to: "scan.h5")
        let outcome = try await desk.run(["submit", "--scheduler", "slurm", "--cores", "1"] + Desk.options + words)
        #expect(outcome.status == 69, "\(outcome.errors)")
        #expect(outcome.errors.contains("error: sbatch has refused the job: ") && outcome.errors.contains(complaint))
        #expect(outcome.errors.contains("hint: \(hint)"), "\(outcome.errors)")
        #expect(desk.folder.names(in: "runs").filter { $0 != ".programs" } == [])
    }

    @Test(
        "what Slurm takes and never runs is said at once, and by status",
        .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"),
        arguments: [
            (["--queue", "small", "--walltime", "6m"], "than the partition "),
            (["--cores", "500"], "than the partition "),
            (["--nodes", "9"], "than the partition "),
        ])
    func neverRuns(_ words: [String], _ reason: String) async throws {
        let sharing = words[0] == "--nodes"
        let desk = try Desk(.slurm, pipeline: sharing ? "BatchPeer" : "LiveTomography")
        let options: [String]
        if sharing {
            try await desk.succeed("fill", "--log", "log", "--count", "1", "--partitions", "1")
            options = ["--log", "log"]
        } else {
            try desk.folder.write("scan", to: "scan.h5")
            options = Desk.options
        }
        // The second job of a chain waits for the first: that is not what has to be said.
        let outcome = try await desk.run(
            ["submit", "--scheduler", "slurm", "--cores", "1", "--chain", "2"] + options + words)
        #expect(outcome.status == 0 && outcome.lines.first?.hasPrefix("submitted ") == true, "\(outcome.errors)")
        #expect(
            outcome.errors.contains("warning: as it is, this job never runs: it") && outcome.errors.contains(reason),
            "\(outcome.errors)")
        let run = try #require(RunList(in: desk.folder("runs")).all.first)
        let status = try await desk.run(["status", run.name])
        #expect(status.status == 0 && status.text.contains("queued (Partition"), "\(status.text)")
        #expect(status.text.contains(reason), "\(status.text)")
        try await desk.succeed("cancel", run.name)
        #expect(try await desk.run(["status", run.name]).text.contains("canceled"))
        let known = try await SlurmJobs.open(of: run)
        #expect(known == [])
    }

    @Test("an account that nobody checks is taken", .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
    func account() async throws {
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 10)
        let run = try await desk.submit(Desk.options + ["--account", "nobody"])
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
    }

    /// The words of sbatch 22.05 and 23.11.
    @Test(
        "hints for what sbatch says",
        arguments: [
            (
                "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified",
                "sacctmgr show associations"
            ),
            ("sbatch: error: invalid partition specified: x", "sinfo -s"),
            (
                "sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)",
                "--chain"
            ),
            (
                "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)",
                "try again later"
            ),
            (
                "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
                "sacctmgr show qos"
            ),
        ])
    func hints(_ complaint: String, _ hint: String) {
        #expect(SlurmScheduler.hint(complaint)?.contains(hint) == true)
    }

    @Test("no hint for what nobody knows") func noHint() { #expect(SlurmScheduler.hint("sbatch: error: odd") == nil) }
}

/// The jobs of a run on the cluster of the tests.
enum SlurmJobs {
    /// Those that wait or run.
    static func open(of run: RunFolder) async throws -> [String] {
        let ids = try Set(run.jobs().map(\.id))
        return try SlurmCluster.shared().jobs().filter {
            ids.contains($0.id) && ["PENDING", "RUNNING"].contains($0.state)
        }.map(\.id)
    }
}
