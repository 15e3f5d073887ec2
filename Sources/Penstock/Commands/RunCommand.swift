internal import ArgumentParser
internal import PenstockEngine
internal import PenstockEvents

/// Records what comes from the sources, and works on it.
struct RunCommand<P: Pipeline>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "run", abstract: "Record what comes from the sources, and work on it.")
    }

    @OptionGroup(title: "Pipeline options") var pipeline: P
    @OptionGroup var settings: RunSettings
    @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointSettings

    func run() async throws {
        let execution = PipelineExecution(
            pipeline, .run, settings, reading: .live, checkpoints: checkpoints.options(for: "\(P.self)"))
        try await execution.run()
    }
}

/// How a run keeps checkpoints.
struct CheckpointSettings: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Keep a checkpoint in the log this often, and begin with the last one, if an earlier run did not come to its end.",
            valueName: "time"))
    var checkpointEvery: Duration?

    @Option(help: ArgumentHelp("Keep checkpoints under this name instead of the pipeline's.", valueName: "name"))
    var checkpointName: String?

    @Option(
        help: ArgumentHelp(
            "Give up when so many runs in a row have ended between the same two checkpoints (by default 5).",
            valueName: "n"))
    var attempts: Int?

    @Flag(help: "Begin at the beginning; what an earlier run left is given up.")
    var fresh = false

    func validate() throws {
        guard checkpointEvery != nil || (checkpointName == nil && !fresh && attempts == nil) else {
            throw ValidationError("--checkpoint-name, --attempts and --fresh need --checkpoint-every")
        }
        if let attempts, attempts < 1 { throw ValidationError("--attempts takes a number of one or more") }
        if let checkpointEvery, checkpointEvery < .zero {
            throw ValidationError("--checkpoint-every takes a time of zero or more")
        }
    }

    /// The options of a run of the pipeline with this name; nil for a run without checkpoints.
    func options(for pipeline: String) -> CheckpointOptions? {
        checkpointEvery.map { interval in
            var options = CheckpointOptions(
                name: checkpointName ?? pipeline, interval: interval, restoring: fresh ? .nothing : .last)
            options.attempts = attempts ?? 5
            return options
        }
    }
}

/// What is replayed.
struct ReplaySelection: ParsableArguments {
    @Option(help: ArgumentHelp("The topic to replay, where the pipeline records several.", valueName: "name"))
    var topic: String?

    @Option(help: ArgumentHelp("The number of the scan to replay; the last one by default.", valueName: "id"))
    var scan: UInt64?
}

/// Works on what an earlier run recorded.
struct ReplayCommand<P: Pipeline>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "replay", abstract: "Work on what an earlier run recorded; sources are not read.")
    }

    @OptionGroup var selection: ReplaySelection
    @OptionGroup(title: "Pipeline options") var pipeline: P
    @OptionGroup var settings: RunSettings

    func run() async throws {
        let execution = PipelineExecution(
            pipeline, .replay, settings, reading: .replay(selection.scan.map { ScanID($0) }), topic: selection.topic)
        try await execution.run()
    }
}

/// What `explain` prints.
struct ExplainSettings: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, dot, json
    }

    @Option(help: "The form: text, dot (for Graphviz) or json.") var format = Format.text
    @Flag(help: "Print the plan of a replay.") var replay = false
}

/// Prints the plan.
struct ExplainCommand<P: Pipeline>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "explain", abstract: "Print the plan: what runs where, and what crosses between.")
    }

    @OptionGroup var explain: ExplainSettings
    @OptionGroup(title: "Pipeline options") var pipeline: P
    @OptionGroup var settings: RunSettings

    func run() async throws {
        let plan = try PhysicalPlan(pipeline.flows(), parallelism: settings.parallelism, isReplay: explain.replay)
        switch explain.format {
        case .text: print(plan.text, terminator: "")
        case .dot: print(plan.dot, terminator: "")
        case .json: print(plan.json, terminator: "")
        }
    }
}
