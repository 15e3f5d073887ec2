internal import PenstockEvents
internal import PenstockLog

/// The answers to a stage's requests in a topic, by their keys, from whatever run.
///
/// Where each stands in the topic is read once, when the run begins, and kept in memory; answers are read from the topic when they are asked for,
/// and those that were used last are in memory, too. What other runs add meanwhile is not seen: it is asked for once more, and gives the same.
final class AnswerMemory: Sendable {
    /// Which answers are remembered where.
    struct Rule: Sendable {
        let topic: String
        /// That of the topic.
        let schema: Schema
        /// The type of the answers.
        let answer: String
    }

    /// How much of a topic is in memory.
    struct Limits: Sendable {
        /// The most keys. Answers for further ones are neither found nor kept. 2^22 keys take about 200 MB.
        var keys = 1 << 22
        /// The most bytes of answers that were used last.
        var recentBytes = 64 << 20
    }

    private struct State {
        var offsets: [AnswerKey: UInt64] = [:]
        /// How many keys have a place among them, those that are being kept included.
        var admitted = 0
        var recent: RecentAnswers
        var wanted: [(offset: UInt64, reply: CheckedContinuation<[UInt8], any Error>)] = []
        var isReading = false
        var hasWarned = false
    }

    let rule: Rule
    private let stage: StageName
    private let limits: Limits
    private let report: @Sendable (RunRemark) -> Void
    /// Nil where another run has the topic to itself.
    private let writer: (any TopicWriter)?
    private let reader: any TopicReader
    private let state: Guarded<State>

    /// How many answers there are.
    var count: Int { state.withLock { $0.offsets.count } }

    /// Opens the topic, which is created where it is not there.
    /// - Throws: `EngineError.option` where the topic holds other records; `LogError`.
    init(
        _ stage: StageName, _ rule: Rule, _ log: any LogStore, _ durability: Durability, limits: Limits = Limits(),
        report: @escaping @Sendable (RunRemark) -> Void
    ) async throws {
        (self.stage, self.rule, self.limits, self.report) = (stage, rule, limits, report)
        state = Guarded(State(recent: RecentAnswers(limit: limits.recentBytes)))
        let partition = TopicPartition(rule.topic)
        writer = try await Self.writer(stage, rule, log, durability, report)
        do { reader = try await log.reader(for: partition, from: .earliest, parts: .attributes) } catch {
            try? await writer?.close()
            throw error
        }
        do { try await readKeys() } catch {
            await close()
            throw error
        }
    }

    private static func writer(
        _ stage: StageName, _ rule: Rule, _ log: any LogStore, _ durability: Durability,
        _ report: @Sendable (RunRemark) -> Void
    ) async throws -> (any TopicWriter)? {
        let held: LogError
        do throws(LogError) {
            let configuration = TopicConfiguration(durability: durability)
            _ = try await log.openTopic(rule.topic, schema: rule.schema, creatingWith: configuration)
            return try await log.sharedWriter(for: TopicPartition(rule.topic))
        } catch { held = error }
        switch held.code {
        case .partitionOwned:
            report(
                .warning(
                    "\(stage) remembers no new answers: another run has the topic \(rule.topic) to itself; a log behind brokers can be written by both"
                ))
            return nil
        case .schemaMismatch:
            let schema = try await log.describe(rule.topic).schema
            throw EngineError.option(
                problem: "\(stage) remembers answers of the type \(rule.answer), \(rule.schema.name), but the topic "
                    + "\(rule.topic) holds \(schema.name)@\(schema.version)",
                hint: "name another topic, or delete this one: answers that were remembered cost time only")
        default: throw held
        }
    }

    private func readKeys() async throws {
        while let entry = try await nextEntry() {
            guard case .records(let batch) = entry else { continue }
            for index in 0..<batch.count {
                let key = try batch.withAttributes(at: index) { attributes throws(RecordError) in
                    var record = RecordReader(attributes: attributes, payload: .empty)
                    return try AnswerKey(reading: &record)
                }
                guard takes(key) else { return }
                state.withLock { $0.offsets[key] = batch.baseOffset + UInt64(index) }
            }
        }
    }

