public import Penstock

/// The events of a query's run.
public struct QueryInput: Sendable, Hashable {
    /// The number of events, of all kinds together.
    public var events: Int
    /// What the events come from.
    public var seed: UInt64
    /// The number of source partitions, and of instances of keyed stages.
    public var partitions: Int
    /// The most events of a batch.
    public var batchEvents: Int

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
    /// Sums of a million keys.
    case kts

    /// Runs the query from the first event to the last.
    public func run(_ input: QueryInput) async throws -> QueryResult {
        switch self {
        case .q0: try await input.run(passThrough)
        case .q1: try await input.run(currencyConversion)
        case .q2: try await input.run(selection)
        case .q5: try await input.run(hotAuctions)
        case .q7: try await input.run(highestBids)
        case .q8: try await input.run(newSellers)
        case .q11: try await input.run { bidderSessions($0, into: $1) }
        case .q11Gap100: try await input.run { bidderSessions($0, gap: .milliseconds(100), into: $1) }
        case .kts: try await input.run(keyTotals)
        }
    }

    /// Makes the query's events and does nothing with them but read them.
    public func runGenerator(_ input: QueryInput) async throws -> QueryResult {
        switch self {
        case .kts: try await input.run(keyedGeneration)
        default: try await input.run(generation)
        }
    }
}

extension QueryInput {
    fileprivate func run<Row: SummedRow>(
        _ flow: (QueryInput, ChecksumSink<Row>) -> Flow<Closed>
    ) async throws -> QueryResult {
        let rows = ChecksumSink<Row>()
        let progress = try await flow(self, rows).run(
            parallelism: partitions, options: RunOptions(batchEvents: batchEvents))
        return QueryResult(
            total: rows.total, lateEvents: progress.operators.values.reduce(0) { $0 + $1.lateEvents })
    }
}
