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

    @Test("extended from one node to three, a run gets more than twice as fast and makes the same", arguments: VerbTests.schedulers)
    func extend(_ scheduler: SchedulerName) async throws {
        let desk = try await desk(scheduler, count: 700)
        let expected = try await expectedRows(desk)
        #expect(expected.count >= 700 * Self.partitions)
        let run = try await desk.submit(["--log", "log", "--malleable", "--walltime", "5m", "--checkpoint-every", "1s", "--batch-size", "5"])
        try await eventually("the run to be at work: \(desk.logs(of: run))") { (try run.status()?.events ?? 0) > 50 }
        let alone = try await rate(run, over: 6)
        try await desk.succeed("extend", run.name, "--nodes", "2")
        try await eventually("three members to be at work: \(desk.logs(of: run))") {
            let members = try run.members()
            return members.count == 3 && members.allSatisfy { $0.counts["measured_appended"] ?? 0 > 0 }
        }
        let together = try await rate(run, over: 6)
        print("\(scheduler.rawValue): \(Int(alone)) samples a second on one node, \(Int(together)) on three: \(together / alone) times")
        // A device gives at most 100 samples a second.
        #expect(alone > 50 && alone < 110 && together >= 2.2 * alone)
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        #expect(try await rows(desk, "log") == expected)
    }
}
