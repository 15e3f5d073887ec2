import Foundation
import PenstockBatch
import TestSupport
import Testing

/// Something that a run needs is gone, or is another thing, when a job comes to need it.
@Suite(.timeLimit(.minutes(5))) struct LostPartsTests {
    /// What a run is submitted with whose first job is sent away in the middle.
    private static let steps = [
        "--output", "volume.h5", "--walltime", "5m", "--pace", "20", "--checkpoint-every", "300ms",
    ]

    /// Submits a run of several jobs, of which the first is at work and has kept a checkpoint.
    private func begin(_ desk: Desk, _ options: [String]) async throws -> RunFolder {
        try await desk.makeScan(angles: 200)
        let run = try await desk.submit(Desk.options + Self.steps + ["--chain", "3"] + options)
        try await eventually("a checkpoint") { (try run.status()?.checkpoint ?? 0) > 1 }
        return run
    }

    /// Sends the job that is at work away, and waits for the end of the run.
    private func handOver(_ desk: Desk, _ run: RunFolder) async throws -> Desk.Outcome {
        Desk.signal(SIGTERM, toJobOf: run)
        return try await desk.wait(for: run)
    }

    @Test("a log that is gone when the next job begins: the run does not begin anew", arguments: VerbTests.schedulers)
    func logGone(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        let run = try await begin(desk, ["--prelude", "if [ -e purge ]; then mv penstock-log purged; rm purge; fi"])
        try desk.folder.write("", to: "purge")
        let end = try await handOver(desk, run)
        #expect(
            end.status == 1 && end.errors.contains("the log \(desk.folder("penstock-log")) is gone"), "\(end.errors)")
        #expect(try run.attempts().map(\.outcome) == [.handedOver, .failed] && run.status()?.exit == 78)
        #expect(!desk.folder.contains("penstock-log") && !desk.folder.contains("volume.h5"))
        #expect(try run.jobs().count >= 2)
        // Back from a copy, it is gone on with.
        let expected = try await desk.expectedVolume()
        try FileManager.default.moveItem(atPath: desk.folder("purged"), toPath: desk.folder("penstock-log"))
        try await desk.succeed("submit", "--resume", run.name)
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try desk.folder.data("volume.h5") == expected)
    }

    @Test(
        "a log without the run's checkpoints: the run does not begin anew, and writes nothing",
        arguments: VerbTests.schedulers)
    func checkpointsGone(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        let run = try await begin(desk, ["--prelude", "if [ -e purge ]; then rm -rf penstock-log/* purge; fi"])
        try desk.folder.write("", to: "purge")
        let end = try await handOver(desk, run)
        #expect(
            end.status == 1 && end.errors.contains("the run has kept checkpoint "),
            "\(end.errors) \(desk.logs(of: run))")
        #expect(end.errors.contains("has none any more"))
        #expect(try run.attempts().map(\.outcome) == [.handedOver, .failed] && run.status()?.exit == 78)
        #expect(!desk.folder.contains("volume.h5"))
    }

    @Test("--fresh and what was killed: the second job goes on all the same", arguments: VerbTests.schedulers)
    func fresh(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        let run = try await begin(desk, ["--fresh"])
        // The pipeline, too: without cgroups this Slurm lets it go on.
        let members = try run.members()
        Desk.signal(SIGKILL, toJobOf: run)
        for member in members { kill(member.process, SIGKILL) }
        let expected = try await desk.expectedVolume()
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        let attempts = try run.attempts()
        // What the first job said last is known though it ended without a word.
        #expect(attempts[0].outcome == .running && attempts[0].checkpoint ?? 0 > 0 && attempts[1].stalls == 0)
        #expect(attempts[1].restored ?? 0 >= attempts[0].checkpoint ?? 1)
        #expect(try desk.folder.data("volume.h5") == expected)
    }

    @Test(
        "a job killed between the end of the work and its last word: the next one finds the work done",
        arguments: VerbTests.schedulers)
    func ended(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 100)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(
            Desk.options + ["--output", "volume.h5", "--walltime", "5m", "--pace", "15", "--chain", "2"])
        try await eventually("the run to be at work") { try run.status()?.phase == .active }
        // Who watches the pipeline stands still until the work is done.
        Desk.signal(SIGSTOP, toJobOf: run)
        try await eventually("the end of the work") { try run.members().contains { $0.isDone } }
        Desk.signal(SIGKILL, toJobOf: run)
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try run.attempts().map(\.outcome) == [.running, .completed])
        #expect(desk.logs(of: run).contains("the work was done before"))
        #expect(try desk.folder.data("volume.h5") == expected)
    }

    @Test(
        "a program that was changed, or removed, since: refused on the node, and status says why",
        arguments: VerbTests.schedulers)
    func program(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        let run = try await begin(desk, ["--prelude", "while [ -e hold ]; do sleep 0.05; done"])
        try desk.folder.write("", to: "hold")
        Desk.signal(SIGTERM, toJobOf: run)
        try await eventually("the hand-over") { try run.status()?.outcome == .handedOver }
        let program = try run.manifest().program.path
        // In the place of the other, which a process may have open.
        rename(try desk.folder.write("#!/bin/sh\n", to: "changed"), program)
        chmod(program, 0o755)
        try desk.folder.remove("hold")
        let end = try await desk.wait(for: run)
        #expect(end.status == 1, "\(desk.logs(of: run))")
        #expect(end.errors.contains("is not the file that was submitted: its SHA-256 is "), "\(end.errors)")
        #expect(try run.attempts().count == 1 && run.status()?.outcome == .handedOver)

        try FileManager.default.removeItem(atPath: program)
        let resumed = try await desk.run(["submit", "--resume", run.name])
        #expect(
            resumed.status == 78 && resumed.errors.contains("\(program), the program of the run, is gone"),
            "\(resumed.errors)")
        #expect(!desk.folder.contains("volume.h5"))
    }

    @Test("a node without the folder that the run was submitted from", arguments: VerbTests.schedulers)
    func directory(_ scheduler: SchedulerName) async throws {
        let (desk, runs) = (try Desk(scheduler), try TestFolder())
        try await desk.makeScan(angles: 200)
        let outcome = try await desk.run(
            ["submit", "--scheduler", scheduler.rawValue, "--cores", "1", "--runs", runs.path, "--chain", "2"]
                + Desk.options + Self.steps)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let run = try #require(RunList(in: runs.path).all.first)
        try await eventually("a checkpoint") { (try run.status()?.checkpoint ?? 0) > 1 }
        // What is at work has it open; the next job looks for it by its name.
        let away = desk.folder.path + ".away"
        try FileManager.default.moveItem(atPath: desk.folder.path, toPath: away)
        Desk.signal(SIGKILL, toJobOf: run)
        try await Task.sleep(for: .milliseconds(200))
        let place = try Desk(scheduler)
        let end = try await place.wait(for: run)
        try FileManager.default.moveItem(atPath: away, toPath: desk.folder.path)
        #expect(
            end.status == 1
                && end.errors.contains("has no folder \(desk.folder.path): the run needs one that all nodes share"),
            "\(end.errors) \(desk.logs(of: run))")
    }
}
