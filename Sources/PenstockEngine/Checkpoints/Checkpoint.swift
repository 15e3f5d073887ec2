internal import PenstockEvents
internal import PenstockLog

/// What a state belongs to: something with a name in the plan, and what of it.
struct StateOwner: Sendable, Hashable, Comparable {
    /// What of a stage has a state.
    enum Part: Sendable, Hashable {
        /// Where the source's partition has been read to.
        case source(partition: Int)
        /// Events that wait for their turn before the stage with this name.
        case order
        /// What an operator knows.
        case operation
        /// What a sink or a topic has taken.
        case sink
    }

    let stage: StageName
    let part: Part

    /// The owner in one line, which is how it stands in a checkpoint: `flow/stage: operator`.
    var text: String {
        switch part {
        case .source(let partition): "\(stage): source \(partition)"
        case .order: "\(stage): order"
        case .operation: "\(stage): operator"
        case .sink: "\(stage): sink"
        }
    }

    static func < (a: StateOwner, b: StateOwner) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }
}

/// The states of one instance of a stage.
struct StageState: Sendable {
    /// The chunks of each owner.
    var chunks: [StateOwner: [StateChunk]] = [:]
    /// The form of each owner's state: which operator it is and of what types. A state is given back to the same form only.
    var forms: [StateOwner: String] = [:]
    /// What the run reports about the operators so far.
    var statistics: [StageName: OperatorStatistics] = [:]
    /// Those whose rows the states count on, to be committed when the checkpoint is complete. Not in its records: the states have their ids.
    var transactions: [any Transaction] = []

    mutating func put(_ owner: StateOwner, form: String, _ chunks: [StateChunk]) {
        self.chunks[owner, default: []] += chunks
        forms[owner] = form
    }

    /// Adds the state of another instance or stage.
    mutating func merge(_ other: StageState) {
        for (owner, form) in other.forms { put(owner, form: form, other.chunks[owner] ?? []) }
        for (stage, counts) in other.statistics {
            statistics[stage] = (statistics[stage] ?? OperatorStatistics()) + counts
        }
        transactions += other.transactions
    }
}

/// The state of a whole run at the barriers of one epoch: with it, and with what the sources give from there on, a run can go on as if it had
/// never ended.
struct Checkpoint: Sendable {
    /// The number of the checkpoint, from 1.
    let epoch: UInt64
    /// What the run is called, which it keeps over restarts.
    var run = ""
    /// The scan that the run records.
    let scan: ScanID
    /// The number of each stage as an origin of events, as it stands in the states; also of stages that are gone.
    var origins: [StageName: UInt32] = [:]
    /// The states of all stages. None where the run has come to its end.
    var state: StageState
}
