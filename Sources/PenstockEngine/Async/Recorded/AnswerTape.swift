internal import PenstockEvents
internal import PenstockLog

/// The recorded answers of a stage in a run: those that are known from before, in the order in which they left the stage, and those that are
/// added now.
///
/// The stage looks at the next known answer and is woken when there is one; what it adds it may give out when it has been acknowledged.
/// Known answers are read a batch ahead, added ones wait in one append at a time, so that both are bounded by the stage's capacity.
final class AnswerTape: Sendable {
    /// Records of a topic that belong to the run, or to one that it went on from.
    struct Span: Sendable, Hashable {
        var begin: UInt64
        /// The offset behind the last one; the end of the topic where that is smaller.
        var end: UInt64
        /// The run that has written them.
        var run: UInt64
    }

    /// A known answer.
    struct Known: Sendable {
        let record: AnswerRecord
        /// The time of the event.
        let time: Int64
        /// The offset behind it.
        let end: UInt64
    }

    /// What comes next among the known answers.
    enum Next {
        case answer(Known)
        /// It is being read; the stage is woken then.
        case isRead
        case over
    }

    private struct State {
        var spans: [Span]
        var known: ArraySlice<Known> = []
        var reader: (any TopicReader)?
        /// Whether what is read now was written by the run of the span.
        var isOwn = true
        var task: Task<Void, Never>?
        var isReading = false
        var error: (any Error)?
        var waker: Waker?
        var added: [(records: [AnswerRecord], times: [Int64])] = []
        var isAppending = false
        /// The offsets behind what was added, as far as it is acknowledged.
        var acknowledged: ArraySlice<UInt64> = []
        var isClosed = false
    }

    /// The run whose answers they are.
    let run: UInt64
    let rule: AnswerRecording
    /// Whether no answer is added.
    let isFollowing: Bool
    private let stage: StageName
    private let journal: String
    private let log: any LogStore
    private let writer: (any TopicWriter)?
    /// The end of the topic when the run began, where the run adds to it.
    private let present: UInt64?
    private let state: Guarded<State>

    /// - Parameters:
    ///   - writer: What adds answers; nil for a run that repeats another one.
    ///   - present: The end of what is known.
    init(
        _ stage: StageName, _ rule: AnswerRecording, _ spans: [Span], run: UInt64, journal: String,
        _ log: any LogStore, writer: (any TopicWriter)? = nil, present: UInt64? = nil
    ) {
        self.stage = stage
        self.rule = rule
        self.run = run
        self.journal = journal
        self.log = log
        self.writer = writer
        self.present = present
        isFollowing = writer == nil
        state = Guarded(State(spans: spans.filter { $0.begin < min($0.end, present ?? .max) }))
    }

    /// Who is told when there is something new.
    func begin(with waker: Waker) { state.withLock { $0.waker = waker } }

    /// The answers up to an offset have left the stage: those behind it are known.
    /// - Throws: `TopicTooShort`.
    func begin(at position: UInt64) throws {
        if let present, position > present {
            throw TopicTooShort(topic: rule.topic, partition: 0, end: present, checkpoint: position)
        }
        state.withLock { state in
            state.spans = state.spans.compactMap { span in
                var span = span
                span.begin = max(span.begin, position)
                return span.begin < span.end ? span : nil
            }
        }
    }

    // MARK: Known answers

    /// The next known answer.
    /// - Throws: what reading has thrown.
    func next() throws -> Next {
        try state.withLock { state in
            if let error = state.error { throw error }
            if let first = state.known.first { return .answer(first) }
            guard !state.spans.isEmpty, !state.isClosed else { return .over }
            if !state.isReading {
                state.isReading = true
                state.task = Task.detached { await self.read() }
            }
            return .isRead
        }
    }

    /// The next one but `count`, as far as they have been read.
    func next(behind count: Int) -> Known? { state.withLock { $0.known.dropFirst(count).first } }

