import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

/// Something outside of the pipeline that gives another answer each time it is asked.
private final class Oracle: Sendable {
    private let state = Guarded<(count: Int64, asked: [Int64: Int])>((0, [:]))

    /// How often each number was asked for.
    var asked: [Int64: Int] { state.withLock { $0.asked } }
    var count: Int64 { state.withLock { $0.count } }

    func answer(_ sample: Sample, seed: UInt64) async -> Sample {
        let turns = SplitMix64.mix(seed &+ UInt64(bitPattern: sample.number)) % 40
        for _ in 0..<turns { await Task.yield() }
        return state.withLock { state in
            state.count += 1
            state.asked[sample.number, default: 0] += 1
            return Sample(key: sample.key, number: sample.number, float: Double(state.count))
        }
    }
}

@Suite("Recorded answers to requests")
struct RecordedAnswerTests {
    private let recording = AnswerRecording(in: "answers")

    /// What comes out of a run.
    private struct Outcome: Equatable {
        var values: [Sample]
        var times: [Int64]
    }

    private func flows(
        _ source: StageDescription, _ sink: some Sink<Sample>, _ recording: AnswerRecording,
        _ order: AsyncRequests.Order = .ordered, capacity: Int = 6,
        _ function: @escaping @concurrent @Sendable (Sample) async throws -> Sample?
    ) -> [FlowDescription] {
        var stage = StageDescription(
            .operation(AnyOperator(AsyncRequests(capacity: capacity, order: order), recording: recording, function)),
            label: "MapAsync")
        stage.isWaking = true
        return [FlowDescription(name: "f", stages: [source, stage.named("ask"), .to(sink)])]
    }

    private func makeRun(
        _ flows: [FlowDescription], _ folder: TestFolder, _ journal: JournalOptions?, batch: Int = 7,
        parallelism: Int = 1, _ checkpoints: CheckpointOptions? = nil
    ) async throws -> PipelineRun {
        let log = try await EmbeddedLog(directory: folder.path)
        var options = RunOptions(batchEvents: batch, topicDurability: .pageCache, checkpoints: checkpoints)
        options.journal = journal
        return PipelineRun(try PhysicalPlan(flows, parallelism: parallelism), options: options, log: log)
    }

