internal import ArgumentParser
internal import PenstockEngine
internal import PenstockEvents

/// Records what comes from the sources, and works on it.
struct RunCommand<P: Pipeline>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "run", abstract: "Record what comes from the sources, and work on it.")
    }

    @OptionGroup var pipeline: P
    @OptionGroup(title: "Running") var settings: RunSettings
    @OptionGroup(title: "Figures") var stats: StatsSettings
    @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointSettings
    @OptionGroup(title: "Restoring") var restore: RestoreSettings
    @Option(
        help: ArgumentHelp(
            "Share the work with other processes that run this pipeline as the same group: each takes some of the partitions of the topics.",
            valueName: "group"))
    var share: String?
    @OptionGroup(visibility: .hidden) var membership: MemberSettings

    func validate() throws {
        guard share == nil || (checkpoints.savepoint == nil && restore.isEmpty && !checkpoints.drain) else {
            throw ValidationError(
                "work that is shared is begun and left by its own checkpoints: --share goes without --savepoint, --drain, --checkpoint-name, --from-savepoint and --drop-state"
            )
        }
        guard !checkpoints.fresh || restore.fromSavepoint == nil else {
            throw ValidationError(
                "--fresh begins at the beginning, --from-savepoint with a savepoint: give one of them")
        }
        guard checkpoints.isNeeded || restore.fromSavepoint != nil || restore.isEmpty else {
            throw ValidationError("--checkpoint-name and --drop-state need --checkpoint-every or --from-savepoint")
        }
    }

    func run() async throws {
        let member = membership.member
        let name = member?.checkpointName ?? "\(P.self)"
        let kept = try member?.keptCheckpoint
        var (checkpoints, restore) = (checkpoints, restore)
        // That is where the first job of a run begins; those behind it go on from there.
        if kept != nil { (checkpoints.fresh, restore.fromSavepoint) = (false, nil) }
        // A job that could not go on from somewhere would begin at the beginning each time.
        if member != nil { checkpoints.checkpointEvery = checkpoints.checkpointEvery ?? RunMember.checkpointInterval }
        var options = checkpoints.options(for: name, restore)
        options?.continuing = kept
        var execution = PipelineExecution(
            pipeline, .run, settings, stats, reading: .live, checkpoints: options)
        execution.member = member
        // Checkpoints with a name of the user's may be those of another run.
        execution.mayHaveEnded = member != nil && restore.checkpointName == nil
        execution.journal = .writing(restore.checkpointName ?? name)
        execution.savepointAtStop = checkpoints.drain ? nil : checkpoints.savepoint
        execution.drainsAtStop = checkpoints.drain
        if let share {
            try await execution.run(sharedAs: share, interval: checkpoints.checkpointEvery, checkpoints.attempts)
        } else {
            try await execution.run()
        }
    }
}

/// What is replayed.
struct ReplaySelection: ParsableArguments {
    @Option(help: ArgumentHelp("The topic to replay, where the pipeline records several.", valueName: "name"))
    var topic: String?

    @Option(help: ArgumentHelp("The number of the scan to replay; the last one by default.", valueName: "id"))
    var scan: UInt64?

    @Option(
        help: ArgumentHelp(
            "Read records from this offset, or with event times from this instant on, such as 2026-11-21T05:30:00Z.",
            valueName: "place"))
    var from: ReplayBounds.Place?

    @Option(help: ArgumentHelp("Read no record from this offset or instant on.", valueName: "place"))
    var to: ReplayBounds.Place?

    @Option(
        help: ArgumentHelp(
            "Repeat a run by its journal: its number, or last. Without Persist the sources are read again.",
            valueName: "run"))
    var of: JournaledRun?

    @Option(
        help: ArgumentHelp(
            "The name of the run's journal and checkpoints, instead of the pipeline's.", valueName: "name"))
    var journal: String?

    func validate() throws {
        guard journal == nil || of != nil else { throw ValidationError("--journal needs --of") }
        guard of == nil || bounds == nil else {
            throw ValidationError("--of repeats all of a run: it goes without --from and --to")
        }
    }

    /// Which records are read; nil for all.
    var bounds: ReplayBounds? { from == nil && to == nil ? nil : ReplayBounds(from: from, to: to, topic: topic) }
}

extension ReplayBounds.Place: ExpressibleByArgument {
    /// An offset, or an instant by ISO 8601.
    public init?(argument: String) {
        if let offset = UInt64(argument) {
            self = .offset(offset)
        } else if let time = Timestamp(iso8601: argument) {
            self = .time(time)
        } else {
            return nil
        }
    }
}

/// A run in a journal.
struct JournaledRun: ExpressibleByArgument {
    /// Nil for the last one.
    let number: UInt64?

    init?(argument: String) {
        number = UInt64(argument)
        guard number != nil || argument == "last" else { return nil }
    }
}

/// Works on what an earlier run recorded.
struct ReplayCommand<P: Pipeline>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "replay", abstract: "Work on what an earlier run recorded; sources are not read.")
    }

    @OptionGroup var selection: ReplaySelection
    @OptionGroup var pipeline: P
    @OptionGroup(title: "Running") var settings: RunSettings
    @OptionGroup(title: "Figures") var stats: StatsSettings
    @OptionGroup(visibility: .hidden) var membership: MemberSettings

    func run() async throws {
        var execution = PipelineExecution(
            pipeline, .replay, settings, stats, reading: .replay(selection.scan.map { ScanID($0) }),
            topic: selection.topic)
        execution.member = membership.member
        execution.replayBounds = selection.bounds
        if let run = selection.of {
            execution.journal = .following(selection.journal ?? "\(P.self)", run: run.number)
        }
        try await execution.run()
    }
}
