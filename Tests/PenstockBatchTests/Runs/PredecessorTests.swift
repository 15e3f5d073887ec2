import Foundation
import PenstockBatch
import TestSupport
import Testing

/// `submit --after`: a run behind another one.
@Suite(.timeLimit(.minutes(5))) struct PredecessorTests {
    private static let slow = ["--walltime", "5m", "--pace", "10", "--checkpoint-every", "300ms", "--name", "first"]
    private static let behind = ["--output", "second.h5", "--name", "second", "--log", "second-log", "--chain", "2"]

    /// Two runs, the second behind the first.
    private func submit(
        _ desk: Desk, first options: [String]
    ) async throws -> (first: RunFolder, second: RunFolder) {
        try await desk.makeScan(angles: 150)
        let first = try await desk.submit(Desk.options + Self.slow + ["--output", "first.h5"] + options)
        return (first, try await desk.submit(Desk.options + Self.behind + ["--after", first.name]))
    }

    @Test("behind a run that is completed", arguments: VerbTests.schedulers)
    func completes(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        let (first, second) = try await submit(desk, first: [])
        let waiting = try await desk.run(["status", second.name]).text
        #expect(waiting.contains("queued (Dependency): it waits for the run \(first.name)"), "\(waiting)")
        #expect(try await desk.wait(for: second).status == 0, "\(desk.logs(of: second))")
        let (before, after) = (try #require(try first.status()), try #require(try second.status()))
        #expect(before.outcome == .completed && after.attempt == 1)
        #expect(try #require(before.ended) <= after.started)
        #expect(try desk.folder.data("first.h5") == desk.folder.data("second.h5"))
        // Once it is completed there is nothing to wait for.
        let third = try await desk.submit(
            Desk.options + ["--output", "third.h5", "--log", "third-log", "--after", first.name])
        #expect(try third.jobs().first?.after == [])
        #expect(try await desk.wait(for: third).status == 0)
    }

    @Test("behind a run that fails", arguments: VerbTests.schedulers)
    func fails(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        let (first, second) = try await submit(
            desk, first: ["--prelude", "until [ -e go ]; do sleep 0.05; done; mv scan.h5 away.h5"])
        try desk.folder.write("", to: "go")
        let end = try await desk.wait(for: second)
        #expect(end.status == 1, "\(end.errors)")
        #expect(
            end.errors.contains("the run \(first.name), which has to be completed first, is failed (exit 66)"),
            "\(end.errors)")
        #expect(try second.attempts().count == 1 && !desk.folder.contains("second.h5"))
        let words = ["submit", "--scheduler", scheduler.rawValue, "--after", first.name]
        try FileManager.default.moveItem(atPath: desk.folder("away.h5"), toPath: desk.folder("scan.h5"))
        let refused = try await desk.run(words + Desk.options)
        #expect(refused.status == 64 && refused.errors.contains("is failed (exit 66)"), "\(refused.errors)")
        #expect(refused.errors.contains("hint: `submit --resume \(first.name)`"))
    }

    @Test("behind a run that is canceled", arguments: VerbTests.schedulers)
    func canceled(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        let (first, second) = try await submit(desk, first: ["--pace", "4"])
        try await eventually("the run to be at work") { (try first.status()?.events ?? 0) > 0 }
        try await desk.succeed("cancel", first.name)
        let end = try await desk.wait(for: second)
        #expect(end.status == 1 && end.errors.contains("which has to be completed first, is canceled"), "\(end.errors)")
    }

    @Test(
        "behind a chain that gets more jobs: the job waits again, and uses no attempt up",
        arguments: VerbTests.schedulers)
    func chain(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        let (first, second) = try await submit(
            desk, first: ["--chain", "8", "--pace", "6", "--prelude", "until [ -e go ]; do sleep 0.05; done"])
        let known = try #require(try second.jobs().first).after.map(\.job)
        try #require(known.count >= 1)
        try desk.folder.write("", to: "go")
        // Until the other run is at work in a job that was not there yet.
        for attempt in 1...known.count {
            try await eventually("attempt \(attempt) to come further: \(desk.logs(of: first))") {
                let status = try first.status()
                return status?.attempt == attempt && status?.checkpoint ?? 0 > 0 && status?.events ?? 0 > 3
            }
            Desk.signal(SIGTERM, toJobOf: first)
        }
        try await eventually("the job to wait again: \(desk.logs(of: second))") {
            desk.logs(of: second).contains("still goes on: job ")
        }
        #expect(try second.attempts().isEmpty)
        #expect(try await desk.run(["status", second.name]).text.contains("it waits for the run \(first.name)"))
        #expect(try await desk.wait(for: second).status == 0, "\(desk.logs(of: second))")
        #expect(try first.status()?.outcome == .completed && second.attempts().count == 1)
        #expect(try desk.folder.data("first.h5") == desk.folder.data("second.h5"))
    }

    @Test("behind a run of another queue", .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
    func otherQueue() async throws {
        let desk = try Desk(.slurm)
        try await desk.makeScan(angles: 100)
        let first = try await desk.submit(Desk.options + Self.slow + ["--pace", "4"])
        let words = ["submit", "--scheduler", "local", "--after", first.name] + Desk.options
        let refused = try await desk.run(words)
        #expect(
            refused.status == 64 && refused.errors.contains("is a run of slurm, and jobs of local cannot wait for it"),
            "\(refused.errors)")
        try await desk.succeed("cancel", "--now", first.name)
    }
}
