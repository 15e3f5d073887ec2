/// How a run keeps checkpoints, and whether it begins with one.
public struct CheckpointOptions: Sendable {
    /// The name under which they are kept in the log: that of the pipeline, or of a run that may be repeated. The same rules as for topics.
    public var name: String
    /// The time from the end of one checkpoint to the beginning of the next; nil for a run that keeps none but savepoints. Never changes a
    /// result.
    public var interval: Duration?
    /// Where the run begins.
    public var restoring: Restoring
    /// How many complete checkpoints are kept, at least 1: more than one, so that a damaged one has one before it.
    public var kept: Int
    /// How long a checkpoint may take. One that is not complete by then is abandoned, and the next one begins.
    public var timeout: Duration = .seconds(600)
    /// So many abandoned checkpoints in a row end the run, at least 1.
    public var abandonedLimit = 3
    /// The savepoint to take when the run comes to its end; nil for none.
    public var savepointAtEnd: String?
    /// States that may be given up where no stage of the pipeline goes on with them: their ids, `flow/stage` for all of a stage or
    /// `flow/stage: operator` for one.
    public var dropping: Set<String> = []
    /// Whether other processes may ask the run for savepoints.
    public var takesRequests = false
    /// The most runs that begin with one checkpoint and do not come to the next, counting the one that kept it; nil for no limit. A trap in an
    /// author's code cannot be caught and comes again at the same event, so whoever restarts runs would do so for ever.
    public var attempts: Int?
    /// The number of a checkpoint that an earlier process of this run is known to have kept; nil where nothing is known. Where the log has
    /// none at all any more, the run is refused rather than begun anew.
    public var continuing: UInt64?
    /// Called with the number of each checkpoint once it is kept.
    public var whenKept: @Sendable (UInt64) -> Void = { _ in }

    /// Where a run begins.
    public enum Restoring: Sendable, Hashable {
        /// With the last complete checkpoint, or at the beginning where there is none.
        case last
        /// At the beginning; earlier checkpoints under the name are given up.
        case nothing
        /// With the savepoint of this name.
        case savepoint(String)
    }

    /// Checkpoints every `interval` under `name`.
    public init(
        name: String, interval: Duration? = .seconds(10), restoring: Restoring = .last, kept: Int = 3
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
        guard interval ?? .zero >= .zero else {
            throw .option(problem: "the time between checkpoints is negative", hint: "choose zero or more")
        }
        guard timeout > .zero else {
            throw .option(problem: "a checkpoint cannot be complete within \(timeout)", hint: "give it more than zero")
        }
        guard abandonedLimit >= 1 else {
            throw .option(
                problem: "a run cannot end after \(abandonedLimit) abandoned checkpoints", hint: "choose 1 or more")
        }
        if let savepointAtEnd { try SavepointName.check(savepointAtEnd) }
        if case .savepoint(let name) = restoring { try SavepointName.check(name) }
    }
}

/// The names of savepoints, and the topics that hold them.
enum SavepointName {
    /// What the topics of a pipeline's savepoints begin with.
    static func prefix(of pipeline: String) -> String { "savepoints.\(pipeline)." }

    /// The topic of one.
    static func topic(_ name: String, of pipeline: String) -> String { prefix(of: pipeline) + name }

    /// - Throws: `EngineError.option` for a name that breaks the rules.
    static func check(_ name: String) throws(EngineError) {
        let isAllowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isAllowed, (1...80).contains(name.utf8.count) else {
            throw .option(
                problem: "\"\(name)\" cannot be the name of a savepoint",
                hint: "use 1 to 80 letters, digits, '_' and '-'")
        }
    }
}
