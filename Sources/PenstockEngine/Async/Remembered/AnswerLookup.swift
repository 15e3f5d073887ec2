internal import PenstockEvents

/// The remembered answers of a stage, with their types.
struct AnswerLookup<In: Sendable, Out: Sendable>: Sendable {
    /// What is known of an event.
    enum Found {
        case outcome(AsyncQueue<Out>.Outcome)
        /// The answer has to be read.
        case stored
        case nothing
    }

    private let memory: AnswerMemory
    /// The key of an event; nil for one that is asked for each time.
    let key: @Sendable (In) -> AnswerKey?
    private let coding: any ValueCoding

    init(_ memory: AnswerMemory, _ key: @escaping @Sendable (In) -> AnswerKey?) {
        self.memory = memory
        self.key = key
        guard let coding = ValueType(Out.self).coding else {
            preconditionFailure("a plan remembers answers of a type that cannot be written")
        }
        self.coding = coding
    }

    /// What is known of a key, without reading.
    func find(_ key: AnswerKey) -> Found {
        switch memory.find(key) {
        case .answer(let bytes):
            do { return .outcome(.result(try decode(bytes))) } catch { return .outcome(.failed(error)) }
        case .stored: return .stored
        case .nothing: return .nothing
        }
    }

    /// Reads the answer for a key.
    /// - Throws: `AnswerForgotten` where the topic does not have it any more; `AnswerUnreadable`, `LogError`.
    func recall(_ key: AnswerKey) async throws -> Out? {
        guard let bytes = try await memory.recall(key) else { throw AnswerForgotten() }
        return try decode(bytes)
    }

    /// Remembers an answer; it is in the topic when this returns.
    /// - Throws: `LogError`, or what the answer throws that cannot be written.
    func keep(_ answer: Out?, for key: AnswerKey, time: Timestamp) async throws {
        var encoder = StateEncoder()
        encoder.put(answer != nil)
        if let answer { try coding.put(answer, &encoder) }
        try await memory.keep(encoder.bytes, for: key, time: time)
    }

    private func decode(_ bytes: [UInt8]) throws(AnswerUnreadable) -> Out? {
        do {
            var decoder = StateDecoder(StateChunk(group: nil, bytes: bytes))
            return try decoder.bool() ? coding.value(&decoder, Out.self) : nil
        } catch { throw AnswerUnreadable(topic: memory.rule.topic, type: memory.rule.answer) }
    }
}

/// The topic does not have an answer any more that it had when the run began.
struct AnswerForgotten: Error {}

/// A remembered answer has another form than its type has now.
struct AnswerUnreadable: EventDefect {
    let topic: String
    let type: String

    var summary: String { "the answer in the topic \(topic) for the key of an event is no \(type)" }
    var hint: String? {
        "was it remembered by a program with another form of the type? Name another topic, or delete this one: it costs time only"
    }
    var category: FailureCategory { .data }
}
