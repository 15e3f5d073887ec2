/// How a run keeps checkpoints, and whether it begins with one.
public struct CheckpointOptions: Sendable {
    /// The name under which they are kept in the log: that of the pipeline, or of a run that may be repeated. The same rules as for topics.
    public var name: String
    /// The time from the end of one checkpoint to the beginning of the next. Never changes a result.
    public var interval: Duration
    /// Where the run begins.
    public var restoring: Restoring
    /// How many complete checkpoints are kept, at least 1: more than one, so that a damaged one has one before it.
    public var kept: Int
    /// The most runs that begin with one checkpoint and do not come to the next, counting the one that kept it; nil for no limit. A trap in an
    /// author's code cannot be caught and comes again at the same event, so whoever restarts runs would do so for ever.
    public var attempts: Int?
    /// Called with the number of each checkpoint once it is kept.
    public var whenKept: @Sendable (UInt64) -> Void = { _ in }

    /// Where a run begins.
    public enum Restoring: Sendable, Hashable {
        /// With the last complete checkpoint, or at the beginning where there is none.
        case last
        /// At the beginning; earlier checkpoints under the name are given up.
        case nothing
    }

    /// Checkpoints every `interval` under `name`.
    public init(
        name: String, interval: Duration = .seconds(10), restoring: Restoring = .last, kept: Int = 3
    ) {
        self.name = name
        self.interval = interval
        self.restoring = restoring
        self.kept = kept
    }

    /// The topic that holds them.
    public var topic: String { "checkpoints.\(name)" }

    func check() throws(EngineError) {
        guard kept >= 1 else { throw .option(problem: "a run cannot keep \(kept) checkpoints", hint: "keep 1 or more") }
        if let attempts, attempts < 1 {
            throw .option(problem: "a run cannot be attempted \(attempts) times", hint: "choose 1 or more attempts")
        }
        guard interval >= .zero else {
            throw .option(problem: "the time between checkpoints is negative", hint: "choose zero or more")
        }
    }
}
