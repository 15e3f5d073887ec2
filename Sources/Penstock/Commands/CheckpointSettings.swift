internal import ArgumentParser
internal import PenstockEngine

/// How a run keeps checkpoints.
struct CheckpointSettings: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Keep a checkpoint in the log this often, and begin with the last one, if an earlier run did not come to its end.",
            valueName: "time"))
    var checkpointEvery: Duration?

    @Option(help: ArgumentHelp("How many checkpoints stay; savepoints always stay.", valueName: "n"))
    var keepCheckpoints = 3

    @Option(
        help: ArgumentHelp(
            "Give a checkpoint up that takes longer; three in a row end the run.", valueName: "time"))
    var checkpointTimeout = Duration.seconds(600)

    @Option(
        help: ArgumentHelp(
            "Keep a savepoint of this name at the end, or where the run is stopped by Ctrl-C or SIGTERM: open windows stay in it.",
            valueName: "name"))
    var savepoint: String?

    @Flag(help: "Come to the end where the run is stopped: windows close, outputs appear.")
    var drain = false

    @Option(
        help: ArgumentHelp(
            "Give up when so many runs in a row have ended without coming further (by default 5).", valueName: "n"))
    var attempts: Int?

    @Flag(help: "Begin at the beginning; what an earlier run left is given up.")
    var fresh = false

    func validate() throws {
        guard checkpointEvery != nil || (!fresh && attempts == nil) else {
            throw ValidationError("--fresh and --attempts need --checkpoint-every")
        }
        if let attempts, attempts < 1 { throw ValidationError("--attempts takes a number of one or more") }
        if let checkpointEvery, checkpointEvery < .zero {
            throw ValidationError("--checkpoint-every takes a time of zero or more")
        }
        guard keepCheckpoints >= 1 else { throw ValidationError("--keep-checkpoints takes 1 or more") }
        guard checkpointTimeout > .zero else { throw ValidationError("--checkpoint-timeout takes a time above zero") }
    }

    /// Whether the run has anything to do with checkpoints, apart from where it begins.
    var isNeeded: Bool { checkpointEvery != nil || savepoint != nil }

    /// The options of a run of the pipeline with this name; nil for a run without checkpoints.
    func options(for pipeline: String, _ restore: RestoreSettings) -> CheckpointOptions? {
        guard isNeeded || restore.fromSavepoint != nil else { return nil }
        var options = restore.options(for: pipeline)
        options.interval = checkpointEvery
        if fresh { options.restoring = .nothing }
        options.kept = keepCheckpoints
        options.attempts = attempts ?? 5
        options.timeout = checkpointTimeout
        options.savepointAtEnd = savepoint
        options.takesRequests = checkpointEvery != nil
        return options
    }
}

/// What a run begins with.
struct RestoreSettings: ParsableArguments {
    @Option(help: ArgumentHelp("The name of the checkpoints, instead of the pipeline's.", valueName: "name"))
    var checkpointName: String?

    @Option(help: ArgumentHelp("Begin with this savepoint instead of the last checkpoint.", valueName: "name"))
    var fromSavepoint: String?

    @Option(
        help: ArgumentHelp(
            "Give a state up that no stage goes on with, such as flow/stage; may be given several times.",
            valueName: "id"))
    var dropState: [String] = []

    /// Whether nothing is said.
    var isEmpty: Bool { checkpointName == nil && fromSavepoint == nil && dropState.isEmpty }

    /// The options as far as they say what the pipeline with this name begins with.
    func options(for pipeline: String) -> CheckpointOptions {
        var options = CheckpointOptions(
            name: checkpointName ?? pipeline, restoring: fromSavepoint.map { .savepoint($0) } ?? .last)
        options.dropping = Set(dropState)
        return options
    }
}
