public import PenstockEvents
public import PenstockLog
internal import Synchronization

/// One run of a plan: all stages as actors, from the first event to the last, and the results made visible at the end.
public final class PipelineRun: Sendable {
    /// What the run has done so far.
    public let progress = RunProgress()

    private let plan: PhysicalPlan
    private let options: RunOptions
    private let log: (any LogStore)?
    private let state = Mutex<(run: RunState?, isStopping: Bool)>((nil, false))

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
    public func stop() {
        state.withLock { state in
            state.isStopping = true
            state.run?.stop()
        }
    }

    /// Runs the plan to its end.
    /// - Returns: The scan that was recorded or replayed.
    /// - Throws: `EngineError` for what went wrong first, `LogError` for the log itself, `RunStopped` after `stop`.
    @discardableResult
    public func run() async throws -> ScanID {
        try options.check()
        let topics = try await TopicSetup(plan, options, log)
        let checkpoints = try await CheckpointSetup(plan, options, log, topics, progress)
        let scan = checkpoints?.restored?.scan ?? topics.scan
        let run = RunState(
            options: options, log: log, progress: progress, scan: scan, checkpoints: checkpoints?.coordinator,
            restored: checkpoints?.restored?.state)
        let isStopping = state.withLock { state in
            state.run = run
            return state.isStopping
        }
        if isStopping { run.stop() }
        let wirings = makeWirings(run, topics)
        do { try checkSinks(wirings) } catch {
            await checkpoints?.coordinator.cancel()
            throw error
        }
        try await drive(wirings, checkpoints?.coordinator)
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

    private func drive(_ wirings: [StageWiring], _ checkpoints: CheckpointCoordinator?) async throws {
        let stages = wirings.map(StageActor.init)
        do {
            for stage in stages { try await stage.open() }
            if let checkpoints, wirings.first?.run.restored == nil {
                var states: [StageState] = []
                for stage in stages { states.append(try await stage.beginning()) }
                try await checkpoints.begin(with: states)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for stage in stages { group.addTask { try await stage.run() } }
                if let checkpoints { group.addTask { try await checkpoints.run() } }
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
        } catch {
            await checkpoints?.cancel()
            for stage in stages { await stage.abandon() }
            throw error
        }
    }

    private func makeWirings(_ run: RunState, _ topics: TopicSetup) -> [StageWiring] {
        // The senders of a stage are the instances of the stages before it, edge by edge.
        var firstSender: [PhysicalPlan.Edge: Int] = [:]
        let inboxes = plan.stages.map { stage in
            var inputs: [UInt8] = []
            var areSources: [Bool] = []
            for edge in plan.edges where edge.to == stage.index {
                firstSender[edge] = inputs.count
                let sending = plan.stages[edge.from]
                let senders = edge.routing == .sameInstance ? 1 : sending.instances
                inputs += Array(repeating: UInt8(edge.input), count: senders)
                areSources += Array(repeating: sending.sharesPartitions, count: senders)
            }
            return (0..<stage.instances).map { _ in Inbox(inputs: inputs, areSources: areSources) }
        }
        var id = 0
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
                return StageWiring(
                    id: id, stage: stage, instance: instance, element: plan.element(entering: stage.index),
                    origins: plan.origins, run: run, inbox: inbox,
                    outgoing: outgoing, sideways: sideways, persistedRange: topics.ranges[stage.index],
                    board: topics.boards[stage.index])
            }
        }
    }
}

extension StageWiring {
    /// Ends all waiting of and for this stage.
    fileprivate func cancel() {
        inbox?.cancel()
        board?.cancel()
        if case .live(_, let board) = persistedRange { board.cancel() }
    }
}
