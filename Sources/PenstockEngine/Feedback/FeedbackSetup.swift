internal import PenstockEvents
internal import PenstockLog

/// The feedbacks of a run: their first events, and where a run that goes on from a checkpoint goes on in them.
struct FeedbackSetup {
    private let plan: PhysicalPlan
    private let log: (any LogStore)?
    private let run: RunState

    init(_ plan: PhysicalPlan, _ log: (any LogStore)?, _ run: RunState) {
        self.plan = plan
        self.log = log
        self.run = run
    }

    /// The feedbacks by the number of the stage that reads them.
    func loops(_ topics: inout TopicSetup) async throws -> [Int: FeedbackLoop] {
        var loops: [Int: FeedbackLoop] = [:]
        for writer in plan.stages {
            guard case .topic(let name, let topic, let codec, let reader?) = writer.output, let log,
                let rule = plan.stages[reader].feedback, case .live(let start, var board)? = topics.ranges[reader]
            else { continue }
            let end = try await log.describe(topic).partitions[0].nextOffset
            var present = end
            if let source = plan.stages[reader].feedbackName, let journal = run.journal {
                if journal.isFollowing {
                    present = journal.loop(of: source)?.end ?? end
                } else if run.restored == nil {
                    try await journal.keep(loopFrom: start, of: source)
                }
            }
            if run.restored == nil {
                if run.journal?.isFollowing == true {
                    board.commit(min(start + UInt64(rule.initialCount), present))
                } else if rule.initialCount > 0 {
                    board.commit(try await begin(topic, codec, rule, log))
                    present = board.position
                }
            } else if let chunk = run.restored?.chunks[StateOwner(stage: name, part: .sink)]?.first {
                // What an earlier run wrote behind the checkpoint counts when it comes out again.
                var state = StateDecoder(chunk)
                board = CommitBoard(start: try state.integer())
                topics.boards[writer.index] = board
                topics.ranges[reader] = .live(start: start, board: board)
            }
            let loop = FeedbackLoop(board, run.watch, present: present)
            if let source = plan.stages[reader].feedbackName, !rule.isInRounds { follow(source, in: loop, from: start) }
            loops[reader] = loop
        }
        return loops
    }

    /// Lets time go no further than where an earlier run has read what comes next, from before any stage begins.
    private func follow(_ source: StageName, in loop: FeedbackLoop, from start: UInt64) {
        guard let journal = run.journal else { return }
        let state = run.restored?.chunks[StateOwner(stage: source, part: .source(partition: 0))]?.first
        // A feedback that has ended reads nothing any more.
        let next = state.map { SourcePartition.next(in: $0) ?? .max }
        loop.follow(journal.readings(of: source), from: next ?? start)
    }

    /// Appends the events with which a feedback begins and gives the end of the topic.
    private func begin(
        _ topic: String, _ codec: EventCodec, _ rule: FeedbackRule, _ log: any LogStore
    ) async throws -> UInt64 {
        let writer = try await log.writer(for: TopicPartition(topic))
        var records = RecordBatchBuilder(schemaID: codec.schema.id)
        let times = Array(repeating: Int64(0), count: rule.initialCount)
        records.append(records: rule.makeInitial(), times: times, keyHashes: [])
        let end = try await writer.submit(records).acknowledgement().offsets.upperBound
        try await writer.close()
        return end
    }
}
