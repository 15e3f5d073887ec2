internal import PenstockEvents
internal import PenstockLog

/// The decisions of a run that no replay can compute: those that an earlier run has taken, and those that this one takes and keeps before it
/// acts on them.
final class RunJournal: Sendable {
    /// The number of the run.
    let run: UInt64
    /// The scan of the run that is followed.
    let scan: UInt64
    /// Whether everything comes from the journal.
    let isFollowing: Bool
    /// What the journal is called.
    private let name: String
    private let known: [JournalRecord]
    /// Where other runs began to put something into feedbacks.
    private let otherLoops: [JournalRecord]
    private let writer: (any TopicWriter)?
    /// The answers to requests, by the stage that has asked.
    private let tapes = Guarded<[StageName: AnswerTape]>([:])

    /// The journal of a run that repeats an earlier one.
    /// - Throws: `EngineError.option` where the log has none; `LogError`.
    init(following options: JournalOptions, _ log: any LogStore) async throws {
        let isThere = try await log.topics().contains(options.topic)
        let contents = isThere ? try await JournalContents(TopicPartition(options.topic), log) : JournalContents()
        let found = try contents.run(options.run, of: options.name)
        self.name = options.name
        self.run = found.number
        scan = found.scan
        known = found.records
        otherLoops = contents.runs.filter { $0.number != found.number }.flatMap { run in
            run.records.filter { $0.kind == .loop }
        }
        isFollowing = true
        writer = nil
    }

    /// Goes on with the journal of the run whose last checkpoint is restored, or begins a new one.
    /// - Parameters:
    ///   - name: What the run is called in its checkpoints.
    ///   - restored: What the run begins with; nil for the beginning.
    ///   - branches: Whether the run whose state that is may have gone on from there: then this one goes another way.
    init(
        writing options: JournalOptions, _ log: any LogStore, _ durability: Durability, name: String, scan: UInt64,
        restored: StageState?, branches: Bool
    ) async throws {
        let topic = TopicPartition(options.topic)
        _ = try await log.openTopic(
            topic.topic, schema: JournalRecord.schema, creatingWith: TopicConfiguration(durability: durability))
        let writer = try await log.writer(for: topic)
        self.writer = writer
        self.name = options.name
        self.scan = scan
        isFollowing = false
        otherLoops = []
        do {
            let contents = try await JournalContents(topic, log)
            let earlier = restored == nil ? nil : contents.runs.last { $0.name == name }
            if let earlier, !branches {
                run = earlier.number
                known = earlier.records
                return
            }
            run = (contents.runs.map(\.number).max() ?? 0) + 1
            known = []
            var begin = JournalRecord(run, .begin)
            begin.position = scan
            begin.text = name
            let before = earlier?.records.compactMap { restored?.known(of: $0) } ?? []
            try await writer.append(own: [begin] + before.map { $0.copied(to: run) })
        } catch {
            try? await writer.close()
            throw error
        }
    }

    // MARK: What is known

    /// When a partition came back, in order.
    func comebacks(of stage: StageName, partition: Int) -> [Comeback] {
        known.filter { $0.kind == .comeback && $0.text == stage.description && $0.partition == UInt32(partition) }
            .map { Comeback(position: $0.position, floor: $0.floor) }
    }

    /// How the events of a feedback were read, in order.
    func readings(of stage: StageName) -> [FeedbackReading] {
        known.filter { $0.kind == .feedback && $0.text == stage.description }
            .map { FeedbackReading(position: $0.position, end: $0.end, floor: $0.floor) }
    }

    /// Where in its topic the run's part of a feedback begins, and ends where it is not the last one.
    func loop(of stage: StageName) -> (start: UInt64, end: UInt64?)? {
        guard let start = known.first(where: { $0.kind == .loop && $0.text == stage.description })?.position else {
            return nil
        }
        let others = otherLoops.filter { $0.text == stage.description && $0.position > start }
        return (start, others.map(\.position).min())
    }

    // MARK: What happens

    /// Keeps from where on the run puts something into a feedback.
    /// - Throws: `LogError`.
    func keep(loopFrom offset: UInt64, of stage: StageName) async throws {
        guard let writer else { preconditionFailure("a run that follows a journal decides nothing itself") }
        var record = JournalRecord(run, .loop)
        record.position = offset
        record.text = stage.description
        try await writer.append(own: [record])
    }

