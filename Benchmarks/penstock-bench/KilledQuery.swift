import EventQueries
import Foundation
import Glibc
import Penstock
import PenstockLog
import Synchronization

/// A query whose first run is killed in the middle, by SIGKILL, and goes on in this process from what is on disk.
struct KilledQuery {
    let query: Query
    let input: QueryInput
    /// The share of the events after which the first run dies.
    let share: Double

    /// Runs the query to the given share in a process of its own, then from its last checkpoint to the end.
    /// - Throws: `RunDidNotDie` where the first run did not end by the signal.
    func run() async throws -> QueryResult {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("penstock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        child.arguments = [
            "engine", "--query", query.rawValue, "--events", String(input.events), "--seed", String(input.seed),
            "--parallelism", String(input.partitions), "--batch", String(input.batchEvents),
            "--kill-at", String(share), "--die-in", folder.path,
        ]
        try child.run()
        child.waitUntilExit()
        guard child.terminationReason == .uncaughtSignal, child.terminationStatus == SIGKILL else {
            throw RunDidNotDie(status: child.terminationStatus)
        }
        return try await query.run(input, try await recovery(in: folder.path) { _ in })
    }

    /// Runs the query until the share of its events has been read and a checkpoint is kept, and dies then.
    func die(in folder: String) async throws {
        let kept = Mutex(false)
        var input = input
        input.stop = StopPoint(event: Int(share * Double(input.events))) {
            if kept.withLock({ $0 }) { kill(getpid(), SIGKILL) }
            usleep(100)
            return true
        }
        _ = try await query.run(input, try await recovery(in: folder) { _ in kept.withLock { $0 = true } })
    }

    private func recovery(in folder: String, whenKept: @escaping @Sendable (UInt64) -> Void) async throws
        -> QueryRecovery
    {
        var checkpoints = CheckpointOptions(name: query.rawValue, interval: .milliseconds(20))
        checkpoints.whenKept = whenKept
        return QueryRecovery(log: try await EmbeddedLog(directory: folder + "/log"), checkpoints: checkpoints)
    }
}

/// The first run of a query ended otherwise than it should.
private struct RunDidNotDie: Error, CustomStringConvertible {
    let status: Int32
    var description: String { "the run that should be killed ended with status \(status)" }
}
