public import Penstock
public import PenstockLog

/// The events of a query's run.
public struct QueryInput: Sendable {
    /// The number of events, of all kinds together.
    public var events: Int
    /// What the events come from.
    public var seed: UInt64
    /// The number of source partitions, and of instances of keyed stages.
    public var partitions: Int
    /// The most events of a batch.
    public var batchEvents: Int
    /// Where the sources wait, in a run that is to end before its end.
    public var stop: StopPoint?

    /// An input.
    public init(
        events: Int, seed: UInt64, partitions: Int = 1, batchEvents: Int = RunOptions.defaultBatchEvents
    ) {
        self.events = events
        self.seed = seed
        self.partitions = partitions
        self.batchEvents = batchEvents
    }
}

/// What a run of a query gave.
public struct QueryResult: Sendable, Hashable {
    /// The rows.
    public var total: RowTotal
    /// Events that came too late for all of their windows.
    public var lateEvents: Int
    /// The checkpoint with which the run began, or nil.
    public var restoredCheckpoint: UInt64?
}

/// Where a run keeps its checkpoints.
public struct QueryRecovery: Sendable {
    /// The log.
    public let log: any LogStore
    /// How checkpoints are kept in it.
    public let checkpoints: CheckpointOptions

    /// Checkpoints in a log.
    public init(log: any LogStore, checkpoints: CheckpointOptions) {
        self.log = log
        self.checkpoints = checkpoints
    }
}

/// The benchmark's queries, by the names that they have in the tables of results.
public enum Query: String, Sendable, CaseIterable {
    /// Every bid.
    case q0
    /// Every bid in another currency.
    case q1
    /// The prices of some auctions.
    case q2
    /// The auctions with the most bids.
    case q5
    /// The bids with the highest price.
    case q7
    /// New persons who sell something.
    case q8
    /// Sessions of persons.
    case q11
    /// Sessions of persons with a short gap, which is met exactly again and again.
    case q11Gap100 = "q11_gap100"
    /// Windows of bids of which some come too late.
    case late
    /// Sums of a million keys.
    case kts

    /// Runs the query from the first event, or from the last checkpoint in `recovery`, to the last event.
    public func run(_ input: QueryInput, _ recovery: QueryRecovery? = nil) async throws -> QueryResult {
        switch self {
        case .q0: try await input.run(recovery, passThrough)
        case .q1: try await input.run(recovery, currencyConversion)
        case .q2: try await input.run(recovery, selection)
        case .q5: try await input.run(recovery, hotAuctions)
        case .q7: try await input.run(recovery, highestBids)
        case .q8: try await input.run(recovery, newSellers)
        case .q11: try await input.run(recovery) { bidderSessions($0, into: $1) }
        case .q11Gap100: try await input.run(recovery) { bidderSessions($0, gap: .milliseconds(100), into: $1) }
        case .late: try await input.run(recovery, lateBids)
        case .kts: try await input.run(recovery, keyTotals)
        }
    }

    /// Makes the query's events and does nothing with them but read them.
    public func runGenerator(_ input: QueryInput) async throws -> QueryResult {
        switch self {
        case .kts: try await input.run(nil, keyedGeneration)
        default: try await input.run(nil, generation)
        }
    }
}

extension QueryInput {
    fileprivate func run<Row: SummedRow>(
        _ recovery: QueryRecovery? = nil, _ flow: (QueryInput, ChecksumSink<Row>) -> Flow<Closed>
    ) async throws -> QueryResult {
        let rows = ChecksumSink<Row>()
        let options = RunOptions(
            batchEvents: batchEvents, topicDurability: .pageCache, checkpoints: recovery?.checkpoints)
        let progress = try await flow(self, rows).run(parallelism: partitions, options: options, log: recovery?.log)
        return QueryResult(
            total: rows.total, lateEvents: progress.operators.values.reduce(0) { $0 + $1.lateEvents },
            restoredCheckpoint: progress.restoredCheckpoint)
    }
}