    /// The first known answers have left the stage.
    func pass(_ count: Int) { state.withLock { $0.known = $0.known.dropFirst(count) } }

    private func read() async {
        do {
            while let span = state.withLock({ $0.spans.first }) {
                if try await readMore(of: span) { break }
            }
        } catch {
            state.withLock { $0.error = EngineError.stage(stage, error) }
        }
        let waker = state.withLock { state in
            state.isReading = false
            return state.waker
        }
        waker?.wake()
    }

    /// Reads the next batch of a span; false where it had nothing of the run.
    private func readMore(of span: Span) async throws -> Bool {
        let end = min(span.end, present ?? .max)
        guard span.begin < end, let entry = try await reader(at: span.begin).next() else {
            await leave(span)
            return false
        }
        guard case .records(let batch) = entry else { return false }
        var known: [Known] = []
        var isOwn = state.withLock { $0.isOwn }
        var next = span.begin
        let times = batch.withTimes { Array($0) }
        for index in 0..<batch.count {
            let offset = batch.baseOffset + UInt64(index)
            guard offset >= span.begin, offset < end else { continue }
            next = offset + 1
            let record = try batch.event(AnswerRecord.self, at: index)
            if record.kind == .begin {
                isOwn = record.number == span.run && record.text == journal
            } else if isOwn {
                known.append(Known(record: record, time: times[index], end: next))
            }
        }
        let isOver = batch.baseOffset + UInt64(batch.count) >= end
        state.withLock { state in
            state.known += known
            state.isOwn = isOwn
            state.spans[0].begin = max(next, batch.baseOffset + UInt64(batch.count))
        }
        if isOver { await leave(span) }
        return !known.isEmpty
    }

    private func reader(at offset: UInt64) async throws -> any TopicReader {
        if let reader = state.withLock({ $0.reader }) { return reader }
        let reader = try await log.reader(for: TopicPartition(rule.topic), from: .offset(offset))
        state.withLock { $0.reader = reader }
        return reader
    }

    private func leave(_ span: Span) async {
        let reader = state.withLock { state in
            state.spans.removeFirst()
            state.isOwn = true
            defer { state.reader = nil }
            return state.reader
        }
        await reader?.close()
    }

    // MARK: Added answers

    /// Adds answers behind those that were added before.
    func add(_ records: [AnswerRecord], times: [Int64]) {
        state.withLock { state in
            state.added.append((records, times))
            guard !state.isAppending else { return }
            state.isAppending = true
            state.task = Task.detached { await self.append() }
        }
    }

    /// The offset behind the answers that were added first and have not been asked for; nil where they are not acknowledged yet.
    /// - Throws: what the log has thrown.
    func takeAcknowledged() throws -> UInt64? {
        try state.withLock { state in
            if let error = state.error { throw error }
            return state.acknowledged.popFirst()
        }
    }

    private func append() async {
        guard let writer else { preconditionFailure("a run that repeats another one adds no answers") }
        while true {
            let added = state.withLock { state in
                defer { state.added = [] }
                if state.added.isEmpty { state.isAppending = false }
                return state.added
            }
            guard !added.isEmpty else { return }
            var batch = RecordBatchBuilder(schemaID: AnswerRecord.schema.id)
            for part in added {
                for (record, time) in zip(part.records, part.times) {
                    batch.append(record, time: Timestamp(nanoseconds: time))
                }
            }
            do {
                var end = try await writer.append(batch).firstOffset
                let ends = added.map { part in
                    end += UInt64(part.records.count)
                    return end
                }
                state.withLock { $0.acknowledged += ends }
            } catch {
                state.withLock { $0.error = EngineError.stage(stage, error) }
            }
            state.withLock { $0.waker }?.wake()
        }
    }

    /// Waits for what is on its way, and gives the topic up.
    func close() async {
        let task = state.withLock { state in
            state.isClosed = true
            return state.task
        }
        await task?.value
        let reader = state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
        await reader?.close()
        try? await writer?.close()
    }
}
