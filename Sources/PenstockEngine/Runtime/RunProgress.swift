internal import PenstockEvents

/// What a run has done so far, for progress lines and summaries. Reading it changes nothing.
public final class RunProgress: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var properties: [String: String] = [:]
        var remarks: [RunRemark] = []
        var operators: [StageName: OperatorStatistics] = [:]
        var lastCheckpoint: UInt64?
        var restoredCheckpoint: UInt64?
        var journaledRun: UInt64?
        var savepoints: [String] = []
        var checkpoints: CheckpointFigures?
    }

    /// The most remarks that are kept; later ones are dropped.
    public static let remarkLimit = 1000

    private let state = Guarded(State())

    /// Nothing done yet.
    public init() {}

    /// How often something was counted: `NAME_acknowledged` for events of a persisted topic NAME, `NAME_appended` for those of another
    /// topic, and what sinks count.
    public var counts: [String: Int] { state.withLock { $0.counts } }

    /// What the sources said of their scans, by name.
    public var properties: [String: String] { state.withLock { $0.properties } }

    /// Warnings and facts, each once, in the order in which they came.
    public var remarks: [RunRemark] { state.withLock { $0.remarks } }

    /// The counts of the operators of finished stages.
    public var operators: [StageName: OperatorStatistics] { state.withLock { $0.operators } }

    /// The number of the last checkpoint that was kept, or nil.
    public var lastCheckpoint: UInt64? { state.withLock { $0.lastCheckpoint } }

    /// The number of the checkpoint with which the run began, or nil.
    public var restoredCheckpoint: UInt64? { state.withLock { $0.restoredCheckpoint } }

    /// The number of the run in the journal that it writes or follows; nil without one.
    public var journaledRun: UInt64? { state.withLock { $0.journaledRun } }

    /// The checkpoints of the run; nil in a run without any.
    var checkpointFigures: CheckpointFigures? { state.withLock { $0.checkpoints } }

    /// How many checkpoints took too long and were given up.
    public var abandonedCheckpoints: Int { checkpointFigures?.abandoned ?? 0 }

    /// The savepoints that were kept, in the order in which they were.
    public var savepoints: [String] { state.withLock { $0.savepoints } }

    func note(savepoint: String) { state.withLock { $0.savepoints.append(savepoint) } }

    func note(epoch: UInt64) { state.withLock { $0.lastCheckpoint = epoch } }

    /// Changes what is known of the checkpoints.
    func update(_ change: (inout CheckpointFigures) -> Void) {
        state.withLock { state in
            var figures = state.checkpoints ?? CheckpointFigures()
            change(&figures)
            state.checkpoints = figures
        }
    }

    func note(restored checkpoint: Checkpoint) {
        state.withLock { state in
            state.restoredCheckpoint = checkpoint.epoch
            for (stage, counts) in checkpoint.state.statistics { state.operators[stage] = counts }
        }
    }

    func note(journal run: UInt64) { state.withLock { $0.journaledRun = run } }

    func count(_ name: String, _ number: Int) { state.withLock { $0.counts[name, default: 0] += number } }

    func note(properties: [String: String]) {
        state.withLock { $0.properties.merge(properties) { _, new in new } }
    }

    func report(_ remark: RunRemark) {
        state.withLock { state in
            if state.remarks.count < RunProgress.remarkLimit, !state.remarks.contains(remark) {
                state.remarks.append(remark)
            }
        }
    }

    func note(_ statistics: OperatorStatistics, of stage: StageName) {
        state.withLock { state in
            state.operators[stage] = (state.operators[stage] ?? OperatorStatistics()) + statistics
        }
    }
}
