internal import PenstockEvents
internal import PenstockLog

/// Finds or begins the journal of a run.
enum JournalSetup {
    /// The journal of the run that this one repeats; nil where it repeats none.
    /// - Throws: `EngineError.option` where the log has no such journal; `LogError`.
    static func followed(
        _ plan: PhysicalPlan, _ options: RunOptions, _ log: (any LogStore)?
    ) async throws -> RunJournal? {
        guard let wanted = options.journal, wanted.isFollowing else { return nil }
        return try await RunJournal(following: wanted, required(log))
    }

    /// The journal that this run writes; nil where it writes none.
    /// - Throws: `EngineError.option` where there is no log; `LogError`.
    static func written(
        _ plan: PhysicalPlan, _ options: RunOptions, _ log: (any LogStore)?, _ checkpoints: CheckpointSetup?,
        _ scan: ScanID
    ) async throws -> RunJournal? {
        guard let wanted = options.journal, !wanted.isFollowing, plan.needsJournal, options.reading == .live else {
            return nil
        }
        return try await RunJournal(
            writing: wanted, required(log), options.topicDurability == .durable ? .durable : .pageCache,
            name: checkpoints?.run ?? "", scan: scan.number, restored: checkpoints?.restored?.state,
            branches: checkpoints?.isSavepoint ?? false)
    }

    private static func required(_ log: (any LogStore)?) throws(EngineError) -> any LogStore {
        guard let log else {
            throw .option(problem: "journals are kept in a log, but there is none", hint: "give --log DIR")
        }
        return log
    }
}

extension RunOptions {
    /// The same, for a run that takes what it reads from the run whose journal that is.
    func following(_ journal: RunJournal?) -> RunOptions {
        guard let journal, reading == .replay(nil) else { return self }
        var options = self
        options.reading = .replay(ScanID(journal.scan))
        return options
    }
}