    /// Keeps that a partition comes back; what follows from it may be done when this returns.
    /// - Throws: `LogError`.
    func keep(_ comeback: Comeback, of stage: StageName, partition: Int) async throws {
        guard let writer else { preconditionFailure("a run that follows a journal decides nothing itself") }
        var record = JournalRecord(run, .comeback)
        record.partition = UInt32(partition)
        record.position = comeback.position
        record.floor = comeback.floor
        record.text = stage.description
        try await writer.append(own: [record])
    }

    /// Keeps that events of a feedback are read; what follows from it may be done when this returns.
    /// - Throws: `LogError`.
    func keep(_ reading: FeedbackReading, of stage: StageName) async throws {
        guard let writer else { preconditionFailure("a run that follows a journal decides nothing itself") }
        var record = JournalRecord(run, .feedback)
        (record.position, record.end, record.floor) = (reading.position, reading.end, reading.floor)
        record.text = stage.description
        try await writer.append(own: [record])
    }

    // MARK: Answers

    /// The recorded answers to the requests of a stage; nil where they are not recorded.
    func answers(to stage: StageName) -> AnswerTape? { tapes.withLock { $0[stage] } }

    /// Opens the recorded answers of a plan's stages.
    /// - Throws: `LogError` of their topics.
    func openAnswers(_ plan: PhysicalPlan, _ log: any LogStore, _ durability: Durability) async throws {
        for (stage, rule) in plan.recordings {
            var spans = known.filter { $0.kind == .answers && $0.text == stage.description }
                .map { AnswerTape.Span(begin: $0.position, end: $0.end, run: UInt64($0.floor)) }
            guard writer != nil else {
                put(AnswerTape(stage, rule, spans, run: run, journal: name, log), stage)
                continue
            }
            let topic = TopicPartition(rule.topic)
            _ = try await log.openTopic(
                rule.topic, schema: AnswerRecord.schema, creatingWith: TopicConfiguration(durability: durability))
            let writer = try await log.writer(for: topic)
            let present = try await log.describe(rule.topic).partitions[0].nextOffset
            if spans.isEmpty {
                let span = AnswerTape.Span(begin: present, end: .max, run: run)
                try await keep(span, of: stage)
                spans = [span]
            }
            put(
                AnswerTape(stage, rule, spans, run: run, journal: name, log, writer: writer, present: present), stage)
            var begin = AnswerRecord(.begin, run)
            begin.text = name
            try await writer.append(own: [begin])
        }
    }

    private func put(_ tape: AnswerTape, _ stage: StageName) { tapes.withLock { $0[stage] = tape } }

    private func keep(_ span: AnswerTape.Span, of stage: StageName) async throws {
        guard let writer else { preconditionFailure("a run that follows a journal decides nothing itself") }
        var record = JournalRecord(run, .answers)
        (record.position, record.end, record.floor) = (span.begin, span.end, Int64(span.run))
        record.text = stage.description
        try await writer.append(own: [record])
    }

    /// Gives the topics up.
    func close() async {
        for (_, tape) in tapes.withLock({ $0 }) { await tape.close() }
        try? await writer?.close()
    }
}

extension JournalRecord {
    /// The same of another run.
    fileprivate func copied(to run: UInt64) -> JournalRecord {
        var copy = JournalRecord(run, kind)
        (copy.partition, copy.position, copy.end, copy.floor, copy.text) = (partition, position, end, floor, text)
        return copy
    }
}

extension StageState {
    /// What of a decision was known by then; nil where it was about what had not been read.
    fileprivate func known(of record: JournalRecord) -> JournalRecord? {
        if record.kind == .loop { return record }
        guard record.kind == .answers else { return isBehind(record) ? record : nil }
        guard let stage = StageName(text: record.text),
            let chunk = chunks[StateOwner(stage: stage, part: .operation)]?.first,
            let position = AnswerTape.position(in: chunk), record.position < position
        else { return nil }
        var known = record
        known.end = min(record.end, position)
        return known
    }

    private func isBehind(_ record: JournalRecord) -> Bool {
        guard let stage = StageName(text: record.text),
            let chunk = chunks[StateOwner(stage: stage, part: .source(partition: Int(record.partition)))]?.first
        else { return false }
        return SourcePartition.next(in: chunk).map { record.position < $0 } ?? true
    }
}
