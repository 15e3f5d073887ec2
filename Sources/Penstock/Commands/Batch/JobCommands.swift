internal import ArgumentParser
internal import Foundation
internal import PenstockBatch
internal import PenstockCommands

/// What a batch script calls: a job of a run.
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Work on a run as a job; the batch script calls it.", shouldDisplay: false)

    @Argument(help: "The folder of the run.") var folder: String

    func run() async throws {
        let wishes = JobWishes()
        let signals = JobSignals(wishes)
        defer { signals.cancel() }
        let runner = try JobRunner(folder, wishes: wishes) { StandardError.write("penstock: \($0)\n") }
        let status = try await runner.run()
        if status != 0 { throw ExitCode(Int32(status)) }
    }
}

/// What the local scheduler begins for each job.
struct KeepJobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep-job", abstract: "Keep a job of this host; `submit --scheduler local` calls it.",
        shouldDisplay: false)

    @Argument(help: "The folder of the run.") var folder: String
    @Argument(help: "The job.") var id: String

    func run() async throws { try await LocalKeeper(id, in: folder).run() }
}
