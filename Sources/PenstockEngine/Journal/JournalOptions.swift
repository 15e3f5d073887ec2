/// Where a run writes down what no replay can compute, or takes it from.
///
/// That is when partitions were idle (`SourceReading.idleAfter`) and when the events of a feedback were read. A plan in which nothing of
/// that kind happens has no journal.
public struct JournalOptions: Sendable, Hashable {
    /// The name under which the log keeps journals: that of the pipeline, or of its checkpoints. The same rules as for topics.
    public let name: String
    /// Whether an earlier run is repeated.
    let isFollowing: Bool
    /// Which one; nil for the last one.
    let run: UInt64?

    /// The run writes its decisions down. One that goes on from a checkpoint takes over those that an earlier one has written.
    public static func writing(_ name: String) -> JournalOptions {
        JournalOptions(name: name, isFollowing: false, run: nil)
    }

    /// The run takes the decisions of an earlier one, by its number or the last one, in place of looking at a clock.
    public static func following(_ name: String, run: UInt64? = nil) -> JournalOptions {
        JournalOptions(name: name, isFollowing: true, run: run)
    }

    /// The topic that holds the journals.
    public var topic: String { "journal.\(name)" }
}

extension PhysicalPlan {
    /// Whether runs of the plan take decisions that only a journal can repeat.
    public var needsJournal: Bool { stages.contains(where: needsJournal) || !recordings.isEmpty }

    /// Whether the source of a stage takes decisions that depend on the pace of the run.
    func needsJournal(_ stage: PhysicalStage) -> Bool { mayBeLeftOut(stage) || stage.feedback != nil }
}

extension PhysicalPlan {
    /// Whether time may go on without partitions of a source: others of its own, or those of other sources. The only partition of all is never
    /// left out.
    func mayBeLeftOut(_ source: PhysicalStage) -> Bool {
        guard source.reading.idleAfter != nil else { return false }
        if source.partitions > 1 { return true }
        var reached = [source.index]
        var next = 0
        while next < reached.count {
            defer { next += 1 }
            for edge in edges where edge.from == reached[next] {
                if edges.contains(where: { $0.to == edge.to && $0.from != edge.from }) { return true }
                if !reached.contains(edge.to) { reached.append(edge.to) }
            }
        }
        return false
    }
}
