import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Replay with a journal: idle partitions")
struct JournalTests {
    private static let late = SideOutputName("late", of: Sample.self)

    /// Everything that comes out of a run.
    private struct Outcome: Equatable {
        var rows: [Row]
        var times: [Int64]
        var late: [Sample]
        var counted: OperatorStatistics?
    }

    /// Windows of 20 for each key, and the late events in the order in which they stood in each partition.
    private func flows(
        _ source: QuietSource, idleAfter: Int64? = 40, _ rows: some Sink<Row>, _ late: some Sink<Sample>
    ) -> [FlowDescription] {
        var from = StageDescription.from(source)
        from.reading.idleAfter = idleAfter
        var windows = StageDescription.aggregate(.time(TimeWindows(size: 20, every: 20)), Aggregate(.sum, .float))
        windows.sides = [.late: Self.late]
        return [
            FlowDescription(
                name: "main", stages: [from, .keyBy { (s: Sample) in s.key }, windows, .to(rows)]),
            FlowDescription(
                name: "late", stages: [StageDescription(.side(Self.late), label: "From"), .to(late)]),
        ]
    }

    private func run(
        _ source: QuietSource, _ log: EmbeddedLog, _ journal: JournalOptions?, batch: Int, parallelism: Int = 1,
        drift: Int64? = nil, idleAfter: Int64? = 40
    ) async throws -> (outcome: Outcome, journaledRun: UInt64?) {
        let (rows, late) = (Collector(Row.self), Collector(Sample.self))
        var options = RunOptions(batchEvents: batch, topicDurability: .pageCache)
        options.journal = journal
        if let clock = source.clock { options.clock = clock }
        let plan = try PhysicalPlan(flows(source, idleAfter: idleAfter, rows, late), parallelism: parallelism)
        let run = PipelineRun(plan, options: options, log: log)
        try await run.run()
        let outcome = Outcome(
            rows: rows.values, times: rows.times, late: late.values.sorted { $0.number < $1.number },
            counted: run.progress.operators[StageName(flow: "main", stage: "aggregate 3")])
        return (outcome, run.progress.journaledRun)
    }

    @Test("a replay with the journal gives what the run gave, at any pace", arguments: 0..<12)
    func replay(seed: UInt64) async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let live = QuietSource.random(seed: seed, clock: VirtualClock())
        let (outcome, number) = try await run(live, log, .writing("test"), batch: [1, 7, 4096][Int(seed) % 3])
        #expect(number == 1)
        let journal = try await JournalContents(TopicPartition("journal.test"), log)
        #expect(journal.runs.first?.records.isEmpty == false, "seed \(seed): no partition was idle")
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
            // At another pace: without a clock, and with one by which partitions would be idle elsewhere.
            for clock in [nil, VirtualClock()] {
                let again = QuietSource.random(seed: seed, clock: clock)
                let replayed = try await run(
                    again, log, .following("test"), batch: batch, parallelism: parallelism)
                #expect(replayed.outcome == outcome, "seed \(seed), batch \(batch)")
            }
        }
        let (without, _) = try await run(QuietSource.random(seed: seed, clock: nil), log, nil, batch: 7)
        #expect(without.late.count < outcome.late.count, "seed \(seed): idleness made no event late")
    }

    @Test("runs are told apart by their numbers, and one that is not there is named with those that are")
    func numbers() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        var outcomes: [Outcome] = []
        for seed in 0..<3 as Range<UInt64> {
            let live = QuietSource.random(seed: seed, clock: VirtualClock())
            let (outcome, number) = try await run(live, log, .writing("test"), batch: 7)
            #expect(number == seed + 1)
            outcomes.append(outcome)
        }
        for seed in 0..<3 as Range<UInt64> {
            let again = QuietSource.random(seed: seed, clock: nil)
            let replayed = try await run(again, log, .following("test", run: seed + 1), batch: 7)
            #expect(replayed.outcome == outcomes[Int(seed)])
        }
        let quiet = QuietSource.random(seed: 0, clock: nil)
        let missing = await #expect(throws: EngineError.self) {
            try await run(quiet, log, .following("test", run: 9), batch: 7)
        }
        #expect(missing?.summary.contains("run 9") == true && missing?.hint?.contains("1, 2, 3") == true)
        let none = await #expect(throws: EngineError.self) {
            try await run(quiet, log, .following("other"), batch: 7)
        }
        #expect(none?.summary.contains("other") == true)
    }

    @Test("a run without idle partitions keeps no journal")
    func none() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let source = QuietSource.random(seed: 1, clock: VirtualClock())
        _ = try await run(source, log, .writing("test"), batch: 7, idleAfter: nil)
        #expect(try await log.topics() == [])
    }

    @Test("a run that went on after crashes is replayed as one", arguments: 0..<8)
    func restored(seed: UInt64) async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let (rows, late) = (DurableCollector(Row.self), DurableCollector(Sample.self))
        var random = SeededGenerator(seed: seed)
        var restored: [UInt64?] = []
        for crash in [Int.random(in: 5..<20, using: &random), Int.random(in: 25..<60, using: &random), nil] {
            rows.fail(at: crash, afterCheckpoint: crash != nil)
            var options = RunOptions(
                batchEvents: [1, 3, 7].randomElement(using: &random) ?? 1, topicDurability: .pageCache,
                checkpoints: CheckpointOptions(name: "test", interval: .zero))
            options.journal = .writing("test")
            // Other quiet times after each crash, so that partitions are idle elsewhere.
            let clock = VirtualClock()
            options.clock = clock
            clock.advance(by: Int64.random(in: 0...30, using: &random))
            let plan = try PhysicalPlan(
                flows(QuietSource.random(seed: seed, clock: clock), rows, late), parallelism: 1)
            let run = PipelineRun(plan, options: options, log: log)
            if crash == nil {
                try await run.run()
            } else {
                await #expect(throws: (any Error).self) { try await run.run() }
            }
            restored.append(run.progress.restoredCheckpoint)
            #expect(run.progress.journaledRun == 1)
        }
        let outcome = Outcome(
            rows: rows.values, times: rows.times, late: late.values.sorted { $0.number < $1.number })
        for batch in [1, 7, 4096] {
            let again = QuietSource.random(seed: seed, clock: nil)
            var replayed = try await run(again, log, .following("test"), batch: batch).outcome
            replayed.counted = nil
            #expect(replayed == outcome, "seed \(seed), batch \(batch), restored \(restored)")
        }
    }
}
