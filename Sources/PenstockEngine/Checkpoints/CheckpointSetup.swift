internal import PenstockEvents
public import PenstockLog

/// The checkpoints of a run: the one it begins with, if there is one, and the coordinator that takes more.
struct CheckpointSetup {
    let coordinator: CheckpointCoordinator
    let restored: Checkpoint?
    /// How often runs have begun with that one, where that is limited.
    let attempts: AttemptBook?
    /// The numbers of stages as origins of events.
    let origins: [StageName: UInt32]
    /// Whether the run begins with a savepoint.
    let isSavepoint: Bool
    /// What the run is called over restarts.
    let run: String

    /// Nil for a run without checkpoints.
    /// - Throws: `EngineError.option` where there is no log, `RestoreRefused` where the checkpoint does not fit the plan, `CheckpointsGone`,
    ///   `SavepointMissing`; `LogError` of the log.
    init?(
        _ plan: PhysicalPlan, _ options: RunOptions, _ log: (any LogStore)?, _ topics: TopicSetup,
        _ memories: AnswerMemories, _ progress: RunProgress
    ) async throws {
        guard let wanted = options.checkpoints else { return nil }
        let log = try Self.required(log)
        let durability = options.durability
        if let name = wanted.savepointAtEnd, try await log.hasSavepoint(name, of: wanted.name) {
            throw EngineError.savepointExists(name, of: wanted.name)
        }
        let store = wanted.interval == nil ? nil : try await CheckpointStore(wanted, log, durability)
        do {
            let found = try await RestorePoint(wanted, log, store) { progress.report($0) }
            restored = try Self.checked(found, plan, wanted, progress)
            isSavepoint = found.isSavepoint
            run = restored?.run ?? "\(wanted.name)-\(found.nextEpoch)"
            let origins = plan.origins(continuing: restored?.origins ?? [:])
            self.origins = origins
            if let restored, !isSavepoint, let limit = wanted.attempts {
                attempts = try await AttemptBook(
                    restored, plan, answers: memories.count, name: wanted.name, limit: limit, log, durability)
            } else {
                attempts = nil
            }
            if let restored { progress.note(restored: restored) }
            coordinator = CheckpointCoordinator(
                CheckpointCoordinator.Setup(
                    store: store, log: log, durability: durability, options: wanted, nextEpoch: found.nextEpoch,
                    run: run,
                    scan: restored?.scan ?? topics.scan, origins: origins, earlier: restored?.state.statistics ?? [:],
                    boards: Array(topics.boards.values), progress: progress, holders: BarrierHolders(plan),
                    clock: options.clock, steps: options.steps))
        } catch {
            try? await store?.close()
            throw error
        }
    }

    static func required(_ log: (any LogStore)?) throws(EngineError) -> any LogStore {
        guard let log else {
            throw .option(problem: "checkpoints are kept in a log, but there is none", hint: "give --log DIR")
        }
        return log
    }

    private static func checked(
        _ found: RestorePoint, _ plan: PhysicalPlan, _ options: CheckpointOptions, _ progress: RunProgress
    ) throws -> Checkpoint? {
        guard var checkpoint = found.checkpoint else { return nil }
        let check = RestoreCheck(plan, checkpoint, dropping: options.dropping)
        try check.run(found.name)
        for id in check.notDropped {
            progress.report(
                .warning("--drop-state \(id): \(found.name) has no such state that the pipeline does not go on with"))
        }
        checkpoint.state = check.state
        return checkpoint
    }
}

/// What a run would begin with.
struct RestorePoint {
    /// Nil for a run that begins at the beginning.
    let checkpoint: Checkpoint?
    /// What it is called in messages.
    let name: String
    let isSavepoint: Bool
    let nextEpoch: UInt64

    /// - Parameter store: The run's own checkpoints; nil for a run that keeps none.
    init(
        _ options: CheckpointOptions, _ log: any LogStore, _ store: CheckpointStore?, _ report: (RunRemark) -> Void
    ) async throws {
        let last = try await store?.last { if options.restoring == .last { report($0) } }
        switch options.restoring {
        case .savepoint(let savepoint):
            let found = try await log.savepoint(savepoint, of: options.name)
            checkpoint = found
            name = "the savepoint \(savepoint)"
            isSavepoint = true
            nextEpoch = max(last?.nextEpoch ?? 1, found.epoch + 1)
        case .last:
            if let kept = options.continuing, last?.checkpoint == nil {
                throw CheckpointsGone(kept: kept, topic: options.topic)
            }
            checkpoint = last?.checkpoint.flatMap { $0.state.forms.isEmpty ? nil : $0 }
            name = "the checkpoint"
            isSavepoint = false
            nextEpoch = last?.nextEpoch ?? 1
        case .nothing:
            checkpoint = nil
            name = ""
            isSavepoint = false
            nextEpoch = last?.nextEpoch ?? 1
        }
    }
}

extension PhysicalPlan {
    /// Whether the last run that kept checkpoints under this name has come to its end, which is the last thing that a run keeps.
    /// - Throws: `LogError` of the log.
    package static func hasEnded(_ options: CheckpointOptions, log: any LogStore) async throws -> Bool {
        guard try await log.topics().contains(options.topic) else { return false }
        let index = try await CheckpointIndex(TopicPartition(options.topic), log)
        guard let last = try await index.last({ _ in }) else { return false }
        return last.state.forms.isEmpty
    }

    /// What a run of the plan with these options would make of the checkpoint that it begins with. Nothing is changed, and a run may be on
    /// its way.
    /// - Returns: Nil where the run would begin at the beginning.
    /// - Throws: `SavepointMissing`; `LogError` of the log.
    public func restoreReport(_ options: CheckpointOptions, log: any LogStore) async throws -> RestoreReport? {
        try options.check()
        let checkpoint: Checkpoint
        let source: String
        switch options.restoring {
        case .nothing: return nil
        case .savepoint(let savepoint):
            checkpoint = try await log.savepoint(savepoint, of: options.name)
            source = "the savepoint \(savepoint)"
        case .last:
            guard try await log.topics().contains(options.topic) else { return nil }
            let index = try await CheckpointIndex(TopicPartition(options.topic), log)
            guard let last = try await index.last({ _ in }), !last.state.forms.isEmpty else { return nil }
            checkpoint = last
            source = "the checkpoint"
        }
        return RestoreReport(
            source: source, findings: RestoreCheck(self, checkpoint, dropping: options.dropping).findings)
    }
}
