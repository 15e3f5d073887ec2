// Loops through topics.
extension Planner {
    /// A stage that reads what the run itself puts into a topic.
    mutating func openFeedback(
        _ topic: String, _ codec: EventCodec, _ description: StageDescription, _ name: StageName
    ) throws(EngineError) -> Int {
        guard feedbacks[topic] == nil else {
            throw .plan(
                problem: "two stages read the feedback \"\(topic)\"",
                hint: "give the flow that reads it a name, and go on from it in both places")
        }
        let input = PhysicalStage.Input.topic(name, topic: topic, codec: codec, disorder: .marks, isPersisted: true)
        let stage = open(input, instances: 1)
        plan.stages[stage].feedback = description.feedback
        feedbacks[topic] = stage
        return stage
    }

    /// The source of the feedback among the inputs of a stage, or nil.
    func feedback(
        among ends: [Int], _ name: StageName, takesFeedback: Bool
    ) throws(EngineError) -> StageName? {
        let sources = ends.filter { plan.stages[$0].feedback != nil }
        guard let source = sources.first else { return nil }
        guard takesFeedback, sources.count == 1, ends.count > 1 else {
            throw .plan(
                problem: "\(name.stage) in the flow \"\(name.flow)\" cannot take a feedback",
                hint: "merge one feedback with other inputs: Merge(From(...), From(feedback))")
        }
        return plan.stages[source].input.sourceName
    }

    /// Leads each feedback from the stage that writes it to the one that reads it.
    mutating func closeLoops() throws(EngineError) {
        for (topic, reader) in feedbacks.sorted(by: { $0.key < $1.key }) {
            let outgoing = plan.edges.filter { $0.from == reader }
            let isPlain = plan.stages[reader].operators.allSatisfy { planned in
                switch planned.description.kind {
                case .map, .filter: true
                default: false
                }
            }
            guard isPlain, outgoing.count == 1, plan.stages[outgoing[0].to].mergedFeedback != nil else {
                throw .plan(
                    problem: "the feedback \"\(topic)\" is not read where it meets another input",
                    hint: "merge it: Merge(From(...), From(feedback)), with nothing but Map and Filter before")
            }
            let writer = plan.stages.firstIndex { stage in
                switch stage.output {
                // A replay compares what is put in with what was.
                case .topic(_, topic, _, _), .leftOut(_, topic): true
                default: false
                }
            }
            guard let writer, let name = plan.stages[writer].outputOwner?.stage ?? plan.stages[writer].leftOut,
                case .topic(_, _, let codec, _, _) = plan.stages[reader].input
            else {
                throw .plan(
                    problem: "nothing is put into the feedback \"\(topic)\"", hint: "end a flow with To(feedback)")
            }
            plan.stages[writer].output = .topic(name, topic: topic, codec: codec, readBy: reader)
        }
    }
}

extension PhysicalStage {
    /// The stage of a topic to which a replay appends nothing.
    fileprivate var leftOut: StageName? {
        if case .leftOut(let name, _) = output { name } else { nil }
    }
}