    /// What comes next in the topic, behind what is damaged.
    private func nextEntry() async throws(LogError) -> LogEntry? {
        while true {
            do throws(LogError) { return try await reader.next() } catch {
                guard error.code == .damaged, try await reader.skipDamage() != nil else { throw error }
                warn(of: error)
            }
        }
    }

    private func warn(of damage: LogError) {
        report(.warning("\(stage) asks again for answers in \(rule.topic) that are damaged: \(damage.summary)"))
    }

    /// Gives a key a place; false where there is none left.
    private func takes(_ key: AnswerKey) -> Bool {
        let (takes, warns) = state.withLock { state in
            if state.offsets[key] != nil { return (true, false) }
            if state.admitted < limits.keys {
                state.admitted += 1
                return (true, false)
            }
            defer { state.hasWarned = true }
            return (false, !state.hasWarned)
        }
        if warns {
            report(
                .warning(
                    "\(stage) remembers \(limits.keys) answers in \(rule.topic), the most possible: others are asked for each time"
                ))
        }
        return takes
    }

    // MARK: Answers

    /// What is known of a key.
    enum Found {
        case answer([UInt8])
        /// The answer is in the topic.
        case stored
        case nothing
    }

    /// What is known of a key, without reading.
    func find(_ key: AnswerKey) -> Found {
        state.withLock { state in
            if let answer = state.recent.answer(for: key) { return .answer(answer) }
            return state.offsets[key] == nil ? .nothing : .stored
        }
    }

    /// Reads the answer for a key; nil where the topic does not have it any more, or not as it was written.
    /// - Throws: `LogError`.
    func recall(_ key: AnswerKey) async throws -> [UInt8]? {
        guard let offset = state.withLock({ $0.offsets[key] }) else { return nil }
        do {
            let answer = try await read(offset)
            state.withLock { $0.recent.add(answer, for: key) }
            return answer
        } catch let error as LogError where error.code == .offsetOutOfRange || error.code == .damaged {
            // Retention has taken it, or it is damaged.
            if error.code == .damaged { warn(of: error) }
            state.withLock { state in
                if state.offsets.removeValue(forKey: key) != nil { state.admitted -= 1 }
            }
            return nil
        }
    }

    /// Remembers an answer; it is in the topic when this returns.
    /// - Throws: `LogError`.
    func keep(_ answer: [UInt8], for key: AnswerKey, time: Timestamp) async throws {
        guard let writer, takes(key) else { return }
        var batch = RecordBatchBuilder(schemaID: rule.schema.id)
        batch.append(RememberedAnswer(key, answer), time: time)
        let offset = try await writer.append(batch).firstOffset
        state.withLock { state in
            // Somebody else may have asked for the same meanwhile, and taken a place for it.
            if state.offsets.updateValue(offset, forKey: key) != nil { state.admitted -= 1 }
            state.recent.add(answer, for: key)
        }
    }

    /// A reader has one user at a time.
    private func read(_ offset: UInt64) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { reply in
            let begins = state.withLock { state in
                state.wanted.append((offset, reply))
                defer { state.isReading = true }
                return !state.isReading
            }
            if begins { Task.detached { await self.readWanted() } }
        }
    }

    private func readWanted() async {
        while true {
            let wanted = state.withLock { state in
                defer { state.wanted = [] }
                state.isReading = !state.wanted.isEmpty
                return state.wanted
            }
            guard !wanted.isEmpty else { return }
            for (offset, reply) in wanted {
                do {
                    let payload = try await reader.payload(of: offset)
                    reply.resume(returning: payload.withUnsafeBytes { Array($0) })
                } catch { reply.resume(throwing: error) }
            }
        }
    }

    /// Gives the topic up. The stage has ended by now, and nobody waits for an answer.
    func close() async {
        await reader.close()
        try? await writer?.close()
    }
}
