internal import ArgumentParser

/// The event log: appending, reading, recovering.
struct LogBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "The event log beside the bare disk and memory.",
        subcommands: [LogAppendBenchmark.self, LogReadBenchmark.self, LogRecoverBenchmark.self, LogIdleBenchmark.self])
}
