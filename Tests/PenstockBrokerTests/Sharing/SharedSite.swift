import Foundation
import PenstockLog
import TestSupport
import Testing

/// A broker, a producer and two processes that share a pipeline, in three networks, by TLS and tokens.
final class SharedSite {
    static let partitions = 4
    private static let group = "workers"

    private let networks: Switch
    private let served: ServedLog
    let producer: ChildProcess
    private(set) var workers: [ChildProcess] = []

    init() async throws {
        networks = try await Switch(3)
        let host = Switch.host(0)
        let credentials = try Credentials(host: host, scopes: "produce:* consume:*")
        served = try await ServedLog(
            .guarded(credentials), host: host, launchers: (networks.networks[0].launcher, []))
        producer = try ChildProcess(
            "SharePeer",
            [
                "produce", "--log", served.location, "--partitions", "\(Self.partitions)", "--pause", "20", "--until",
                served.folder("stop"),
            ], environment: served.environment, launcher: networks.networks[1].launcher)
        // The topic is there.
        try await producer.line("sent ")
        for _ in 0..<2 {
            workers.append(
                try ChildProcess(
                    "SharePeer", ["run", "--log", served.location, "--share", Self.group],
                    environment: served.environment, launcher: networks.networks[2].launcher))
        }
    }

    var directory: String { served.directory }

    /// How often a worker has taken a share.
    func taken(by worker: ChildProcess) -> Int {
        worker.errors.split(separator: "\n").count { $0.hasPrefix("takes share ") }
    }

    /// Nobody ends before the end of the stream.
    private func checkRunning() throws {
        for process in [producer] + workers where !process.isRunning {
            throw ChildFailure("it has ended: \(process.errors)")
        }
    }

    /// Waits until each worker has its shares, and rows have come of every partition.
    func waitUntilShared() async throws {
        try await eventually("both to have shares: \(workers.map(\.errors))") {
            try checkRunning()
            return workers.allSatisfy { taken(by: $0) >= Self.partitions / 2 }
        }
        try await waitForRows()
    }

    /// Waits until every partition has more rows than now.
    func waitForRows() async throws {
        let before = try await rowCounts()
        try await eventually("more rows than \(before): \(producer.errors) \(workers.map(\.errors))") {
            try checkRunning()
            let now = try await rowCounts()
            return now.count == Self.partitions
                && zip(before + Array(repeating: 0, count: now.count), now).allSatisfy { $0 < $1 }
        }
    }

    private func rowCounts() async throws -> [UInt64] {
        let log = try await EmbeddedLog(directory: directory, creating: false)
        guard try await log.topics().contains("sums") else { return [] }
        return try await log.describe("sums").partitions.map(\.nextOffset)
    }

    /// Kills a worker that has shares, and waits until the other one has all.
    func killWorker() async throws {
        let heir = workers[1]
        let before = taken(by: heir)
        try await workers[0].kill()
        workers.removeFirst()
        try await eventually("the other one to have all shares: \(heir.errors)") {
            try checkRunning()
            return taken(by: heir) >= before + Self.partitions / 2
        }
    }

    /// Kills the broker, and starts it again at the same place.
    func killBroker() async throws {
        try await served.broker.kill()
        try await served.restart()
    }

    /// Ends the stream, and waits until all that are left have come to its end; how many readings there are.
    func finish() async throws -> Int {
        try served.folder.write("", to: "stop")
        #expect(try await producer.ended() == 0, "\(producer.errors)")
        for worker in workers {
            #expect(try await worker.ended() == 0, "\(worker.errors)")
            // It has no `admin`.
            #expect(worker.errors.contains("old checkpoints stay in the topic"), "\(worker.errors)")
        }
        try await served.stop()
        return try #require(Int(try await producer.line("done ")))
    }
}