    /// The numbers of the events in the topic of answers, run by run.
    private func recorded(_ folder: TestFolder) async throws -> [[UInt64]] {
        let log = try await EmbeddedLog(directory: folder.path)
        let reader = try await log.reader(for: TopicPartition("answers"), from: .earliest)
        var runs: [UInt64: [UInt64]] = [:]
        var run: UInt64 = 0
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count {
                let record = try records.event(AnswerRecord.self, at: index)
                if record.kind == .begin { run = record.number } else { runs[run, default: []].append(record.number) }
            }
        }
        await reader.close()
        return runs.sorted { $0.key < $1.key }.map(\.value)
    }

    /// What a run gives that takes the answers of an earlier one.
    private func replayed(
        _ source: StageDescription, _ folder: TestFolder, run: UInt64? = nil, _ recording: AnswerRecording? = nil,
        _ order: AsyncRequests.Order = .ordered, batch: Int = 7, parallelism: Int = 1,
        _ function: @escaping @concurrent @Sendable (Sample) async throws -> Sample? = { _ in
            throw Failure(text: "asked")
        }
    ) async throws -> Outcome {
        let collector = Collector(Sample.self)
        let flows = flows(source, collector, recording ?? self.recording, order, function)
        try await makeRun(flows, folder, .following("test", run: run), batch: batch, parallelism: parallelism).run()
        return Outcome(values: collector.values, times: collector.times)
    }

    @Test(
        "a replay takes recorded answers in the order in which they left, at any batch size and parallelism",
        arguments: [AsyncRequests.Order.ordered, .unordered], [1, 7, 4096])
    func replay(order: AsyncRequests.Order, batch: Int) async throws {
        for seed in UInt64(0)..<3 {
            let folder = try TestFolder()
            let oracle = Oracle()
            let collector = Collector(Sample.self)
            let live = flows(AsyncTests.source(seed), collector, recording, order) {
                $0.number % 5 == 0 ? nil : await oracle.answer($0, seed: seed)
            }
            let run = try await makeRun(live, folder, .writing("test"), batch: batch)
            try await run.run()
            #expect(run.progress.journaledRun == 1 && collector.values.count == 320)
            #expect(order == .ordered || collector.times != collector.times.sorted() || batch == 1, "seed \(seed)")
            let outcome = Outcome(values: collector.values, times: collector.times)
            for (batch, parallelism) in [(1, 2), (7, 1), (4096, 2)] {
                let again = try await replayed(
                    AsyncTests.source(seed), folder, nil, order, batch: batch, parallelism: parallelism)
                #expect(again == outcome, "seed \(seed), batch \(batch)")
            }
        }
    }

    @Test(
        "a run that goes on after a crash asks for nothing that was recorded, and is replayed as one",
        arguments: [AsyncRequests.Order.ordered, .unordered], 0..<4 as Range<UInt64>)
    func crashes(order: AsyncRequests.Order, seed: UInt64) async throws {
        let folder = try TestFolder()
        let oracle = Oracle()
        let collector = DurableCollector(Sample.self)
        let source = BrokenRuns.source(seed)
        let flows = flows(source, collector, recording, order) { await oracle.answer($0, seed: seed) }
        var restored: [UInt64?] = []
        for attempt in BrokenRuns.attempts(500, seed: seed) {
            collector.fail(at: attempt.crash, afterCheckpoint: attempt.crash.map { $0 % 2 == 1 } ?? false)
            let run = try await makeRun(
                flows, folder, .writing("test"), batch: attempt.batch, parallelism: attempt.parallelism,
                CheckpointOptions(name: "test", interval: .zero))
            if attempt.crash == nil {
                try await run.run()
            } else {
                await #expect(throws: (any Error).self) { try await run.run() }
            }
            restored.append(run.progress.restoredCheckpoint)
            #expect(run.progress.journaledRun == 1)
        }
        let numbers = try await recorded(folder)
        #expect(numbers.map { $0.sorted() } == [Array(0..<500)], "each answer is recorded once, restored \(restored)")
        #expect(collector.values.count == 500)
        // What was on its way at a crash is asked for again, what was recorded is not.
        #expect(oracle.count <= 500 + 3 * 6, "\(oracle.count) requests")
        let outcome = Outcome(values: collector.values, times: collector.times)
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 1)] {
            let again = try await replayed(source, folder, nil, order, batch: batch, parallelism: parallelism)
            #expect(again == outcome, "seed \(seed), batch \(batch), restored \(restored)")
        }
    }

    @Test("a replay behind the end of its run names the event without an answer, or asks for it again")
    func missing() async throws {
        let folder = try TestFolder()
        let collector = Collector(Sample.self)
        func source(_ count: Int64) -> StageDescription {
            .from(ScriptedSource(partitions: [(0..<count).map { .e($0) }]))
        }
        let live = flows(source(20), collector, recording) { Sample(number: -$0.number) }
        try await makeRun(live, folder, .writing("test")).run()
        let error = await #expect(throws: EngineError.self) { try await replayed(source(25), folder) }
        #expect(
            error?.summary
                == "f/ask: run 1 has recorded no answer in answers for an event: event 20 of partition 0 of f/From")
        #expect(error?.hint?.contains("missing: .isAsked") == true)
        let oracle = Oracle()
        let asking = AnswerRecording(in: "answers", missing: .isAsked)
        let outcome = try await replayed(source(25), folder, asking) { await oracle.answer($0, seed: 1) }
        #expect(outcome.values.prefix(20).map(\.number) == (0..<20).map { -$0 })
        #expect(outcome.values.dropFirst(20).map(\.number) == [20, 21, 22, 23, 24] && oracle.asked.count == 5)
        #expect(try await recorded(folder).map(\.count) == [20], "a replay records nothing")
    }

    @Test("a replay over other input says for which event the answer is")
    func other() async throws {
        let folder = try TestFolder()
        let live = flows(
            .from(ScriptedSource(partitions: [[.e(1), .e(2), .e(7)]])), Collector(Sample.self), recording
        ) { $0 }
        try await makeRun(live, folder, .writing("test")).run()
        let error = await #expect(throws: EngineError.self) {
            try await replayed(.from(ScriptedSource(partitions: [[.e(1), .e(2), .e(5)]])), folder)
        }
        #expect(
            error?.summary.contains("an event at 7 ns, not to this one: event 2") == true, "\(error?.summary ?? "")")
    }

    @Test("runs are told apart, and one that begins with a savepoint takes over the answers up to there")
    func runs() async throws {
        let folder = try TestFolder()
        let oracle = Oracle()
        var outcomes: [Outcome] = []
        let collector = DurableCollector(Sample.self)
        // Long enough for a savepoint in the middle.
        let slow = ScriptedSource(
            partitions: BrokenRuns.partitions(5), disorder: Disorder(boundNanoseconds: 20), pauseMicroseconds: 1_000)
        let live = flows(.from(slow), collector, recording) { await oracle.answer($0, seed: 5) }
        for number in 1...2 as ClosedRange<UInt64> {
            let checkpoints = CheckpointOptions(name: "test", interval: nil)
            let run = try await makeRun(live, folder, .writing("test"), checkpoints)
            if number == 2 {
                async let saved: UInt64 = {
                    try await wait(until: { collector.values.count > 50 && collector.values.count < 400 })
                    return try await run.savepoint("half")
                }()
                try await run.run()
                _ = try await saved
            } else {
                try await run.run()
            }
            #expect(run.progress.journaledRun == number)
            outcomes.append(Outcome(values: collector.values, times: collector.times))
        }
        let checkpoints = CheckpointOptions(name: "test", interval: nil, restoring: .savepoint("half"))
        let run = try await makeRun(live, folder, .writing("test"), checkpoints)
        try await run.run()
        #expect(run.progress.journaledRun == 3)
        outcomes.append(Outcome(values: collector.values, times: collector.times))
        #expect(outcomes[2].values.prefix(50) == outcomes[1].values.prefix(50), "what came before the savepoint")
        #expect(outcomes[0].values.map(\.float) != outcomes[1].values.map(\.float), "answers vary")
        for number in 1...3 as ClosedRange<UInt64> {
            let again = try await replayed(BrokenRuns.source(5), folder, run: number, batch: 64)
            #expect(again == outcomes[Int(number) - 1], "run \(number)")
        }
    }

    @Test(
        "recorded answers are within the guarantee, and need a journal, values that can be written and a topic of their own"
    )
    func rules() async throws {
        struct Closed: Sendable { var body: @Sendable () -> Void }
        let source = StageDescription.from(ScriptedSource(partitions: [[.e(1)]]))
        let right = flows(source, Collector(Sample.self), recording, .unordered) { $0 }
        let plan = try PhysicalPlan(right)
        #expect(Guarantee(plan).reasons(atEndOf: plan.stages.count - 1).isEmpty && plan.needsJournal && plan.usesTopics)
        #expect(plan.text.contains("records the answer in the topic answers"))
        let folder = try TestFolder()
        let unkept = await #expect(throws: EngineError.self) { try await makeRun(right, folder, nil).run() }
        #expect(unkept?.summary.contains("keeps none") == true && unkept?.hint?.contains("journal") == true)
        func problem(_ flows: [FlowDescription]) -> String? {
            #expect(throws: EngineError.self) { try PhysicalPlan(flows) }?.summary
        }
        var unwritable = StageDescription(
            .operation(AnyOperator(AsyncRequests(), recording: recording) { (_: Sample) in Closed {} }),
            label: "MapAsync")
        unwritable.isWaking = true
        let closed = FlowDescription(name: "g", stages: [source, unwritable, .to(Collector(Closed.self))])
        #expect(problem([closed])?.contains("cannot be recorded") == true)
        let twice = right[0].stages[0...1] + [right[0].stages[1].named("again"), .to(Collector(Sample.self))]
        #expect(
            problem([FlowDescription(name: "h", stages: Array(twice))])?.contains("two stages write to the topic")
                == true)
    }
}
