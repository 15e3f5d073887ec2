internal import ArgumentParser
internal import PenstockBatch

/// Puts together what the tasks of a sweep have left.
struct RunsGatherCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gather",
        abstract: "Put together what the tasks of a sweep have left: a table, and a contact sheet.",
        discussion: """
            The last task of a sweep does so by itself. By hand it is done where that task was lost, or to look at what there \
            is before all tasks are over.
            """)

    @Argument(help: "The run.") var run: String
    @OptionGroup var folder: RunsFolder

    func run() async throws {
        let gathering = try await folder.list.run(run).gather()
        try StandardOutput.shared.print(
            "\(gathering.table): \(gathering.completed) of \(gathering.tasks) tasks completed")
        if let sheet = gathering.sheet { try StandardOutput.shared.print(sheet) }
    }
}
