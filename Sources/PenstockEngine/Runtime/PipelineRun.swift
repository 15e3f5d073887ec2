public import PenstockEvents
public import PenstockLog

/// One run of a plan: all stages as actors, from the first event to the last, and the results made visible at the end.
public final class PipelineRun: Sendable {
    /// What the run has done so far.
    public let progress = RunProgress()

    private let plan: PhysicalPlan
    private let options: RunOptions
    private let log: (any LogStore)?
    private let state = Guarded(State())

    private struct State {
        var run: RunState?
        var ending: Ending?
    }

    /// How a run ends before its input does.
    private enum Ending {
        case stop
        /// With a savepoint, or with an ordinary checkpoint where it has no name.
        case checkpoint(String?)
        case drain
    }

    private let metrics = Guarded<RunMetrics?>(nil)

    /// A run that has not begun.
    /// - Parameters:
    ///   - plan: What is run.
    ///   - options: How it is run.
    ///   - log: The log with the topics of the plan; may be nil for a plan without topics.
    public init(_ plan: PhysicalPlan, options: RunOptions, log: (any LogStore)?) {
        self.plan = plan
        self.options = options
        self.log = log
    }

    /// Asks the run to stop: sources read no more, what was recorded is kept, nothing appears under a final name.
    public func stop() { end(by: .stop) }

    /// Asks the run to stop with a savepoint: sources read no more, and what is open (windows, sessions, waiting rows) stays in it.
    /// `run` then throws `RunStopped`, or what kept the savepoint from being taken. Needs `RunOptions.checkpoints`.
    public func stop(savepoint: String) { end(by: .checkpoint(savepoint)) }

    /// Asks the run to stop with a last checkpoint, from which the next run goes on: sources read no more, and what is open stays in it. `run`
    /// then throws `RunStopped`, or what kept the checkpoint from being taken. Without `RunOptions.checkpoints` it is as `stop`.
    public func stopAtCheckpoint() { end(by: .checkpoint(nil)) }

    /// Asks the sources to end where they are: windows close, sinks come to their end, and `run` returns as at the end of input.
    public func drain() { end(by: .drain) }

    /// Takes a savepoint of the run while it goes on.
    /// - Returns: The number of the checkpoint.
    /// - Throws: `EngineError.option` for a run that keeps no checkpoints, has not begun or is over, or where the name is taken; `LogError`.
    public func savepoint(_ name: String) async throws -> UInt64 {
        try SavepointName.check(name)
        guard let checkpoints = state.withLock({ $0.run?.checkpoints }) else {
            throw EngineError.option(
                problem: "the run keeps no checkpoints, or has not begun",
                hint: "give it RunOptions.checkpoints; an interval of nil keeps savepoints only")
        }
        return try await withCheckedThrowingContinuation { continuation in
            Task {
                await checkpoints.want(.init(name: name) { continuation.resume(with: $0) })
            }
        }
    }

    private func end(by ending: Ending) {
        let run = state.withLock { state in
            state.ending = ending
            return state.run
        }
        if let run { Self.end(run, by: ending) }
    }

    private static func end(_ run: RunState, by ending: Ending) {
        switch ending {
        case .stop: run.stop()
        case .drain: run.drain()
        case .checkpoint(let name):
            guard let checkpoints = run.checkpoints else { return run.stop() }
            Task { await checkpoints.want(.init(name: name, endsRun: true) { _ in run.stop() }) }
        }
    }

    /// What the run has done and where it stands; nil before it has begun. Takes a lock of each instance for a moment.
    public var figures: RunFigures? { metrics.withLock { $0 }?.figures }

    /// Events that were read from sources and topics so far; what the run itself records and reads again counts once.
    public var eventsRead: Int {
        let inputs = plan.inputStages
        return figures?.stages.filter { inputs.contains($0.index) }.reduce(0) { $0 + max($1.eventsIn, $1.eventsOut) }
            ?? 0
    }

    /// Asks the stages to work out what they keep, for later `figures`: each answers behind what it is working on.
    public func refreshStates() { metrics.withLock { $0 }?.ask() }

