public import Penstock
public import PenstockEvents

/// What an evaluation taught a search: the event that goes from the end of the loop back to its beginning.
public struct SearchOutcome: FixedEvent, Hashable {
    /// The strategy, by its number.
    public let strategy: UInt64
    /// The number of the proposal among those of its strategy; 0 in the event with which the search begins.
    public let evaluation: Int64
    /// The number of the candidate in its space.
    public let number: Int64
    /// What the surrogate learns, higher is better; NaN where the candidate failed or was rejected.
    public let target: Double
    /// Whether the time of the search was up: 1, else 0.
    public private(set) var timeIsUp: UInt64 = 0

    /// What the records of a topic of outcomes hold.
    public static let schema = Schema(
        "mof.SearchOutcome",
        fields: [
            .init("strategy", .u64), .init("evaluation", .i64), .init("number", .i64), .init("target", .f64),
            .init("time_is_up", .u64),
        ])

    /// The beginning of a search.
    public init(beginning strategy: SearchStrategy) {
        self.init(strategy: strategy, evaluation: 0, number: 0, target: nil)
    }

    /// What came of a trial.
    public init(_ trial: Trial, _ target: SearchTarget) {
        let proposal = trial.proposal
        self.init(
            strategy: proposal.strategy, evaluation: proposal.evaluation, number: proposal.number,
            target: target.learned(trial.candidate.result))
    }

    init(strategy: SearchStrategy, evaluation: Int, number: Int, target: Double?) {
        (self.strategy, self.evaluation, self.number) = (strategy.rawValue, Int64(evaluation), Int64(number))
        self.target = target ?? .nan
    }

    /// The same outcome, with whether the time of the search was up when it came.
    public func noting(timeIsUp: Bool) -> SearchOutcome {
        var outcome = self
        outcome.timeIsUp = timeIsUp ? 1 : 0
        return outcome
    }
}

/// A source with the event that begins a search, for each strategy.
public struct SearchBeginning: Source {
    private let strategies: [SearchStrategy]

    /// The beginnings of these strategies.
    public init(_ strategies: [SearchStrategy]) { self.strategies = strategies }

    /// Events are in order.
    public var disorder: Penstock.Disorder { .ascending }

    /// The strategies.
    public var summary: String {
        "the beginning of a search (\(strategies.map(\.description).joined(separator: ", ")))"
    }

    /// Begins.
    public func open(_ partition: Int, context: SourceContext) -> any SourceReader<SearchOutcome> {
        Reader(strategies: strategies, context: context)
    }

    private struct Reader: SourceReader {
        let strategies: [SearchStrategy]
        let context: SourceContext
        var part = 0

        /// The start of the scan, the events, its end, and then nothing.
        mutating func read(into batch: inout SourceBatch<SearchOutcome>) -> SourceProgress {
            part += 1
            switch part {
            case 1: return .control(.scanStart(ScanStart(scan: context.scan, properties: ["source": "search"])))
            case 2:
                for strategy in strategies {
                    batch.append(SearchOutcome(beginning: strategy), time: Timestamp(nanoseconds: 0))
                }
                return .control(
                    .scanEnd(ScanEnd(scan: context.scan, eventCount: UInt64(strategies.count))))
            default: return .end
            }
        }
    }
}
