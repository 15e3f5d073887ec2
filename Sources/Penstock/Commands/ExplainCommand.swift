internal import ArgumentParser
internal import PenstockBatch
internal import PenstockCommands
internal import PenstockEngine
internal import PenstockLog

/// What `explain` prints.
struct ExplainSettings: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, dot, json
    }

    @Option(help: "The form: text, dot (for Graphviz) or json.") var format = Format.text
    @Flag(help: "Print the plan of a replay.") var replay = false

    @Flag(
        help: ArgumentHelp(
            "Print what the pipeline would make of the last checkpoint, or of --from-savepoint, state by state.",
            discussion:
                "The exit status is 0 where a run would go on, 65 where a state has another form, 78 where a state has no stage."
        ))
    var checkRestore = false

    @Flag(help: "Print what the pipeline needs: memory, cores, nodes, and the time that earlier runs tell.")
    var resources = false

    @Option(help: ArgumentHelp("The folder with the earlier runs.", valueName: "dir")) var runs = RunList.defaultFolder

    @Option(help: ArgumentHelp("Say whether this walltime can hold the run.", valueName: "time"))
    var walltime: Walltime?
}

/// Prints the plan.
struct ExplainCommand<P: Pipeline>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "explain", abstract: "Print the plan: what runs where, and what crosses between.")
    }

    @OptionGroup var explain: ExplainSettings
    @OptionGroup(title: "Restoring") var restore: RestoreSettings
    @OptionGroup var pipeline: P
    @OptionGroup(title: "Running") var settings: RunSettings

    func validate() throws {
        guard explain.resources || (explain.walltime == nil && explain.runs == RunList.defaultFolder) else {
            throw ValidationError("--walltime and --runs need --resources here")
        }
        guard explain.checkRestore || restore.isEmpty else {
            throw ValidationError("--checkpoint-name, --from-savepoint and --drop-state need --check-restore here")
        }
    }

    func run() async throws {
        if explain.checkRestore { return try await checkRestore() }
        if explain.resources { return try await printResources() }
        let plan = try PhysicalPlan(pipeline.flows(), parallelism: settings.parallelism, isReplay: explain.replay)
        switch explain.format {
        case .text: print(plan.text, terminator: "")
        case .dot: print(plan.dot, terminator: "")
        case .json: print(plan.json, terminator: "")
        }
    }

    private func printResources() async throws {
        let report = try await ResourceReport.of(
            pipeline, settings, isReplay: explain.replay, runs: explain.runs, cores: settings.parallelism)
        for line in report.lines { print(line) }
        if let walltime = explain.walltime, let shortage = report.shortage(walltime, jobs: 1) {
            StandardError.write("warning: \(shortage)\n")
        }
    }

    private func checkRestore() async throws {
        let log = try await LogLocation(settings.log).open(creating: false, for: "\(P.self)")
        let plan = try await PhysicalPlan(pipeline.flows(), parallelism: settings.parallelism, log: log)
        let options = restore.options(for: "\(P.self)")
        guard let report = try await plan.restoreReport(options, log: log) else {
            print("there is no checkpoint of \(options.name) in \(settings.log): a run begins at the beginning")
            return
        }
        for line in report.lines { print(line) }
        if let refusal = report.refusal { throw refusal }
    }
}
