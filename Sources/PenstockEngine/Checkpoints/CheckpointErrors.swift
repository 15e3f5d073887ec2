internal import PenstockEvents
internal import PenstockLog

/// A checkpoint could not be written.
struct CheckpointNotKept: Diagnostic {
    let epoch: UInt64
    let topic: String
    let error: LogError

    var summary: String { "checkpoint \(epoch) cannot be kept in \(topic): \(error.summary)" }
    var hint: String? { error.hint }
    var category: FailureCategory { error.category }
}

/// The log has none of the checkpoints that the run has kept in it.
struct CheckpointsGone: Diagnostic {
    /// The number of the newest that it kept.
    let kept: UInt64
    let topic: String

    var summary: String {
        "the run has kept checkpoint \(kept), and \(topic) has none any more: was the log removed, or is it another one?"
    }
    var hint: String? { "bring the log back, and go on with the run; or begin it anew, as another run" }
    var category: FailureCategory { .configuration }
}

/// Checkpoints take too long.
struct CheckpointsAbandoned: Diagnostic {
    let epoch: UInt64
    let count: Int
    let limit: Int
    let timeout: Duration
    /// What the barrier has not got through.
    let holder: String

    var summary: String {
        let row = count < 2 ? "" : "; \(count) in a row"
        return
            "checkpoint \(epoch) was not complete after \(timeout / .seconds(1)) s and is abandoned: its barrier is held "
            + "\(holder)\(row)"
    }
    var hint: String? {
        "the stage behind it is too slow, or waits for something: give checkpoints more time, or smaller batches"
    }
    var category: FailureCategory { .temporary }
}

/// A savepoint could not be gone on from.
struct SavepointImpossible: Diagnostic {
    let sink: String

    init(_ state: StageState) {
        let sinks = state.forms.keys.filter { $0.part == .sink && (state.chunks[$0] ?? []).isEmpty }
        sink = sinks.map(\.stage.description).min() ?? ""
    }

    var summary: String { "a savepoint is not possible: the sink \(sink) cannot go on from one" }
    var hint: String? { "let the sink give its state with checkpoint() and go on with reopen(_:from:)" }
    var category: FailureCategory { .usage }
}

extension StageState {
    /// Whether each output has said how to go on with it.
    var canGoOn: Bool {
        forms.keys.allSatisfy { $0.part != .sink || !(chunks[$0] ?? []).isEmpty }
    }
}
