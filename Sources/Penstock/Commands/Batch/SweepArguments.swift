internal import ArgumentParser
internal import Foundation
internal import PenstockBatch
internal import PenstockEngine
internal import PenstockEvents
internal import PenstockLog

/// The tasks of a sweep, looked at by the pipeline one by one before anything is queued, and the arguments that all of them share.
struct SweepArguments<P: Pipeline> {
    private(set) var sweep: Sweep
    /// What the user wrote, with absolute paths of what is read: each task works in a folder of its own.
    private(set) var arguments: [String]

    private struct Help: Decodable {
        struct Command: Decodable { let arguments: [Argument]? }
        struct Argument: Decodable {
            let kind: String
            let names: [Name]?
        }
        struct Name: Decodable { let name: String }
        let command: Command
    }

    /// - Parameters:
    ///   - texts: Such as `centre=290:300:1`.
    ///   - verb: What the tasks do.
    ///   - given: The arguments that all of them share.
    ///   - directory: The folder that relative paths begin in.
    /// - Throws: `BatchError.wrongJob`, naming the task where it is about one.
    init(_ texts: [String], _ verb: PipelineVerb, _ given: [String], from directory: String) throws {
        sweep = try Sweep(texts)
        try Self.checkNames(sweep.keys)
        arguments = try PipelineProgram<P>.expandingSet(given)
        var outputs: [String: Int] = [:]
        var folders: Set<String> = []
        var read: [String: String] = [:]
        var records = false
        for task in sweep.tasks.indices {
            let (pipeline, settings) = try parsed(task, verb)
            for case (let option, let path?) in pipeline.filesRead { read[Self.name(option)] = path }
            for case (let option, let path?) in pipeline.filesMade {
                try Self.note(option, path, task, &outputs, &folders)
            }
            if let directory = try LogLocation(settings.log).directory {
                if task == 0, verb == .run {
                    records = try !PhysicalPlan(pipeline.flows(), parallelism: 1).persistedTopics.isEmpty
                }
                if records {
                    // A topic in a directory has one writer: each task records into a log of its own.
                    try Self.note("log", directory, task, &outputs, &folders)
                } else {
                    read["log"] = directory
                }
            }
            read["spill-directory"] = settings.spillDirectory
        }
        sweep.paths = sweep.keys.filter { read[$0] != nil }
        sweep.folders = folders.sorted()
        for (option, path) in read.sorted(by: { $0.key < $1.key })
        where !path.hasPrefix("/") && !sweep.keys.contains(option) {
            name(path, of: option, as: URL(fileURLWithPath: "\(directory)/\(path)").standardizedFileURL.path)
        }
    }

    /// Only options of the pipeline are swept: others never change a result.
    private static func checkNames(_ keys: [String]) throws {
        let help = try JSONDecoder().decode(Help.self, from: Data(P._dumpHelp().utf8))
        let arguments = help.command.arguments ?? []
        for key in keys {
            let argument = arguments.first { $0.names?.contains { $0.name == key } ?? false }
            guard let argument else {
                throw BatchError(
                    .wrongJob, "\(P.self) has no option \(key) that could be swept",
                    hint: "`\(P.command) run --help` lists its options")
            }
            guard argument.kind == "option" else {
                throw BatchError(
                    .wrongJob, "\(key) is a switch without a value, which cannot be swept",
                    hint: "submit two runs, with and without --\(key)")
            }
        }
    }

    /// The pipeline of a task as its process will see it.
    private func parsed(_ task: Int, _ verb: PipelineVerb) throws -> (P, RunSettings) {
        let words = adding(zip(sweep.keys, sweep.tasks[task]).map { "--\($0)=\($1)" })
        do {
            let (pipeline, settings) = try Self.parsed(words, verb)
            try pipeline.check(verb)
            return (pipeline, settings)
        } catch {
            let place = "task \(task), \(sweep.labels(of: task).joined(separator: " "))"
            let diagnostic = error as? any Diagnostic
            throw BatchError(
                .wrongJob, "\(place): \(diagnostic?.summary ?? Self.line(error))",
                hint: diagnostic?.hint ?? "nothing was queued")
        }
    }

    /// What the parser says in a line; it lists what a value can be below each other.
    private static func line(_ error: any Error) -> String {
        let lines = RunCommand<P>.message(for: error).split(separator: "\n").map { $0.trimmingPrefix("  - ") }
        return [lines.first.map(String.init), lines.dropFirst().joined(separator: ", ")].compactMap { $0 }
            .filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// By the verb alone: to look through all verbs of the program takes three times as long.
    private static func parsed(_ words: [String], _ verb: PipelineVerb) throws -> (P, RunSettings) {
        switch verb {
        case .run:
            let run = try RunCommand<P>.parse(words)
            return (run.pipeline, run.settings)
        case .replay:
            let replay = try ReplayCommand<P>.parse(words)
            return (replay.pipeline, replay.settings)
        }
    }

    /// What is made where all tasks see it must have another name in each.
    private static func note(
        _ option: String, _ path: String, _ task: Int, _ outputs: inout [String: Int], _ folders: inout Set<String>
    ) throws {
        let parts = path.split(separator: "/").filter { $0 != "." }
        if !path.hasPrefix("/"), !parts.contains("..") {
            if let first = parts.first, RunFolder.taskNames.contains(String(first)) {
                throw BatchError(
                    .wrongJob,
                    "--\(name(option)) \(path): \"\(first)\" in the folder of a task is for records of its jobs",
                    hint: "give another name")
            }
            let folder = (path as NSString).deletingLastPathComponent
            if !folder.isEmpty { folders.insert(folder) }
            return
        }
        guard let other = outputs.updateValue(task, forKey: path), other != task else { return }
        throw BatchError(
            .wrongJob, "tasks \(other) and \(task) would both make \(path) (--\(name(option)))",
            hint:
                "give a path that begins in the task's own folder, such as \(URL(fileURLWithPath: path).lastPathComponent)"
        )
    }

    /// `output.page` as `output`.
    private static func name(_ option: String) -> String { String(option.prefix { $0 != "." }) }

    // MARK: Words

    /// The arguments with options added; behind `--` nothing is one any more.
    private func adding(_ options: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end] + options + arguments[end...]
    }

    /// Gives a path that an option names, perhaps with more behind it, another form; where it is a default, the option is added.
    private mutating func name(_ path: String, of option: String, as absolute: String) {
        var isGiven = false
        for (place, word) in arguments.enumerated() {
            if word == "--" { break }
            let prefix = "--\(option)="
            if word.hasPrefix(prefix + path) {
                arguments[place] = prefix + absolute + word.dropFirst(prefix.count + path.count)
                isGiven = true
            } else if place > 0, arguments[place - 1] == "--\(option)", word.hasPrefix(path) {
                arguments[place] = absolute + word.dropFirst(path.count)
                isGiven = true
            }
        }
        if !isGiven { arguments = adding(["--\(option)=\(absolute)"]) }
    }
}
