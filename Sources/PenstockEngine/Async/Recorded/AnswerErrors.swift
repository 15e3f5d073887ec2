internal import PenstockEvents

/// A replay has come to an event for which the run had no answer.
struct AnswerMissing: EventDefect {
    let run: UInt64
    let topic: String

    var summary: String { "run \(run) has recorded no answer in \(topic) for an event" }
    var hint: String? {
        "the run had ended before it; answers: .recorded(in: …, missing: .isAsked) asks for such events again"
    }
    var category: FailureCategory { .data }
}

/// A replay has come to another event than that for which the run has recorded its answer.
struct AnswerOfOther: EventDefect {
    let run: UInt64
    let topic: String
    /// The time of the event for which there is an answer.
    let time: Int64

    var summary: String {
        "the next answer that run \(run) has recorded in \(topic) is that to an event at \(time) ns, not to this one"
    }
    var hint: String? { "give the pipeline the parameters and the input that the run had" }
    var category: FailureCategory { .data }
}
