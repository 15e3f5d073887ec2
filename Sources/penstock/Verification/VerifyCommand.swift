internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic verify`.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every byte of topics.",
        discussion: """
            Checks first blocks, seals, all checksums, the order of offsets and epochs, that everything can be decoded, \
            what is kept of producers, and which transactions are open. \
            Writes nothing and needs no lock, so it may run beside writers. Exit status 65 where something is damaged, or written by \
            a newer version, which this program cannot check.
            """)

    @OptionGroup var options: LogOptions
    @Argument(help: "The topics (default: all but the log's own).") var names: [String] = []
    @Option(name: .shortAndLong, parsing: .unconditional, help: "One partition only.") var partition: Int?
    @Flag(help: "All topics, the log's own among them.") var all = false
    @Flag(help: "No progress bar.") var quiet = false

    func validate() throws {
        if all, !names.isEmpty { throw ValidationError("name topics or say --all, not both") }
        if partition != nil, names.count != 1 { throw ValidationError("--partition needs the name of one topic") }
    }

    func run() async throws {
        let log = try await options.openFiles()
        let topics = names.isEmpty ? try await self.topics(of: log) : names
        let bar = ProgressBar(quiet: quiet)
        let report: VerificationReport
        do {
            defer { bar.finish() }
            report = try await log.verify(topics: topics, partition: partition) { progress in
                bar.show("verifying \(progress.topic)", done: progress.bytesDone, of: progress.bytesTotal)
            }
        }
        if options.json {
            try StandardOutput.shared.print(VerificationText.json(report).compact)
        } else {
            for line in VerificationText.lines(report) { try StandardOutput.shared.print(line) }
        }
        if !report.isIntact { throw ExitCode(FailureCategory.data.rawValue) }
    }

    private func topics(of log: EmbeddedLog) async throws -> [String] {
        let topics = try await log.topics()
        guard all else { return topics }
        return try await topics + log.groups().map { "_penstock.positions.\($0)" }
    }
}
