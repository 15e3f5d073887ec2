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
    @OptionGroup(title: "Figures") var stats: StatsSettings
    @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointSettings
    @OptionGroup(title: "Restoring") var restore: RestoreSettings

    func validate() throws {
        guard !checkpoints.fresh || restore.fromSavepoint == nil else {
            throw ValidationError(
                "--fresh begins at the beginning, --from-savepoint with a savepoint: give one of them")
        }
        guard checkpoints.isNeeded || restore.fromSavepoint != nil || restore.isEmpty else {
            throw ValidationError("--checkpoint-name and --drop-state need --checkpoint-every or --from-savepoint")
        }
    }

    func run() async throws {
        var execution = PipelineExecution(
            pipeline, .run, settings, stats, reading: .live,
            checkpoints: checkpoints.options(for: "\(P.self)", restore))
        execution.savepointAtStop = checkpoints.drain ? nil : checkpoints.savepoint
        execution.drainsAtStop = checkpoints.drain
        try await execution.run()
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
    @OptionGroup(title: "Figures") var stats: StatsSettings

    func run() async throws {
        let execution = PipelineExecution(
            pipeline, .replay, settings, stats, reading: .replay(selection.scan.map { ScanID($0) }),
            topic: selection.topic)
        try await execution.run()
    }
}
