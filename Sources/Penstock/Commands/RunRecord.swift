internal import PenstockEngine
public import PenstockEvents

/// What happened in a run or a replay: for summaries and for provenance files.
public struct RunRecord: Sendable {
    /// Whether it was a run or a replay.
    public let verb: PipelineVerb
    /// The scan that was recorded or replayed.
    public let scan: ScanID
    /// The options of the pipeline as they were given and as they are by default, by name.
    public let parameters: [String: String]
    /// The directory of the log, or nil where the pipeline has no topics.
    public let log: String?
    /// How often something was counted, as `RunProgress.counts`.
    public let counts: [String: Int]
    /// What the source said of the scan.
    public let properties: [String: String]
    /// Facts that operators found, by name.
    public let facts: [String: String]
    /// Warnings, in the order in which they came.
    public let warnings: [String]
    /// The beginning, by the system's clock.
    public let started: Timestamp
    /// The end, by the system's clock.
    public let ended: Timestamp
}
