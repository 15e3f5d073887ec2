/// What a pipeline found and said when its work was done: the file `report.json`.
public struct PipelineReport: Codable, Sendable, Hashable {
    /// The version of this form.
    public var version = 1
    /// The number of the scan that was recorded or replayed.
    public var scan: UInt64
    /// Facts that operators found, by name.
    public var facts: [String: String]
    /// How often something was counted, by name.
    public var counts: [String: Int]
    /// Warnings, in the order in which they came.
    public var warnings: [String]
    /// The lines that the pipeline said at its end.
    public var lines: [String]

    /// A report.
    public init(scan: UInt64, facts: [String: String], counts: [String: Int], warnings: [String], lines: [String]) {
        self.scan = scan
        self.facts = facts
        self.counts = counts
        self.warnings = warnings
        self.lines = lines
    }
}
