internal import PenstockEvents
internal import PenstockLog

/// The checkpoints of a run: the one it begins with, if there is one, and the coordinator that takes more.
struct CheckpointSetup {
    let coordinator: CheckpointCoordinator
    let restored: Checkpoint?
    /// How often runs have begun with that one, where that is limited.
    let attempts: AttemptBook?

    /// Nil for a run without checkpoints.
    /// - Throws: `EngineError.option` where there is no log, or where the checkpoint does not fit the plan; `LogError` of the log.
    init?(
        _ plan: PhysicalPlan, _ options: RunOptions, _ log: (any LogStore)?, _ topics: TopicSetup,
        _ progress: RunProgress
    ) async throws {
        guard let wanted = options.checkpoints else { return nil }
        guard let log else {
            throw EngineError.option(
                problem: "checkpoints are kept in a log, but there is none", hint: "give --log DIR")
        }
        let durability: Durability = options.topicDurability == .durable ? .durable : .pageCache
        let store = try await CheckpointStore(wanted, log, durability)
        var restored: Checkpoint?
        let nextEpoch: UInt64
        do {
            let last = try await store.last { if wanted.restoring == .last { progress.report($0) } }
            nextEpoch = last.nextEpoch
            // A run that has come to its end leaves a checkpoint without states.
            if wanted.restoring == .last, last.checkpoint?.state.forms.isEmpty == false { restored = last.checkpoint }
        } catch {
            try? await store.close()
            throw error
        }
        var attempts: AttemptBook?
        if let restored {
            do {
                try RestoreCheck(plan, restored).run()
                if let limit = wanted.attempts {
                    attempts = try await AttemptBook(restored, plan, name: wanted.name, limit: limit, log, durability)
                }
            } catch {
                try await store.close()
                throw error
            }
            progress.note(restored: restored)
        }
        self.attempts = attempts
        self.restored = restored
        coordinator = CheckpointCoordinator(
            store, wanted, nextEpoch: nextEpoch,
            instances: plan.stages.map(\.instances).reduce(0, +), scan: restored?.scan ?? topics.scan,
            earlier: restored?.state.statistics ?? [:], boards: Array(topics.boards.values), progress: progress)
    }
}
