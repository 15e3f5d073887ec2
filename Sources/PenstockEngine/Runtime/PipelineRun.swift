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
        let run = RunState(options: options, log: log, progress: progress, scan: topics.scan)
        let isStopping = state.withLock { state in
            state.run = run
            return state.isStopping
        }
        if isStopping { run.stop() }
        let wirings = makeWirings(run, topics)
        try checkSinks(wirings)
        try await drive(wirings)
        return topics.scan
    }

    private func checkSinks(_ wirings: [StageWiring]) throws {
        for wiring in wirings {
            guard case .sink(let name, let sink) = wiring.stage.output else { continue }
            do { try sink.check(wiring.sinkContext(name)) } catch { throw EngineError.stage(name, error) }
        }
    }

    private func drive(_ wirings: [StageWiring]) async throws {
        let stages = wirings.map(StageActor.init)
        do {
            for stage in stages { try await stage.open() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for stage in stages { group.addTask { try await stage.run() } }
                do {
                    while try await group.next() != nil {}
                } catch {
                    // The first failure is the one that is told; the others follow from ending the waiting here.
                    for wiring in wirings { wiring.cancel() }
                    throw error
                }
            }
            for stage in stages { try await stage.commit() }
        } catch {
            for stage in stages { await stage.abandon() }
            throw error
        }
    }

    private func makeWirings(_ run: RunState, _ topics: TopicSetup) -> [StageWiring] {
        let inboxes = plan.stages.map { stage in
            let senders = plan.edges.filter { $0.to == stage.index }.map { plan.stages[$0.from].instances }.reduce(0, +)
            return (0..<stage.instances).map { _ in Inbox(senders: senders) }
        }
        return plan.stages.flatMap { stage in
            (0..<stage.instances).map { instance in
                let outgoing = plan.edges.filter { $0.from == stage.index }.map { edge in
                    OutgoingEdge(inboxes: inboxes[edge.to], sender: instance, routing: edge.routing)
                }
                var inbox: Inbox?
                if case .channels = stage.input { inbox = inboxes[stage.index][instance] }
                return StageWiring(
                    stage: stage, instance: instance, run: run, inbox: inbox, outgoing: outgoing,
                    persistedRange: topics.ranges[stage.index], board: topics.boards[stage.index])
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

/// The topics of a plan, opened or created, and where this run begins in them.
private struct TopicSetup {
    let scan: ScanID
    /// By the number of the stage that reads the topic.
    var ranges: [Int: TopicFeed.PersistedRange] = [:]
    /// By the number of the stage that writes the topic.
    var boards: [Int: CommitBoard] = [:]

    init(_ plan: PhysicalPlan, _ options: RunOptions, _ log: (any LogStore)?) async throws {
        var lastScan: UInt64 = 0
        var replayed: ScanID?
        for stage in plan.stages {
            if case .topic(_, let topic, let codec, let reader) = stage.output {
                let log = try Self.required(log)
                let configuration = TopicConfiguration(
                    durability: options.topicDurability == .durable ? .durable : .pageCache)
                _ = try await log.openTopic(topic, schema: codec.schema, creatingWith: configuration)
                lastScan = max(lastScan, try await log.scans(in: topic).map(\.scan.number).max() ?? 0)
                guard let reader else { continue }
                // Recovery first: it decides where this run's records begin.
                let writer = try await log.writer(for: TopicPartition(topic))
                try await writer.close()
                let start = try await log.describe(topic).partitions[0].nextOffset
                let board = CommitBoard(start: start)
                boards[stage.index] = board
                ranges[reader] = .live(start: start, board: board)
            }
            if case .topic(_, let topic, let codec, _, let isPersisted) = stage.input {
                let log = try Self.required(log)
                if !isPersisted || options.reading != .live {
                    try await Self.checkSchema(of: topic, codec, log)
                }
                if isPersisted, case .replay(let wanted) = options.reading {
                    let scans = try await log.scans(in: topic)
                    let scan = try Self.choose(wanted, among: scans, of: topic)
                    ranges[stage.index] = scan.map { .scan($0) } ?? .everything
                    replayed = scan?.scan ?? replayed
                }
            }
        }
        scan = replayed ?? ScanID(lastScan + 1)
    }

    private static func required(_ log: (any LogStore)?) throws(EngineError) -> any LogStore {
        guard let log else {
            throw .option(problem: "the pipeline uses topics, but there is no log", hint: "give --log DIR")
        }
        return log
    }

    private static func checkSchema(of topic: String, _ codec: EventCodec, _ log: any LogStore) async throws {
        let stored = try await log.describe(topic).schema
        guard stored.id == codec.schema.id else {
            throw EngineError.option(
                problem:
                    "the topic \(topic) holds \(stored.name)@\(stored.version), not \(codec.schema.name)@\(codec.schema.version)",
                hint: "stored: \(stored)")
        }
    }

    private static func choose(
        _ wanted: ScanID?, among scans: [RecordedScan], of topic: String
    ) throws(EngineError) -> RecordedScan? {
        guard let wanted else { return scans.last }
        if let scan = scans.first(where: { $0.scan == wanted }) { return scan }
        let known = scans.isEmpty ? "it has none" : "it has \(scans.map(\.scan.description).joined(separator: ", "))"
        throw .option(problem: "the topic \(topic) has no scan \(wanted)", hint: known)
    }
}
