internal import ArgumentParser
internal import Foundation
internal import Logging
internal import PenstockEngine
internal import PenstockLog

/// The options that `run` and `replay` of every pipeline have.
struct RunSettings: ParsableArguments {
    @Option(help: LogSettings.help) var log = LogSettings.defaultDirectory

    @Option(
        help: ArgumentHelp(
            "Instances of keyed stages and threads of heavy ones; never changes a result.", valueName: "n"))
    var parallelism = RunSettings.defaultParallelism

    @Option(help: ArgumentHelp("The most events of a batch; never changes a result.", valueName: "n"))
    var batchSize = RunOptions.defaultBatchEvents

    @Option(help: "When events of a new topic count as recorded: durable (on the device) or page-cache.")
    var durability = RunOptions.TopicDurability.durable

    @Option(
        help: ArgumentHelp(
            "Where stages with a memory limit put the state beyond it; by default in the log, or among temporary files.",
            valueName: "dir"))
    var spillDirectory: String?

    @Flag(help: "Replace output that exists already.")
    var overwrite = false

    @Option(help: "How progress is shown: auto (a line on a terminal), json (lines on standard error) or none.")
    var progress = ProgressStyle.auto

    @Flag(help: "Print errors and nothing else.")
    var quiet = false

    @Option(help: ArgumentHelp("What is logged: trace, debug, info, notice, warning or error.", valueName: "level"))
    var logLevel = "warning"

    @Option(help: ArgumentHelp("The same as --KEY VALUE, for scripts that set any option.", valueName: "key=value"))
    var set: [String] = []

    /// As many as the machine has processors.
    static var defaultParallelism: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError(
                "'\(logLevel)' is not a level; the levels are trace, debug, info, notice, warning, error")
        }
    }

    /// Where state goes beyond what stages may keep in memory; nil for the folder of temporary files. A log leaves alone what begins with a dot.
    func spillDirectory(usesLog: Bool) throws -> String? {
        if spillDirectory != nil || !usesLog { return spillDirectory }
        return try LogLocation(log).directory.map { "\($0)/.spill" }
    }

    /// Opens the log where there is one.
    /// - Throws: `LogError`.
    func openLog(for program: String) async throws -> any LogStore {
        try await LogLocation(log).open(creating: false, for: program)
    }

    /// A logger that writes to standard error.
    var logger: Logger {
        var logger = Logger(label: "penstock") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .warning
        return logger
    }
}

/// The option that every verb has.
struct LogSettings {
    /// Where the log is unless the user says otherwise.
    static let defaultDirectory = "penstock-log"
    static let help = ArgumentHelp(
        "The log with the topics: a directory, or penstock://HOST:PORT of a broker, several with commas between them.",
        valueName: "log")
}

/// How progress is shown.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
    case auto, json, none
}

extension RunOptions.TopicDurability: ExpressibleByArgument {}
