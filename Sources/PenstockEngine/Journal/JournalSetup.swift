internal import PenstockEvents
internal import PenstockLog

/// Finds or begins the journal of a run.
enum JournalSetup {
    /// The journal of the run that this one repeats; nil where it repeats none.
    /// - Throws: `EngineError.option` where the log has no such journal; `LogError`.
    static func followed(
        _ plan: PhysicalPlan, _ options: RunOptions, _ log: (any LogStore)?
    ) async throws -> RunJournal? {
        guard let wanted = options.journal, wanted.isFollowing else {
            try check(plan, options)
            return nil
        }
        let journal = try await RunJournal(following: wanted, required(log))
        try await journal.openAnswers(plan, required(log), options.durability)
        return journal
    }

    /// Answers are recorded in a journal's run, and taken from one; what went round in a loop is in the topic of one.
    private static func check(_ plan: PhysicalPlan, _ options: RunOptions) throws(EngineError) {
        if options.reading != .live, let feedback = plan.stages.first(where: { $0.feedback != nil })?.input.sourceName {
            throw .option(
                problem: "\(feedback) reads a feedback, but it is not said of which run",
                hint: "give replay --of RUN")
        }
        for (stage, rule) in plan.recordings {
            switch options.reading {
            case .live where options.journal == nil:
                throw .option(
                    problem: "\(stage) records answers, which belong to a run's journal, but this run keeps none",
                    hint: "set RunOptions.journal, as the command line does")
            case .replay where rule.missing == .fails:
                throw .option(
                    problem: "\(stage) takes recorded answers, but it is not said of which run",
                    hint: "give replay --of RUN; with missing: .isAsked the stage asks again")
            case .live, .replay: continue
            }
        }
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
        let journal = try await RunJournal(
            writing: wanted, required(log), options.durability, name: checkpoints?.run ?? "", scan: scan.number,
            restored: checkpoints?.restored?.state, branches: checkpoints?.isSavepoint ?? false)
        do { try await journal.openAnswers(plan, required(log), options.durability) } catch {
            await journal.close()
            throw error
        }
        return journal
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
