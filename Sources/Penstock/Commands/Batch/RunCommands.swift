internal import ArgumentParser
internal import Foundation
internal import PenstockBatch
internal import PenstockCommands

/// The run that a verb is about.
struct RunChoice: ParsableArguments {
    @Argument(help: "The run: its id, the beginning or the end of that, or the path of its folder.") var run: String
    @Option(help: ArgumentHelp("The folder with the runs.", valueName: "dir")) var runs = RunList.defaultFolder

    var folder: RunFolder { get throws { try RunList(in: runs).run(run) } }
}

/// Tells how runs are.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tell how runs are.",
        discussion: "The exit status is 0 where all of them are well, 1 where one has failed or was canceled.")

    @Argument(help: "The runs; all of the folder where none is named.") var run: [String] = []
    @Option(help: ArgumentHelp("The folder with the runs.", valueName: "dir")) var runs = RunList.defaultFolder
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Go on until all are over.") var watch = false

    func run() async throws {
        let list = RunList(in: runs)
        let folders = try run.isEmpty ? list.all : run.map { try list.run($0) }
        guard !folders.isEmpty else { return print(json ? "[]" : "there are no runs in \(runs)") }
        var pace = PollPace()
        while true {
            let states = try await RunStatus.of(folders)
            if watch, !json, isatty(STDOUT_FILENO) == 1 { print("\u{1B}[H\u{1B}[2J", terminator: "") }
            print(json ? RunReport(states).json : RunReport(states).text, terminator: "")
            guard watch, states.contains(where: { !$0.state.isFinal }) else {
                if states.contains(where: { $0.state.isFinal && $0.state != .completed }) { throw ExitCode(1) }
                return
            }
            try await Task.sleep(for: pace.next(hasChanged: states.map(\.state)))
        }
    }
}

/// Waits for the end of a run.
struct WaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a run is over.",
        discussion:
            "The exit status is 0 where it is completed, 1 where it has failed, 130 where it was canceled, 75 behind --timeout."
    )

    @OptionGroup var choice: RunChoice
    @Option(help: ArgumentHelp("Wait no longer than this.", valueName: "time")) var timeout: Duration?

    func run() async throws {
        let folder = try choice.folder
        let end = timeout.map { ContinuousClock.now + $0 }
        var pace = PollPace()
        while true {
            let status = try await RunStatus.of([folder])[0]
            if status.state.isFinal { try RunEnd.tell(status) }
            if let end, ContinuousClock.now >= end {
                StandardError.write("\(folder.name) is \(status.state)\n")
                throw ExitCode(75)
            }
            let pause = pace.next(hasChanged: [status.state])
            try await Task.sleep(for: end.map { min(pause, $0 - .now) } ?? pause)
        }
    }
}

/// Shows what a run prints.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what the jobs of a run have printed, attempt by attempt.")

    @OptionGroup var choice: RunChoice
    @Flag(name: [.customShort("f"), .long], help: "Go on with what they print, until the run is over.") var follow =
        false
    @Option(help: ArgumentHelp("The task of a sweep.", valueName: "n")) var task: Int?

    func run() async throws {
        let folder = try choice.folder
        let logs = RunLogs(task.map { folder.task($0) } ?? folder)
        var pace = PollPace()
        var isOver = !follow
        while true {
            logs.printNew()
            if isOver { return }
            let status = try await RunStatus.of([folder])[0]
            // What came between the last look and the end is printed, too.
            isOver = status.state.isFinal
            if !isOver { try await logs.waitForMore(atMost: pace.next(hasChanged: [status.state])) }
        }
    }
}

/// Follows a run as if it ran here.
struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Follow a run: how it is, what it prints, how it ends.",
        discussion: "Ctrl-C ends the following, not the run. The exit status is that of `wait`.")

    @OptionGroup var choice: RunChoice

    func run() async throws {
        let folder = try choice.folder
        let logs = RunLogs(folder)
        var pace = PollPace()
        var shown = ""
        while true {
            let status = try await RunStatus.of([folder])[0]
            logs.printNew()
            let line = RunReport([status]).line
            if line != shown { StandardError.write("-- \(line)\n") }
            shown = line
            if status.state.isFinal { try RunEnd.tell(status) }
            try await logs.waitForMore(atMost: pace.next(hasChanged: [status.state]))
        }
    }
}

/// Ends a run.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a run: with a last checkpoint, from which `submit --resume` goes on.")

    @OptionGroup var choice: RunChoice
    @Flag(help: "End it at once, without a last checkpoint.") var now = false

    func run() async throws {
        let folder = try choice.folder
        try await folder.cancel(now: now)
        print(now ? "canceled \(folder.name)" : "\(folder.name) comes to its end; `wait` waits for it")
    }
}

/// How a verb that has waited for a run ends.
enum RunEnd {
    /// Says how the run ended, and leaves with the status of that.
    static func tell(_ status: RunStatus) throws -> Never {
        let why = status.remark.map { ": \($0)" } ?? ""
        StandardError.write("\(status.folder.name) is \(status.state)\(why)\n")
        throw ExitCode(status.state == .completed ? 0 : status.state == .canceled ? FailureReport.interrupted : 1)
    }
}
