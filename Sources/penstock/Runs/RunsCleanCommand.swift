internal import ArgumentParser
internal import PenstockBatch
internal import PenstockCommands

/// Removes runs that are over.
struct RunsCleanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Remove runs that are over, and programs that no run needs.",
        discussion: """
            Only the folders of runs and the copies of programs go. Results, topics and the checkpoints in logs stay; a run \
            that is not over stays, and one that another run waits for.
            """)

    @Argument(help: "The runs; those that are old enough where none is named.") var run: [String] = []
    @OptionGroup var folder: RunsFolder
    @Option(help: "How long ago a run has to have ended.", transform: Age.parse) var olderThan: Duration?
    @Flag(help: "Only tell what would go.") var dryRun = false
    @OptionGroup var confirmation: Confirmation

    private static let defaultAge = Duration.seconds(30 * 86_400)

    func validate() throws {
        guard run.isEmpty || olderThan == nil else {
            throw ValidationError("name runs, or say how old they are with --older-than: not both")
        }
    }

    func run() async throws {
        try folder.check()
        let list = folder.list
        let cleaning =
            try await run.isEmpty
            ? RunCleaning(in: folder.runs, olderThan: olderThan ?? Self.defaultAge)
            : RunCleaning(in: folder.runs, run.map { try list.run($0) })
        for remark in cleaning.remarks { StandardError.write("\(remark)\n") }
        let programs = cleaning.programs
        for candidate in cleaning.candidates {
            try StandardOutput.shared.print(
                "\(candidate.folder.name)  \(candidate.state)  \(ByteCount.text(candidate.bytes))")
        }
        for program in programs {
            try StandardOutput.shared.print("program \(program.path)  \(ByteCount.text(program.bytes))")
        }
        let what = [Self.count(cleaning.candidates.count, "run"), Self.count(programs.count, "program")]
            .joined(separator: " and ")
        let bytes = cleaning.candidates.reduce(0) { $0 + $1.bytes } + programs.reduce(0) { $0 + $1.bytes }
        guard !cleaning.candidates.isEmpty || !programs.isEmpty else {
            return try StandardOutput.shared.print("nothing to remove")
        }
        guard !dryRun else {
            return try StandardOutput.shared.print("would remove \(what): \(ByteCount.text(bytes))")
        }
        try StandardOutput.shared.flush()
        let unfinished = cleaning.candidates.count { $0.state != .completed }
        let loss = unfinished == 0 ? "" : ", \(unfinished) of them not completed, which nobody can then go on with"
        try confirmation.ask("remove \(what)\(loss)?")
        let freed = try cleaning.perform()
        try StandardOutput.shared.print(
            "removed \(Self.count(freed.runs, "run")) and \(Self.count(freed.programs, "program")): \(ByteCount.text(freed.bytes)) freed"
        )
    }

    private static func count(_ count: Int, _ name: String) -> String { "\(count) \(name)\(count == 1 ? "" : "s")" }
}
