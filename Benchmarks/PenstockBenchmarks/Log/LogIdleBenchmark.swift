internal import ArgumentParser
internal import Foundation
internal import PenstockEvents
internal import PenstockLog

/// A writer without events, a reader that follows it, and one that follows it as another process would: what they cost.
struct LogIdleBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "idle", abstract: "The processor time of waiting.")

    @Option(help: "Seconds to wait.") var seconds = 10.0
    @Option(help: "A folder that is there; the log is made in it.") var directory = NSTemporaryDirectory()
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let path = directory + "/penstock-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = try await EmbeddedLog(directory: path)
        let other = try await EmbeddedLog(directory: path)
        let schema = Schema("Idle", fields: [.init("number", .u64)])
        let configuration = TopicConfiguration(durability: .pageCache)
        _ = try await log.createTopic("idle", schema: schema, configuration: configuration)
        let partition = TopicPartition("idle")
        let writer = try await log.writer(for: partition)
        var following: [Task<LogEntry, any Error>] = []
        for log in [log, other] {
            let reader = try await log.reader(for: partition, from: .earliest)
            following.append(Task { try await reader.following() })
        }
        try await Task.sleep(for: .seconds(1))
        let cpu = ProcessorTime.processNanoseconds
        try await Task.sleep(for: .seconds(seconds))
        let idle = (ProcessorTime.processNanoseconds - cpu) / 1e9
        let clock = ContinuousClock()
        let start = clock.now
        _ = try await writer.submit(control: .timeMark(Timestamp(nanoseconds: 1)))
        for task in following { _ = try await task.value }
        let woken = (clock.now - start) / .seconds(1)
        try await writer.close()
        var figures = FigureList()
        figures.add("seconds", seconds)
        figures.add("cpu_seconds", idle)
        figures.add("wake_seconds", woken)
        figures.print(json: json)
    }
}
