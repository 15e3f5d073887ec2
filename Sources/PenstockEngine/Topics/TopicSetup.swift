internal import PenstockEvents
internal import PenstockLog

/// The topics of a plan, opened or created, and where this run begins in them.
struct TopicSetup {
    let scan: ScanID
    /// By the number of the stage that reads the topic.
    var ranges: [Int: TopicFeed.PersistedRange] = [:]
    /// By the number of the stage that writes the topic.
    var boards: [Int: CommitBoard] = [:]

    /// - Parameter followed: The journal of the run that is repeated; nil where none is.
    init(
        _ plan: PhysicalPlan, _ options: RunOptions, _ log: (any LogStore)?, _ followed: RunJournal? = nil
    ) async throws {
        var lastScan: UInt64 = 0
        var replayed: ScanID?
        try options.replayBounds?.check(plan.persistedTopics)
        for stage in plan.stages {
            if case .topic(_, let topic, let codec, let reader) = stage.output {
                let log = try Self.required(log)
                if let followed, let reader, let name = plan.stages[reader].feedbackName {
                    let start = try await Self.start(of: name, topic, codec, followed, log)
                    let board = CommitBoard(start: start)
                    boards[stage.index] = board
                    ranges[reader] = .live(start: start, board: board)
                    continue
                }
                let configuration = TopicConfiguration(
                    durability: options.durability)
                _ = try await log.openTopic(topic, schema: codec.schema, creatingWith: configuration)
                lastScan = max(lastScan, try await log.scans(in: topic).map(\.scan.number).max() ?? 0)
                guard let reader else { continue }
                // Recovery first: it decides where this run's records begin.
                try await log.recover(TopicPartition(topic))
                let start = try await log.describe(topic).partitions[0].nextOffset
                let board = CommitBoard(start: start)
                boards[stage.index] = board
                ranges[reader] = .live(start: start, board: board)
            }
            if case .topic(_, let topic, let codec, _, let isPersisted) = stage.input, stage.feedback == nil {
                let log = try Self.required(log)
                if !isPersisted { try await Self.checkPartitions(of: topic, stage.partitions, log) }
                if !isPersisted || options.reading != .live {
                    try await Self.checkSchema(of: topic, codec, log)
                }
                if isPersisted, case .replay(let wanted) = options.reading {
                    let scans = try await log.scans(in: topic)
                    let scan = try Self.choose(wanted, among: scans, of: topic)
                    let bounds = options.replayBounds.flatMap { $0.topic == nil || $0.topic == topic ? $0 : nil }
                    if let scan, let bounds {
                        let end = try await log.describe(topic).partitions[0].nextOffset
                        try bounds.check(scan, end: scan.endOffset ?? end, of: topic)
                    }
                    ranges[stage.index] = scan.map { .scan($0, bounds) } ?? .everything(bounds)
                    replayed = scan?.scan ?? replayed
                }
            }
        }
        scan = replayed ?? ScanID(lastScan + 1)
    }

    /// Where a run that is repeated began to put something into a feedback.
    private static func start(
        of feedback: StageName, _ topic: String, _ codec: EventCodec, _ followed: RunJournal, _ log: any LogStore
    ) async throws -> UInt64 {
        guard let loop = followed.loop(of: feedback) else {
            throw EngineError.option(
                problem: "run \(followed.run) has put nothing into the feedback \(topic)",
                hint: "it was another pipeline then: give the number of a later run")
        }
        try await checkSchema(of: topic, codec, log)
        return loop.start
    }

    private static func required(_ log: (any LogStore)?) throws(EngineError) -> any LogStore {
        guard let log else {
            throw .option(problem: "the pipeline uses topics, but there is no log", hint: "give --log DIR")
        }
        return log
    }

    private static func checkPartitions(of topic: String, _ planned: Int, _ log: any LogStore) async throws {
        let count = try await log.describe(topic).partitions.count
        guard count == planned else {
            throw EngineError.option(
                problem: "the topic \(topic) has \(count) partitions, but the pipeline was planned for \(planned)",
                hint: "plan with the log: PhysicalPlan(flows, log: log)")
        }
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
