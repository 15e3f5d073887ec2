/// Where the answers to a stage's requests are remembered, and by what.
public struct AnswerRemembering<In: Sendable>: Sendable {
    /// The topic, which belongs to the stage alone.
    public let topic: String
    /// The key of an event; nil for one whose answer is not worth remembering. Runs on the stage's own thread, once for each event.
    public let key: @Sendable (In) -> AnswerKey?

    /// Answers are remembered in a topic, by the key of their event.
    public init(in topic: String, by key: @escaping @Sendable (In) -> AnswerKey?) {
        self.topic = topic
        self.key = key
    }
}

extension PhysicalPlan {
    /// The stages whose answers are remembered, in the order of the plan.
    var rememberings: [(name: StageName, rule: AnswerMemory.Rule)] {
        stages.flatMap { stage in
            stage.operators.compactMap { planned in planned.description.remembering.map { (planned.name, $0) } }
        }
    }
}

extension StageDescription {
    /// Where the answers to its requests are remembered, if they are.
    var remembering: AnswerMemory.Rule? {
        if case .operation(let operation) = kind { operation.remembering } else { nil }
    }
}