    /// Runs the plan to its end.
    /// - Returns: The scan that was recorded or replayed.
    /// - Throws: `EngineError` for what went wrong first, `LogError` for the log itself, `RunStopped` after `stop`.
    @discardableResult
    public func run() async throws -> ScanID {
        try options.check()
        try SpillRule.check(plan, options.spillFolder)
        let memories = try await AnswerMemories(plan, log, options) { [progress] in progress.report($0) }
        do {
            let scan = try await run(with: memories)
            await memories.close()
            return scan
        } catch {
            await memories.close()
            throw error
        }
    }

    private func run(with memories: AnswerMemories) async throws -> ScanID {
        let followed = try await JournalSetup.followed(plan, options, log)
        var topics = try await TopicSetup(plan, options.following(followed), log, followed)
        let checkpoints = try await CheckpointSetup(plan, options, log, topics, memories, progress)
        let scan = checkpoints?.restored?.scan ?? topics.scan
        var journal = followed
        do {
            if journal == nil { journal = try await JournalSetup.written(plan, options, log, checkpoints, scan) }
        } catch {
            await checkpoints?.coordinator.cancel()
            throw error
        }
        journal.map { progress.note(journal: $0.run) }
        let run = RunState(
            options: options, log: log, progress: progress, scan: scan, checkpoints: checkpoints?.coordinator,
            restored: checkpoints?.restored?.state, name: checkpoints?.run ?? "run",
            journal: journal, memories: memories)
        let ending = state.withLock { state in
            state.run = run
            return state.ending
        }
        if let ending { Self.end(run, by: ending) }
        let loops: [Int: FeedbackLoop]
        do { loops = try await FeedbackSetup(plan, log, run).loops(&topics) } catch {
            await checkpoints?.coordinator.cancel()
            await journal?.close()
            throw error
        }
        let wirings = makeWirings(run, topics, loops, origins: checkpoints?.origins ?? plan.origins)
        let metrics = RunMetrics(plan, wirings, run)
        self.metrics.withLock { $0 = metrics }
        defer { metrics.end() }
        do { try checkSinks(wirings) } catch {
            await checkpoints?.coordinator.cancel()
            await journal?.close()
            throw error
        }
        do { try await drive(wirings, checkpoints) } catch {
            await journal?.close()
            if error is RunStopped { try? await checkpoints?.attempts?.takeBack() }
            throw error
        }
        await journal?.close()
        return scan
    }

    private func checkSinks(_ wirings: [StageWiring]) throws {
        for wiring in wirings {
            guard case .sink(let name, let sink) = wiring.stage.output else { continue }
            // Where a sink goes on, its output is there already.
            guard wiring.restored(StateOwner(stage: name, part: .sink)) == nil else { continue }
            do { try sink.check(wiring.sinkContext(name)) } catch { throw EngineError.stage(name, error) }
        }
    }

