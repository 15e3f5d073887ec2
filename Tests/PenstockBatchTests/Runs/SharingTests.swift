import Foundation
import PenstockBatch
import TestSupport
import Testing

/// Runs whose work several nodes share.
@Suite(.timeLimit(.minutes(10)), .serialized) struct SharingTests {
    private static let partitions = 6

    private func desk(_ scheduler: SchedulerName, count: Int) async throws -> Desk {
        let desk = try Desk(scheduler, pipeline: "BatchPeer")
        for log in ["log", "alone"] {
            try await desk.succeed("fill", "--log", log, "--count", "\(count)", "--partitions", "\(Self.partitions)")
        }
        return desk
    }

    private func rows(_ desk: Desk, _ log: String) async throws -> [String] {
        let outcome = try await desk.run(["topic", "dump", "measured", "--json", "--log", log], by: "penstock")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.lines
    }

    /// What a single process makes of the samples.
    private func expectedRows(_ desk: Desk) async throws -> [String] {
        try await desk.succeed("run", "--log", "alone", "--share", "alone", "--busy", "0")
        return try await rows(desk, "alone")
    }

    /// Samples a second, over some seconds.
    private func rate(_ run: RunFolder, over seconds: Double) async throws -> Double {
        func rows() throws -> Int { try run.members().reduce(0) { $0 + ($1.counts["measured_appended"] ?? 0) } }
        let (before, clock) = (try rows(), ContinuousClock.now)
        try await Task.sleep(for: .seconds(seconds))
        return Double(try rows() - before) / ((ContinuousClock.now - clock) / .seconds(1))
    }

    @Test(
        "extended from one node to three, a run gets more than twice as fast and makes the same",
        arguments: VerbTests.schedulers)
    func extend(_ scheduler: SchedulerName) async throws {
        let desk = try await desk(scheduler, count: 700)
        let expected = try await expectedRows(desk)
        #expect(expected.count >= 700 * Self.partitions)
        let run = try await desk.submit([
            "--log", "log", "--malleable", "--walltime", "5m", "--checkpoint-every", "1s", "--batch-size", "5",
        ])
        try await eventually("the run to be at work: \(desk.logs(of: run))") { (try run.status()?.events ?? 0) > 50 }
        let alone = try await rate(run, over: 6)
        try await desk.succeed("extend", run.name, "--nodes", "2")
        try await eventually("three members to be at work: \(desk.logs(of: run))") {
            let members = try run.members()
            return members.count == 3 && members.allSatisfy { $0.counts["measured_appended"] ?? 0 > 0 }
        }
        let together = try await rate(run, over: 6)
        print(
            "\(scheduler.rawValue): \(Int(alone)) samples a second on one node, \(Int(together)) on three: \(together / alone) times"
        )
        // A device gives at most 100 samples a second.
        #expect(alone > 50 && alone < 110 && together >= 2.2 * alone)
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try await rows(desk, "log") == expected)
    }

    private static let options = [
        "--log", "log", "--walltime", "5m", "--checkpoint-every", "500ms", "--batch-size", "5",
    ]

    @Test("several nodes from the beginning make the same, and each has its part", arguments: VerbTests.schedulers)
    func nodes(_ scheduler: SchedulerName) async throws {
        let desk = try await desk(scheduler, count: 60)
        let expected = try await expectedRows(desk)
        let run = try await desk.submit(Self.options + ["--nodes", "3"])
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        let members = try run.members()
        #expect(members.count == 3 && members.allSatisfy { $0.isDone || $0.hasStopped })
        #expect(members.allSatisfy { ($0.counts["measured_appended"] ?? 0) > 0 }, "\(members)")
        if scheduler == .slurm {
            #expect(Set(members.map { $0.member.split(separator: "-")[1] }).count == 3, "\(members.map(\.member))")
        }
        #expect(try await rows(desk, "log") == expected)
        // One of the members has written down for all where the topics end.
        let measured = try #require(try run.files()?.log?.topics.first { $0.name == "measured" })
        #expect(measured.ends.count == Self.partitions && measured.ends.reduce(0, +) >= 60 * UInt64(Self.partitions))
    }

    @Test(
        "the program goes to a folder of each node, starts there, and is gone from there",
        arguments: VerbTests.schedulers)
    func staged(_ scheduler: SchedulerName) async throws {
        let desk = try await desk(scheduler, count: 300)
        let expected = try await expectedRows(desk)
        try FileManager.default.createDirectory(atPath: desk.folder("disk"), withIntermediateDirectories: false)
        let run = try await desk.submit(Self.options + ["--nodes", "2", "--stage", desk.folder("disk")])
        try await eventually("the run to be at work: \(desk.logs(of: run))") { (try run.status()?.events ?? 0) > 20 }
        let copies = desk.folder.names(in: "disk")
        #expect(copies.count == 1 && copies[0].hasPrefix("\(run.name)-"), "\(copies)")
        try await desk.succeed("extend", run.name)
        try await eventually("the third member to be at work: \(desk.logs(of: run))") {
            try run.members().count { $0.counts["measured_appended"] ?? 0 > 0 } == 3
        }
        // The job, its broker, the job that has joined, and its member.
        #expect(Desk.programs(in: desk.folder("disk")) >= 4)
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try await rows(desk, "log") == expected)
        try await eventually("the copies to be gone") { desk.folder.names(in: "disk").isEmpty }
    }

    @Test(
        "each node looks at the program before it starts",
        .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
    func otherProgram() async throws {
        let desk = try await desk(.slurm, count: 10)
        let run = try await desk.submit(
            Self.options + ["--nodes", "3", "--prelude", "until [ -e go ]; do sleep 0.05; done"])
        let program = try FileHandle(forUpdating: URL(fileURLWithPath: try run.manifest().program.path))
        try program.seekToEnd()
        try program.write(contentsOf: Data([0]))
        try program.close()
        try desk.folder.write("", to: "go")
        #expect(try await desk.wait(for: run).status == 1)
        let complaints = desk.logs(of: run).split(separator: "\n").filter {
            $0.contains("error: node ") && $0.contains("is not the file that was submitted")
        }
        #expect(complaints.count == 3, "\(desk.logs(of: run))")
        #expect(try run.attempts().isEmpty)
    }

    @Test("nodes for the log alone, with a copy of the program, too", arguments: VerbTests.schedulers)
    func logNodes(_ scheduler: SchedulerName) async throws {
        let desk = try await desk(scheduler, count: 60)
        let expected = try await expectedRows(desk)
        try FileManager.default.createDirectory(atPath: desk.folder("disk"), withIntermediateDirectories: false)
        let run = try await desk.submit(
            Self.options + ["--nodes", "2", "--log-nodes", "2", "--stage", desk.folder("disk")])
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try run.members().count == 2)
        let rendezvous = try #require(try run.rendezvous())
        #expect(rendezvous.log.split(separator: ",").count == 2, "\(rendezvous.log)")
        #expect(try await rows(desk, "log") == expected)
    }

    @Test("nodes that are taken away give their work back", arguments: VerbTests.schedulers)
    func shrink(_ scheduler: SchedulerName) async throws {
        let desk = try await desk(scheduler, count: 300)
        let expected = try await expectedRows(desk)
        let run = try await desk.submit(Self.options + ["--malleable"])
        try await eventually("the run to be at work") { (try run.status()?.events ?? 0) > 20 }
        #expect(try await desk.run(["shrink", run.name]).errors.contains("has no nodes that `extend` has added"))
        try await desk.succeed("extend", run.name)
        try await eventually("the second member to be at work") {
            try run.members().count { $0.counts["measured_appended"] ?? 0 > 0 } == 2
        }
        let shrunk = try await desk.succeed("shrink", run.name)
        #expect(shrunk.text.contains("leaves \(run.name) with 1 node"))
        try await eventually("the second member to leave") { try run.members().contains { $0.hasStopped } }
        #expect(try run.status()?.outcome == .running)
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try await rows(desk, "log") == expected)
        #expect(desk.logs(of: run).contains("it leaves"))
    }

    @Test(
        "a walltime that is too short for work that is shared: a chain, and nodes that stay through it",
        arguments: VerbTests.schedulers)
    func chain(_ scheduler: SchedulerName) async throws {
        let desk = try await desk(scheduler, count: 300)
        let expected = try await expectedRows(desk)
        let run = try await desk.submit(
            Self.options.map { $0 == "5m" ? "1m" : $0 } + ["--malleable", "--grace", "50s", "--chain", "9"])
        try await eventually("the run to be at work") { (try run.status()?.events ?? 0) > 20 }
        try await desk.succeed("extend", run.name, "--walltime", "5m")
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        let attempts = try run.attempts()
        #expect(attempts.count >= 2 && attempts.dropLast().allSatisfy { $0.outcome == .handedOver }, "\(attempts)")
        #expect(try await rows(desk, "log") == expected)
        #expect(desk.logs(of: run).contains("joins attempt 2"))
    }

    @Test("what cannot be shared, or extended, is said")
    func refusals() async throws {
        let tomography = try Desk(.local)
        try await tomography.makeScan(angles: 10)
        let refused = try await tomography.run(["submit", "--scheduler", "local", "--nodes", "2"] + Desk.options)
        #expect(
            refused.status == 64 && refused.errors.contains("which every process would read as a whole"),
            "\(refused.errors)")
        let desk = try await desk(.local, count: 100)
        let run = try await desk.submit(["--log", "log", "--walltime", "5m", "--batch-size", "5"])
        try await eventually("the run to be at work") { try run.status() != nil }
        #expect(try await desk.run(["extend", run.name]).errors.contains("was not submitted to be extended"))
        try await desk.succeed("cancel", run.name, "--now")
        #expect(try await desk.wait(for: run).status == 130)
        #expect(try await desk.run(["extend", run.name]).errors.contains("nothing is left to share"))
    }
}
