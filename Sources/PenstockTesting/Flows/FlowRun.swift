internal import PenstockEngine
internal import PenstockEvents
internal import PenstockLog

/// A pipeline on a disk of its own, whose runs end and begin again as a test says.
final class FlowRun {
    /// How a run is to be.
    struct Shape: Sendable, Hashable {
        var parallelism: Int
        var batch: Int
    }

    /// What is the same for all runs of a test.
    struct Setup {
        let flows: [FlowDescription]
        let keepsCheckpoints: Bool
        /// How long a run may move before the test gives up.
        let patience: Duration
        /// Writes topics before the first run.
        let prepare: (any LogStore) async throws -> Void
    }

    private static let directory = "/log"

    let clock = ManualClock()
    private(set) var plan: PhysicalPlan
    private let setup: Setup
    private var storage: SimulatedStorage
    private var steps = RunSteps()
    private var task: Task<Void, Never>?
    /// The checkpoints from which runs went on, by their numbers.
    private(set) var restored: [UInt64] = []

    /// Begins the first run.
    init(_ setup: Setup, _ shape: Shape) async throws {
        self.setup = setup
        storage = SimulatedStorage(seed: 1)
        let log = try await EmbeddedLog(directory: Self.directory, storage: storage, clock: clock)
        try await setup.prepare(log)
        plan = try await PhysicalPlan(setup.flows, parallelism: shape.parallelism, log: log)
        try await begin(shape, log)
    }

    deinit { steps.crash() }

    /// Lets the sources look for events, and waits until all that follows has come.
    func step() async throws {
        steps.wake()
        try await steps.settle(patience: setup.patience)
    }

    /// Moves the clock on, from instant to instant at which something is to be done, and waits each time for what follows.
    func advance(_ nanoseconds: Int64) async throws {
        let goal = clock.nanoseconds + nanoseconds
        while let next = clock.nextCall, next < goal {
            clock.set(Timestamp(nanoseconds: max(next, clock.nanoseconds)))
            try await step()
        }
        clock.set(Timestamp(nanoseconds: goal))
        try await step()
    }

    /// Lets the sources look for events, and does not wait.
    func wake() { steps.wake() }

    /// Whether it has come to its end.
    var hasEndedWell: Bool { steps.hasEndedWell }

    /// Begins a checkpoint, and does not wait for it.
    func requestCheckpoint() async { await steps.requestCheckpoint() }

    func checkpoint() async throws { try await steps.checkpoint(patience: setup.patience) }

    func counts() async -> [StageName: OperatorStatistics] { await steps.counts() }

    /// Ends the process of the run, and begins a new one that goes on from the last checkpoint. Nothing goes on where a run has come to its end.
    func crashAndRestore(_ shape: Shape) async throws {
        storage.crash(.process)
        steps.crash()
        await task?.value
        storage = storage.incarnation()
        if steps.hasEndedWell { return }
        let log = try await openLog()
        if let checkpoints, try await plan.restoreReport(checkpoints, log: log) == nil {
            // The process ended between keeping that the run is at its end and saying so.
            return steps.noteEnd(.success(()))
        }
        plan = try await PhysicalPlan(setup.flows, parallelism: shape.parallelism, log: log)
        steps = RunSteps()
        try await begin(shape, log)
    }

    /// Every record and control record of the topics that the pipeline writes, by topic and partition.
    func topics() async throws -> [FlowOutcome.Output] {
        let log = try await openLog()
        var topics: [FlowOutcome.Output] = []
        for stage in plan.stages {
            guard case .topic(_, let topic, _, _) = stage.output else { continue }
            for number in try await log.describe(topic).partitions.indices {
                let partition = TopicPartition(topic, number)
                topics.append(
                    .init(name: "topic \(partition)", rows: try await TopicContents.exactRows(of: partition, log)))
            }
        }
        return topics
    }

    /// The log, as another process would see it.
    func openLog() async throws -> EmbeddedLog {
        try await EmbeddedLog(directory: Self.directory, storage: storage, clock: clock)
    }

    /// None is taken by itself: the test says when.
    private var checkpoints: CheckpointOptions? {
        setup.keepsCheckpoints ? CheckpointOptions(name: "test", interval: .seconds(1 << 30)) : nil
    }

    private func begin(_ shape: Shape, _ log: EmbeddedLog) async throws {
        var options = RunOptions(batchEvents: shape.batch, topicDurability: .pageCache)
        options.clock = clock
        options.steps = steps
        options.journal = .writing("test")
        options.checkpoints = checkpoints
        let (run, steps) = (PipelineRun(plan, options: options, log: log), steps)
        task = Task {
            do {
                try await run.run()
                steps.noteEnd(.success(()))
            } catch {
                steps.noteEnd(.failure(error))
            }
        }
        try await steps.settle(patience: setup.patience)
        if let checkpoint = run.progress.restoredCheckpoint { restored.append(checkpoint) }
    }
}

extension ManualClock: RunClock {
    /// The instant that the clock was set to.
    package var nanoseconds: Int64 { now().nanoseconds }

    /// The beginning of 1970.
    package var epoch: Int64 { 0 }
}