    private func drive(_ wirings: [StageWiring], _ setup: CheckpointSetup?) async throws {
        let stages = wirings.map(StageActor.init)
        metrics.withLock { $0 }?.follow(stages)
        let checkpoints = setup?.coordinator
        let requests = try await SavepointRequests(options.checkpoints, log, checkpoints)
        wirings.first?.run.watch.begin(wirings.map(\.watched))
        do {
            for stage in stages { try await stage.open() }
            if let checkpoints, setup?.restored == nil {
                var states: [StageState] = []
                for stage in stages { states.append(try await stage.beginning()) }
                try await checkpoints.begin(with: states)
            } else if let setup, setup.isSavepoint, let restored = setup.restored {
                try await setup.coordinator.begin(withSavepoint: restored.state)
            }
            options.steps?.begin(
                zip(wirings, stages).map { RunSteps.Part(wiring: $0, stage: $1) }, checkpoints, progress)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for stage in stages {
                    group.addTask(executorPreference: stage.executor.tasks) { try await stage.run() }
                }
                if let checkpoints { group.addTask { try await checkpoints.run() } }
                requests?.follow()
                do {
                    while try await group.next() != nil {}
                } catch {
                    // The first failure is the one that is told; the others follow from ending the waiting here.
                    for wiring in wirings { wiring.cancel() }
                    await checkpoints?.cancel()
                    throw error
                }
            }
            try await checkpoints?.finish()
            for stage in stages { try await stage.commit() }
            try await checkpoints?.markFinished()
            await requests?.end()
        } catch {
            await checkpoints?.cancel()
            await requests?.end()
            for stage in stages { await stage.abandon() }
            throw error
        }
    }

    private func makeWirings(
        _ run: RunState, _ topics: TopicSetup, _ loops: [Int: FeedbackLoop], origins: [StageName: UInt32]
    ) -> [StageWiring] {
        // The senders of a stage are the instances of the stages before it, edge by edge.
        var firstSender: [PhysicalPlan.Edge: Int] = [:]
        let inboxes = plan.stages.map { stage in
            var inputs: [UInt8] = []
            var stages: [Int] = []
            var areSources: [Bool] = []
            var lossy: [LossyEdge?] = []
            for edge in plan.edges where edge.to == stage.index {
                firstSender[edge] = inputs.count
                let sending = plan.stages[edge.from]
                let senders = edge.routing == .sameInstance ? 1 : sending.instances
                inputs += Array(repeating: UInt8(edge.input), count: senders)
                stages += Array(repeating: edge.from, count: senders)
                areSources += Array(repeating: sending.sharesPartitions, count: senders)
                lossy += Array(repeating: edge.lossy, count: senders)
            }
            return (0..<stage.instances).map { _ in
                Inbox(inputs: inputs, stages: stages, areSources: areSources, lossy: lossy, clock: run.clock)
            }
        }
        var id = 0
        let sources = EventSources(plan)
        let idle = IdleSources(plan, run.restored)
        let ordered = Set(plan.stages.compactMap(\.orderedFor))
        return plan.stages.flatMap { stage in
            (0..<stage.instances).map { instance in
                var outgoing: [OutgoingEdge] = []
                var sideways: [PhysicalPlan.Port: [OutgoingEdge]] = [:]
                for edge in plan.edges where edge.from == stage.index {
                    let isSame = edge.routing == .sameInstance
                    let sender = firstSender[edge, default: 0] + (isSame ? 0 : instance)
                    var outgoingEdge = OutgoingEdge(
                        inboxes: isSame ? [inboxes[edge.to][instance]] : inboxes[edge.to], sender: sender,
                        routing: edge.routing)
                    if plan.combines(before: edge), let next = plan.stages[edge.to].operators.first {
                        outgoingEdge.makeCombiner = { next.description.makeCombiner(next.name) }
                    }
                    outgoingEdge.announcesEnd = edge.routing == .keyGroups && plan.stages[edge.to].hasTimers
                    if let port = edge.port {
                        sideways[port, default: []].append(outgoingEdge)
                    } else {
                        outgoing.append(outgoingEdge)
                    }
                }
                var inbox: Inbox?
                if case .channels = stage.input { inbox = inboxes[stage.index][instance] }
                defer { id += 1 }
                var wiring = StageWiring(
                    id: id, stage: stage, instance: instance, element: plan.element(entering: stage.index),
                    origins: origins, sources: sources, run: run, inbox: inbox,
                    outgoing: outgoing, sideways: sideways, persistedRange: topics.ranges[stage.index],
                    board: topics.boards[stage.index])
                wiring.idle = idle
                wiring.ordered = ordered
                wiring.loop = loops[stage.index]
                if case .topic(_, _, _, let reader?) = stage.output, run.journal?.isFollowing == true {
                    wiring.repeated = loops[reader]
                }
                if let edge = plan.edges.first(where: { $0.to == stage.index && loops[$0.from] != nil }) {
                    wiring.merged = loops[edge.from].map { (firstSender[edge, default: 0], $0) }
                }
                return wiring
            }
        }
    }
}

extension StageWiring {
    /// Where it can be seen whether the stage works.
    fileprivate var watched: LoopWatch.Part {
        var read: CommitBoard?
        if case .live(_, let board) = persistedRange { read = board }
        return LoopWatch.Part(id: id, inbox: inbox, board: read, loop: loop)
    }

    /// Ends all waiting of and for this stage.
    func cancel() {
        inbox?.cancel()
        board?.cancel()
        if case .live(_, let board) = persistedRange { board.cancel() }
    }
}
