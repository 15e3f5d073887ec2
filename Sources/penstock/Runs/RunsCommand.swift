internal import ArgumentParser
internal import Foundation
internal import PenstockBatch
internal import PenstockCommands

/// `penstock runs`.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Look at the runs that pipelines have submitted, compare, export and remove them.",
        discussion: """
            A run is a folder that the verb submit of a pipeline makes, in ./\(RunList.defaultFolder) unless --runs says \
            otherwise. It is named by its id, the beginning or the end of that, or the path of its folder.
            """,
        subcommands: [
            RunsListCommand.self, RunsShowCommand.self, RunsDiffCommand.self, RunsCleanCommand.self,
            RunsExportCommand.self, RunsGatherCommand.self,
        ])
}

/// Where the runs are.
struct RunsFolder: ParsableArguments {
    @Option(help: ArgumentHelp("The folder with the runs.", valueName: "dir")) var runs = RunList.defaultFolder

    var list: RunList { RunList(in: runs) }

    /// - Throws: `CommandError` where there is no such folder.
    func check() throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: runs, isDirectory: &isFolder), isFolder.boolValue else {
            throw CommandError(
                .noInput, "there is no folder \(runs)",
                hint: "go to where the runs were submitted from, or name their folder with --runs")
        }
    }
}

/// A line for each run.
struct RunsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List runs, the newest first.",
        discussion: "USED is how long the attempts have run together. Each scheduler is asked once.")

    @OptionGroup var folder: RunsFolder
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try folder.check()
        let table = try await RunTable(folder.list)
        for problem in table.problems { StandardError.write("warning: \(problem.summary)\n") }
        if table.rows.isEmpty, !json {
            try StandardOutput.shared.print("there are no runs in \(folder.runs)")
        } else {
            try StandardOutput.shared.write(Array((json ? table.json : table.text).utf8))
        }
    }
}

/// All of a run.
struct RunsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what was submitted, what became of it, and what it read and made.")

    @Argument(help: "The run.") var run: String
    @OptionGroup var folder: RunsFolder

    func run() async throws {
        let details = try await RunDetails(folder.list.run(run))
        try StandardOutput.shared.write(Array(details.text.utf8))
    }
}

/// What differs between two runs.
struct RunsDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Tell in what two runs differ.",
        discussion:
            "Files are compared by their checksums, not by their names. The exit status is 0 where the runs are the same, 1 where they differ."
    )

    @Argument(help: "A run.") var first: String
    @Argument(help: "Another one.") var second: String
    @OptionGroup var folder: RunsFolder
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let list = folder.list
        let difference = try RunDifference(list.run(first), list.run(second))
        try StandardOutput.shared.write(Array((json ? difference.json : difference.text).utf8))
        guard difference.entries.isEmpty else {
            try StandardOutput.shared.flush()
            throw ExitCode(1)
        }
    }
}
