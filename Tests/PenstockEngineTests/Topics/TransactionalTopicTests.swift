import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Exactly-once sinks: topics written in transactions")
struct TransactionalTopicTests {
    /// Numbers of attempts, so that rows differ from run to run as those that no replay repeats do.
    private final class Attempts: Sendable {
        private let count = Guarded(0)
        var number: Int { count.withLock { $0 } }
        func next() { count.withLock { $0 += 1 } }
    }

    /// A note for each event that says in which run it was made, by key over the partitions of a topic.
    private func flows(_ attempts: Attempts, _ collector: DurableCollector<Sample>) -> [FlowDescription] {
        let source = FlowDescription(name: "s", stages: [BrokenRuns.source(5)])
        var sink = StageDescription.to("rows", Note.self)
        sink.delivery = .transactions
        return [
            source,
            FlowDescription(
                name: "rows",
                stages: [
                    .flow(source), .keyBy { (s: Sample) in s.key },
                    .map { (s: Sample) in Note("\(s.number) \(attempts.number)") }, sink,
                ]),
            FlowDescription(name: "all", stages: [.flow(source), .to(collector)]),
        ]
    }

    private func notes(_ log: EmbeddedLog) async throws -> [String] {
        var notes: [String] = []
        for number in 0..<3 {
            let reader = try await log.reader(for: TopicPartition("rows", number), from: .earliest)
            while let entry = try await reader.next() {
                guard case .records(let batch) = entry else { continue }
                for index in 0..<batch.count { notes.append(try batch.event(Note.self, at: index).text) }
            }
            await reader.close()
        }
        return notes
    }

    private func log(_ folder: TestFolder) async throws -> EmbeddedLog {
        let log = try await EmbeddedLog(directory: folder.path)
        _ = try await log.openTopic(
            "rows", schema: Note.schema, creatingWith: TopicConfiguration(partitions: 3, durability: .pageCache))
        return log
    }

