import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Replays of loops")
struct FeedbackReplayTests {
    private let loops = FeedbackTests()

    private struct Outcome: Equatable {
        var values: [Reading]
        var times: [Int64]
    }

    private func makeRun(
        _ flows: [FlowDescription], _ log: EmbeddedLog, _ journal: JournalOptions?, batch: Int, parallelism: Int = 1,
        _ checkpoints: CheckpointOptions? = nil, isReplay: Bool = false
    ) throws -> PipelineRun {
        var options = RunOptions(
            batchEvents: batch, reading: isReplay ? .replay(nil) : .live, topicDurability: .pageCache,
            checkpoints: checkpoints)
        options.journal = journal
        let plan = try PhysicalPlan(flows, parallelism: parallelism, isReplay: isReplay)
        return PipelineRun(plan, options: options, log: log)
    }

    /// What a replay of a run gives, and its remarks.
    private func replayed(
        _ flows: (Collector<Reading>) -> [FlowDescription], _ log: EmbeddedLog, run: UInt64? = nil, batch: Int,
        parallelism: Int = 1
    ) async throws -> (outcome: Outcome, remarks: [RunRemark]) {
        let collector = Collector(Reading.self)
        let replay = try makeRun(
            flows(collector), log, .following("test", run: run), batch: batch, parallelism: parallelism, isReplay: true)
        try await replay.run()
        return (Outcome(values: collector.values, times: collector.times), replay.progress.remarks)
    }

    private func end(_ log: EmbeddedLog) async throws -> UInt64 {
        try await log.describe("steer").partitions[0].nextOffset
    }

    @Test(
        "a loop is replayed from what went round, in rounds and as it comes, at any pace", arguments: [500, nil],
        [1, 7, 4096])
    func replay(rounds: Int?, batch: Int) async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let initial = [Reading(27, 27), Reading(6, 6)]
        let starts = Array(FeedbackTests.starts.prefix(20))
        let collector = Collector(Reading.self)
        let live = loops.flows(collector, initial: initial, rounds: rounds, starts: starts, pauseMicroseconds: 300)
        let run = try makeRun(live, log, .writing("test"), batch: batch)
        try await run.run()
        #expect(run.progress.journaledRun == 1)
        let outcome = Outcome(values: collector.values, times: collector.times)
        let expected = (starts + [27, 6]).flatMap { FeedbackTests.sequence($0) }
        #expect(loops.sorted(outcome.values) == loops.sorted(expected))
        let end = try await end(log)
        for (batch, parallelism, pause) in [(1, 1, 0), (7, 2, 100), (4096, 1, 0)] as [(Int, Int, UInt32)] {
            let (again, remarks) = try await replayed(
                { loops.flows($0, initial: initial, rounds: rounds, starts: starts, pauseMicroseconds: pause) }, log,
                batch: batch,
                parallelism: parallelism)
            #expect(again == outcome && remarks.isEmpty, "batch \(batch): \(remarks)")
        }
        #expect(try await self.end(log) == end, "a replay puts nothing in")
    }

    @Test("a loop that went on after crashes is replayed as one", arguments: [500, nil], 0..<3 as Range<UInt64>)
    func crashes(rounds: Int?, seed: UInt64) async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let collector = DurableCollector(Reading.self)
        let flows = loops.flows(collector, rounds: rounds, pauseMicroseconds: 500)
        var random = SeededGenerator(seed: seed)
        for crash in [Int.random(in: 20..<300, using: &random), Int.random(in: 300..<900, using: &random), nil] {
            collector.fail(at: crash, afterCheckpoint: crash != nil)
            let run = try makeRun(
                flows, log, .writing("test"), batch: [1, 7, 64].randomElement(using: &random) ?? 1,
                CheckpointOptions(name: "test", interval: .zero))
            if crash == nil {
                try await run.run()
            } else {
                await #expect(throws: (any Error).self) { try await run.run() }
            }
            #expect(run.progress.journaledRun == 1)
        }
        let outcome = Outcome(values: collector.values, times: collector.times)
        for batch in [1, 4096] {
            let (again, remarks) = try await replayed({ loops.flows($0, rounds: rounds) }, log, batch: batch)
            #expect(again == outcome && remarks.isEmpty, "seed \(seed), batch \(batch): \(remarks)")
        }
    }

    @Test("runs over one topic are told apart, and the earlier ones are replayed, too", arguments: [500, nil])
    func runs(rounds: Int?) async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        var outcomes: [Outcome] = []
        let inputs: [[Int64]] = [[7, 9, 25], [3, 19], [5, 6, 11, 13]]
        for starts in inputs {
            let collector = Collector(Reading.self)
            let live = loops.flows(collector, rounds: rounds, starts: starts, pauseMicroseconds: 300)
            try await makeRun(live, log, .writing("test"), batch: 7).run()
            outcomes.append(Outcome(values: collector.values, times: collector.times))
        }
        for (index, starts) in inputs.enumerated() {
            let (again, remarks) = try await replayed(
                { loops.flows($0, rounds: rounds, starts: starts) }, log, run: UInt64(index + 1), batch: 4096)
            #expect(again == outcomes[index] && remarks.isEmpty, "run \(index + 1): \(remarks)")
        }
    }

    @Test("where a replay puts something else into a loop, that is told, and what the run had is read")
    func difference() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let live = loops.flows(Collector(Reading.self), rounds: 500, starts: [7, 9])
        try await makeRun(live, log, .writing("test"), batch: 7).run()
        let other = try await replayed({ loops.flows($0, rounds: 500, starts: [7, 10]) }, log, batch: 7)
        guard case .warning(let text)? = other.remarks.first else {
            Issue.record("no difference was told: \(other.remarks)")
            return
        }
        #expect(other.remarks.count == 1 && text.contains("the feedback steer is not repeated"), "\(text)")
        #expect(text.contains("has put something else into it at offset"), "\(text)")
        // The loop itself is that of the run: from the sequence of 9 only its first step is another.
        let sevens = other.outcome.values.filter { $0.sensor == 7 }
        #expect(sevens == FeedbackTests.sequence(7))
        let nines = other.outcome.values.filter { $0.sensor == 9 }
        #expect(nines == Array(FeedbackTests.sequence(9).dropFirst()))
    }

    @Test("a replay of a loop needs the journal of a run")
    func withoutRun() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let flows = loops.flows(Collector(Reading.self), rounds: 500, starts: [7])
        try await makeRun(flows, log, .writing("test"), batch: 7).run()
        let error = await #expect(throws: EngineError.self) {
            try await makeRun(flows, log, nil, batch: 7, isReplay: true).run()
        }
        #expect(error?.summary.contains("not said of which run") == true && error?.hint == "give replay --of RUN")
    }
}
