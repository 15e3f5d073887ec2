/// Where the answers to a stage's requests are recorded, so that a replay takes them from there.
public struct AnswerRecording: Sendable, Hashable {
    /// What becomes of an event in a replay for which the run has recorded no answer.
    public enum Missing: String, Sendable, Hashable {
        /// The replay ends, and names the event.
        case fails
        /// It is asked for again; what follows from it is not that of the run.
        case isAsked
    }

    /// The topic, which belongs to the stage alone.
    public let topic: String
    /// What becomes of an event in a replay without an answer.
    public let missing: Missing

    /// Answers are recorded in a topic.
    public init(in topic: String, missing: Missing = .fails) {
        self.topic = topic
        self.missing = missing
    }
}

extension PhysicalPlan {
    /// The stages whose answers are recorded, in the order of the plan.
    var recordings: [(name: StageName, rule: AnswerRecording)] {
        stages.flatMap { stage in
            stage.operators.compactMap { planned in
                planned.description.recording.map { (planned.name, $0) }
            }
        }
    }
}

extension StageDescription {
    /// Where the answers to its requests are recorded, if they are.
    var recording: AnswerRecording? {
        if case .operation(let operation) = kind { operation.recording } else { nil }
    }
}
