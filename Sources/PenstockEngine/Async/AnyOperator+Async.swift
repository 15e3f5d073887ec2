internal import PenstockEvents

extension AnyOperator {
    /// Calls an asynchronous function for each event. An event for which it gives nil has no result.
    /// - Parameters:
    ///   - recording: Where the answers are recorded; nil for answers that are not.
    ///   - remembering: Where the answers are remembered by keys; nil for answers that are not.
    public init<In: Sendable, Out: Sendable>(
        _ requests: AsyncRequests, recording: AnswerRecording? = nil, remembering: AnswerRemembering<In>? = nil,
        _ function: @escaping @concurrent @Sendable (In) async throws -> Out?
    ) {
        let answer = ValueType(Out.self)
        let records = recording.map { ", and records the answer in the topic \($0.topic)" } ?? ""
        let kept = recording != nil ? "recorded" : remembering != nil ? "remembered" : nil
        self.init(
            summary: "asks for a \(answer.name) for each event\(records)", output: answer, isKeyed: false,
            ordersEvents: false, defect: requests.defect ?? kept.flatMap { answer.defect(whenKept: $0) }
        ) { context, origin in
            let memory = context.memory.flatMap { memory in
                remembering.map { AnswerLookup<In, Out>(memory, $0.key) }
            }
            return AsyncProcessor<In, Out>(
                context.stage, requests, origin: origin, answers: context.answers, memory: memory, function)
        }
        details = ", \(requests.summary)"
        self.recording = recording
        if let remembering {
            self.remembering = AnswerMemory.Rule(
                topic: remembering.topic, schema: RememberedAnswer.topicSchema(of: Out.self), answer: answer.name)
            details += ", remembers answers by key in the topic \(remembering.topic)"
        }
        keepsKeys = true
    }
}

extension ValueType {
    /// Why answers cannot be `kept`, recorded or remembered, or nil.
    fileprivate func defect(whenKept kept: String) -> String? {
        coding == nil
            ? "its answers cannot be \(kept): make \(name) an Event, a struct of plain numbers, or Codable" : nil
    }
}
