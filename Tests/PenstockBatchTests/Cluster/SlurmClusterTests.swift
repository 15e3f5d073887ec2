import Foundation
import TestSupport
import Testing

@Suite(
    "A Slurm of virtual nodes", .timeLimit(.minutes(5)),
    .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
struct SlurmClusterTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("has four nodes, three partitions, and times for tests")
    func comesUp() throws {
        let cluster = try SlurmCluster.shared()
        let nodes = try cluster.run("sinfo", "--noheader", "--Node", "--partition=main", "--format=%N %c %m")
        #expect(nodes.split(separator: "\n") == ["n1 8 8000", "n2 8 8000", "n3 8 8000", "n4 8 8000"])
        let partitions = try cluster.run("sinfo", "--noheader", "--format=%P %D %l %L")
        #expect(
            partitions.split(separator: "\n")
                == ["main* 4 1-00:00:00 10:00", "debug 4 30:00 5:00", "small 1 5:00 1:00"])
        let settings = try cluster.run("scontrol", "show", "config").split(separator: "\n")
            .map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
        for setting in ["KillWait = 5 sec", "MinJobAge = 3600 sec", "OverTimeLimit = 0 min", "JobRequeue = 1"] {
            #expect(settings.contains(setting))
        }
    }

    @Test("runs a step on each node, which knows its node's name; no signal is blocked or ignored in it")
    func step() async throws {
        let cluster = try SlurmCluster.shared()
        let id = try cluster.run(
            "sbatch", "--parsable", "--nodes=4", "--ntasks-per-node=1", "--output=step.out", "--wrap",
            #"srun sh -c 'echo $SLURMD_NODENAME $(grep -E "Sig(Blk|Ign)" /proc/self/status)'"#, in: folder.path)
        #expect(try await cluster.wait(for: id, "COMPLETED", "FAILED").state == "COMPLETED")
        let lines = try folder.text("step.out").split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.map { $0[0] }.sorted() == ["n1", "n2", "n3", "n4"])
        // Signals from 32 on are the C library's own.
        let masks = lines.flatMap { $0.compactMap { UInt64($0, radix: 16) } }
        #expect(masks.count == 8 && masks.allSatisfy { $0 & 0x7FFF_FFFF == 0 })
    }

    @Test("several jobs share a node")
    func sharedNode() async throws {
        let cluster = try SlurmCluster.shared()
        let ids = try (0..<5).map { _ in
            try cluster.run("sbatch", "--parsable", "--nodelist=n4", "--output=/dev/null", "--wrap", "sleep 100")
        }
        for id in ids { try await cluster.wait(for: id, "RUNNING") }
        for id in ids { try cluster.run("scancel", id) }
        for id in ids { try await cluster.wait(for: id, "CANCELLED") }
    }

    @Test("a script with #PBS lines runs, and sees PBS's variables")
    func pbs() async throws {
        let cluster = try SlurmCluster.shared()
        try folder.write(
            """
            #!/bin/bash
            #PBS -N readings
            #PBS -l select=2:ncpus=1:mpiprocs=1:mem=100mb
            #PBS -l walltime=00:05:00
            #PBS -j oe
            #PBS -o pbs.out
            #PBS -q debug
            echo $PBS_JOBID $PBS_O_WORKDIR $SLURM_JOB_NUM_NODES
            """, to: "job.pbs")
        let id = try cluster.run("sbatch", "--parsable", "job.pbs", in: folder.path)
        #expect(try await cluster.wait(for: id, "COMPLETED", "FAILED").state == "COMPLETED")
        #expect(try folder.text("pbs.out") == "\(id) \(folder.path) 2\n")
        let job = try cluster.run("scontrol", "--oneliner", "show", "job", id).split(separator: " ")
        for field in ["JobName=readings", "TimeLimit=00:05:00", "Partition=debug"] {
            #expect(job.contains { $0 == field })
        }
    }

    @Test("a job for more than there is waits, and says why")
    func waitsForEver() async throws {
        let cluster = try SlurmCluster.shared()
        let id = try cluster.run(
            "sbatch", "--parsable", "--partition=small", "--time=6", "--output=/dev/null", "--wrap", "true")
        try await eventually("the reason") { try cluster.job(id)?.reason == "PartitionTimeLimit" }
        #expect(try cluster.job(id)?.state == "PENDING")
        try cluster.run("scancel", id)
        try await cluster.wait(for: id, "CANCELLED")
    }

    @Test("a command that fails tells what it has printed")
    func failure() throws {
        let cluster = try SlurmCluster.shared()
        let failure = try #require(throws: SlurmCluster.Failure.self) {
            try cluster.run("sbatch", "--partition=nosuch", "--wrap", "true")
        }
        #expect(failure.description.contains("invalid partition specified: nosuch"))
    }

    @Test("calls of a program are counted, and answered by the real one")
    func counting() throws {
        let cluster = try SlurmCluster.shared()
        let counted = try SlurmCluster.counting(["squeue", "sinfo"])
        let path = counted.environment
        #expect(
            try cluster.run("sinfo", "--noheader", "--partition=small", "--format=%P", environment: path) == "small")
        try cluster.run("sh", "-c", "sinfo --version; sinfo --version 'a b'", environment: path)
        #expect(counted.counts == ["squeue": 0, "sinfo": 3])
        #expect(
            counted.calls(of: "sinfo") == ["--noheader --partition=small --format=%P", "--version", "--version a b"])
        #expect(throws: SlurmCluster.Failure.self) { try SlurmCluster.counting(["no-such-program"]) }
    }
}