    private func makeRun(
        _ flows: [FlowDescription], _ folder: TestFolder, batch: Int = 7,
        whenKept: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> PipelineRun {
        var options = CheckpointOptions(name: "p", interval: .zero)
        options.whenKept = whenKept
        return PipelineRun(
            try PhysicalPlan(flows),
            options: RunOptions(batchEvents: batch, topicDurability: .pageCache, checkpoints: options),
            log: try await log(folder))
    }

    @Test("each event is in the topic once, also where rows differ behind a restart", arguments: [1, 64])
    func onceEach(batch: Int) async throws {
        for crashes in [[3], [120], [200, 333], [60, 61, 499]] {
            let folder = try TestFolder()
            let attempts = Attempts()
            let collector = DurableCollector(Sample.self)
            for crash in crashes.map(Optional.some) + [nil] {
                attempts.next()
                collector.fail(at: crash, afterCheckpoint: crash.map { $0 % 2 == 1 } ?? false)
                let run = try await makeRun(flows(attempts, collector), folder, batch: batch)
                if crash == nil {
                    try await run.run()
                } else {
                    await #expect(throws: (any Error).self) { try await run.run() }
                }
            }
            let numbers = try await notes(log(folder)).compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
            #expect(numbers.sorted() == Array(0..<500), "broken off at \(crashes)")
        }
    }

    @Test("rows become visible over all partitions when their checkpoint is complete, and not before")
    func visible() async throws {
        let folder = try TestFolder()
        let attempts = Attempts()
        let collector = DurableCollector(Sample.self)
        collector.fail(at: 400, afterCheckpoint: true)
        let kept = Attempts()
        let run = try await makeRun(flows(attempts, collector), folder) { _ in kept.next() }
        await #expect(throws: (any Error).self) { try await run.run() }
        #expect(kept.number > 0)
        // What the last checkpoint counts on, and nothing behind it.
        let visible = try await notes(log(folder)).count
        let index = try await CheckpointIndex(TopicPartition("checkpoints.p"), log(folder))
        let last = try #require(try await index.last { _ in })
        let owner = StateOwner(stage: StageName(flow: "all", stage: "To"), part: .sink)
        var decoder = StateDecoder(try #require(last.state.chunks[owner]?.first))
        let rows: UInt64 = try decoder.integer()
        #expect(visible == Int(rows))
    }

    /// A topic of two partitions with a transaction whose rows are acknowledged, left as a crash leaves it.
    private func prepared(_ folder: TestFolder) async throws -> TransactionID {
        let log = try await log(folder)
        var writers: [any TopicWriter] = []
        for number in 0..<2 { writers.append(try await log.writer(for: TopicPartition("rows", number))) }
        let transaction = try await log.transaction(over: writers)
        for writer in writers {
            var batch = RecordBatchBuilder(schemaID: Note.schema.id)
            batch.append(Note("kept"), time: Timestamp(nanoseconds: 1))
            _ = try await transaction.submit(batch, to: writer.partition).acknowledgement()
        }
        transaction.leave()
        for writer in writers { try await writer.close() }
        return transaction.id
    }

    @Test("a transaction that was left open is committed by whoever knows its id, and dropped by all others")
    func left() async throws {
        let folder = try TestFolder()
        let id = try await prepared(folder)
        #expect(try await notes(log(folder)).isEmpty)
        let log = try await log(folder)
        for number in 0..<2 {
            try await log.writer(for: TopicPartition("rows", number), committing: id).close()
        }
        #expect(try await notes(log) == ["kept", "kept"])
        let other = try TestFolder()
        _ = try await prepared(other)
        let dropping = try await self.log(other)
        for number in 0..<2 {
            try await dropping.writer(for: TopicPartition("rows", number), committing: id).close()
        }
        #expect(try await notes(dropping).isEmpty)
    }

    @Test("a run goes on behind rows that were prepared and not committed: it commits them")
    func completeBeforeCommit() async throws {
        try await outlet { folder, decisions, outlet, state in
            // The checkpoint is complete, and the process ends before it can commit.
            await outlet.abandon()
            let visible = try await notes(log(folder))
            #expect(visible.isEmpty)
            return state
        } then: { notes in
            #expect(notes == ["a", "b", "c"])
        }
    }

    @Test("a run that goes on from before the rows drops them")
    func beforePrepare() async throws {
        try await outlet { folder, decisions, outlet, state in
            await outlet.abandon()
            return [0]
        } then: { notes in
            #expect(notes == ["b", "c"])
        }
    }

    @Test("a run goes on behind rows that were committed: they are not there twice")
    func committed() async throws {
        try await outlet { folder, decisions, outlet, state in
            try await decisions.commit(7, outlet.counted)
            let visible = try await notes(log(folder))
            #expect(visible == ["a"])
            await outlet.abandon()
            return state
        } then: { notes in
            #expect(notes == ["a", "b", "c"])
        }
    }

    @Test("rows that another writer has dropped meanwhile are missed, and not passed over in silence")
    func droppedByOthers() async throws {
        let folder = try TestFolder()
        let decisions = TransactionDecisions()
        let outlet = try await makeOutlet(folder, decisions, from: nil)
        try await outlet.put(.batch(batch("a")))
        let state = try #require(try await outlet.checkpoint())
        await outlet.abandon()
        let log = try await log(folder)
        for number in 0..<3 { try await log.writer(for: TopicPartition("rows", number)).close() }
        let error = await #expect(throws: (any Error).self) { try await makeOutlet(folder, decisions, from: state) }
        #expect(
            (error as? any Diagnostic)?.summary
                == "the topic rows has lost the rows that the checkpoint counts on: another writer has dropped them")
    }

    @Test("rows behind a checkpoint stay invisible when it is complete, also where the sink has ended meanwhile")
    func behind() async throws {
        let folder = try TestFolder()
        let decisions = TransactionDecisions()
        let outlet = try await makeOutlet(folder, decisions, from: nil)
        // Checkpoint 3 counts on nothing; while it is written the sink comes to its end.
        _ = try await outlet.checkpoint()
        let counted = outlet.counted
        #expect(counted.isEmpty)
        try await outlet.put(.barrier(3))
        try await outlet.put(.batch(batch("a")))
        _ = try await outlet.checkpoint()
        try await decisions.commit(3, counted)
        #expect(try await notes(log(folder)).isEmpty)
        // The checkpoints that follow count on the end, one after the other.
        try await decisions.commit(4, outlet.counted)
        try await decisions.commit(5, outlet.counted)
        #expect(try await notes(log(folder)) == ["a"])
        try await outlet.commit()
    }

    @Test("an abandoned checkpoint lets the transaction go on")
    func abandoned() async throws {
        let folder = try TestFolder()
        let decisions = TransactionDecisions()
        let outlet = try await makeOutlet(folder, decisions, from: nil)
        try await outlet.put(.batch(batch("a")))
        _ = try await outlet.checkpoint()
        decisions.abandon(4)
        try await outlet.put(.barrier(4))
        try await outlet.put(.batch(batch("b")))
        _ = try await outlet.checkpoint()
        try await decisions.commit(5, outlet.counted)
        try await outlet.put(.barrier(5))
        #expect(try await notes(log(folder)) == ["a", "b"])
        try await outlet.commit()
    }

    // MARK: One outlet

    private func batch(_ text: String) -> Batch {
        var builder = ColumnBuilder<Note>(capacity: 1)
        builder.append(Note(text), time: 1)
        let (values, times, count) = builder.take(capacity: 1)
        return Batch(
            origin: Origin(stage: 0, partition: 0), baseSequence: 0, rowCount: count, times: times, values: values,
            watermark: .distantPast)
    }

    private func makeOutlet(
        _ folder: TestFolder, _ decisions: TransactionDecisions, from state: [UInt8]?
    ) async throws -> TransactionalOutlet {
        try await TransactionalOutlet(
            testStage, "rows", EventCodec(Note.self), log(folder), decisions, RunProgress(),
            from: state.map { StateChunk(group: nil, bytes: $0) })
    }

    /// Writes a, takes a checkpoint, is broken off by `crash`, which gives the state that the next one begins with, and writes b and c.
    private func outlet(
        _ crash: (TestFolder, TransactionDecisions, TransactionalOutlet, [UInt8]) async throws -> [UInt8],
        then check: ([String]) -> Void
    ) async throws {
        let folder = try TestFolder()
        let decisions = TransactionDecisions()
        let first = try await makeOutlet(folder, decisions, from: nil)
        try await first.put(.batch(batch("a")))
        let state = try #require(try await first.checkpoint())
        let restored = try await crash(folder, decisions, first, state)
        let again = TransactionDecisions()
        let second = try await makeOutlet(folder, again, from: restored)
        try await second.put(.batch(batch("b")))
        _ = try await second.checkpoint()
        try await again.commit(8, second.counted)
        try await second.put(.barrier(8))
        try await second.put(.batch(batch("c")))
        _ = try await second.checkpoint()
        try await again.commit(9, second.counted)
        try await second.commit()
        check(try await notes(log(folder)))
    }
}

extension TransactionalOutlet {
    /// What a checkpoint counts on.
    fileprivate var counted: [any Transaction] { prepared.map { [$0] } ?? [] }
}
