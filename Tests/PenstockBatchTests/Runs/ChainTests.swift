import Foundation
import PenstockBatch
import PenstockTesting
import TestSupport
import Testing

/// Runs whose jobs end before the work is done: by the walltime, by being killed, with their node.
@Suite(.timeLimit(.minutes(15)), .serialized) struct ChainTests {
    private static let rounds = ProcessInfo.processInfo.environment["PENSTOCK_KILL_ROUNDS"].flatMap(Int.init) ?? 3

    @Test("a walltime too short for the scan: a chain of jobs makes the same bytes", arguments: VerbTests.schedulers)
    func walltime(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 300)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(
            Desk.options + [
                "--output", "volume.h5", "--walltime", "1m", "--grace", "46s", "--chain", "10", "--pace", "9",
                "--checkpoint-every", "1s",
            ])
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        let attempts = try run.attempts()
        #expect(attempts.count >= 3, "\(attempts.map(\.outcome))")
        for (attempt, next) in zip(attempts, attempts.dropFirst()) {
            #expect(attempt.outcome == .handedOver && attempt.reason == "walltime" && attempt.cameFurther)
            #expect(next.restored == attempt.checkpoint)
            #expect(next.jobID == attempt.successor)
        }
        #expect(attempts.last?.outcome == .completed)
        #expect(try desk.folder.data("volume.h5") == expected)
    }

    @Test("a chain has an end, which is said, and can be gone on with")
    func usedUp() async throws {
        let desk = try Desk(.local)
        try await desk.makeScan(angles: 120)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(
            Desk.options + [
                "--output", "volume.h5", "--walltime", "60s", "--grace", "48s", "--pace", "6", "--checkpoint-every",
                "1s",
            ])
        let end = try await desk.wait(for: run)
        #expect(
            end.status == 1 && end.errors.contains("failed (walltime)") && end.errors.contains("submit --resume"),
            "\(end.errors)")
        #expect(try run.status()?.outcome == .handedOver)
        try await desk.succeed("submit", "--resume", run.name, "--chain", "9")
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try desk.folder.data("volume.h5") == expected)
    }

    @Test("jobs killed at random moments: the same bytes", arguments: VerbTests.schedulers)
    func kills(_ scheduler: SchedulerName) async throws {
        let desk = try Desk(scheduler)
        try await desk.makeScan(angles: 150)
        let expected = try await desk.expectedVolume()
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var generator = SeededRandom(seed: seed)
        print("kills on \(scheduler.rawValue): \(Self.rounds) rounds, seed \(seed)")
        for round in 0..<Self.rounds {
            let run = try await desk.submit(
                Desk.options + [
                    "--output", "volume.h5", "--overwrite", "--walltime", "5m", "--chain", "20", "--pace", "40",
                    "--checkpoint-every", "300ms", "--stall-limit", "10", "--attempts", "20", "--name", "round\(round)",
                    "--log", "log\(round)",
                ])
            var kills = 0
            for _ in 0..<20 where kills < 3 {
                if try await desk.wait(upTo: Double.random(in: 0.5..<4, using: &generator), for: run) { break }
                kills += kill(run) ? 1 : 0
            }
            var end = try await desk.wait(for: run)
            if end.status != 0, try run.status()?.successor == nil {
                // Killed one after the other before any of them had queued the next one.
                try await desk.succeed("submit", "--resume", run.name, "--chain", "20")
                end = try await desk.wait(for: run)
            }
            #expect(
                end.status == 0,
                "round \(round) of seed \(seed): \(desk.logs(of: run))")
            #expect(try desk.folder.data("volume.h5") == expected, "round \(round) of seed \(seed)")
            print("  \(kills) kills, \(try run.attempts().count) attempts")
        }
    }

    /// Kills the processes of the job that is at work, without a word: the program, and who watches it.
    private func kill(_ run: RunFolder) -> Bool {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []
        let own = processes.filter { process in
            let words =
                (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8))?.split(separator: "\0") ?? []
            return words.contains { $0 == run.path } && !words.contains("keep-job") && !words.contains("wait")
        }
        for process in own { Foundation.kill(process, SIGKILL) }
        return !own.isEmpty
    }

    @Test(
        "the processes of a node killed and the node set down in the middle: the same bytes",
        .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
    func nodeFailure() async throws {
        let cluster = try SlurmCluster(nodes: 2)
        let desk = try Desk(.slurm, cluster: cluster)
        try await desk.makeScan(angles: 240)
        let expected = try await desk.expectedVolume()
        let run = try await desk.submit(
            Desk.options + [
                "--output", "volume.h5", "--walltime", "5m", "--chain", "5", "--pace", "30", "--checkpoint-every",
                "500ms",
            ])
        try await eventually("the run to come further") { (try run.status()?.checkpoint ?? 0) > 3 }
        let first = try #require(try run.status())
        try cluster.kill(node: first.host)
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        let attempts = try run.attempts()
        #expect(attempts.count == 2 && attempts[0].outcome == .running && attempts[1].host != first.host)
        #expect(attempts[1].restored != nil)
        #expect(try desk.folder.data("volume.h5") == expected)
    }
}

extension Desk {
    /// Waits so many seconds; whether the run is over by then.
    func wait(upTo seconds: Double, for run: RunFolder) async throws -> Bool {
        try await Task.sleep(for: .seconds(seconds))
        return try run.status()?.outcome == .completed
    }
}
