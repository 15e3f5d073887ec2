import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

/// Runs of one pipeline over one log that are broken off and go on from checkpoints, each in its own way.
struct BrokenRuns {
    /// A run: how it is run, and after how many rows it is broken off; nil for the last one.
    struct Attempt {
        var batch = 7
        var parallelism = 1
        var crash: Int?
    }

    let folder: TestFolder
    var name = "test"
    /// Where state goes for which there is no room in memory.
    var spillFolder: (any SpillFolder)?
    /// The numbers of the checkpoints with which runs began.
    private(set) var restored: [UInt64?] = []

    init() throws { folder = try TestFolder() }

    /// A number of attempts that break off at different rows below `rows`, with other batches and parallelism each time.
    static func attempts(_ rows: Int, seed: UInt64) -> [Attempt] {
        var random = SeededGenerator(seed: seed)
        let crashes = (0..<3).map { _ in Int.random(in: 0..<max(rows, 1), using: &random) }.sorted()
        return (crashes.map(Optional.some) + [nil]).map { crash in
            Attempt(
                batch: [1, 7, 64, 4096].randomElement(using: &random) ?? 1,
                parallelism: [1, 2, 4].randomElement(using: &random) ?? 1, crash: crash)
        }
    }

    /// Runs once and gives the run.
    @discardableResult
    mutating func run(
        _ attempt: Attempt, restoring: CheckpointOptions.Restoring = .last, kept: Int = 3, _ flows: [FlowDescription]
    ) async throws -> PipelineRun {
        let log = try await EmbeddedLog(directory: folder.path)
        var options = RunOptions(
            batchEvents: attempt.batch, topicDurability: .pageCache,
            checkpoints: CheckpointOptions(name: name, interval: .zero, restoring: restoring, kept: kept))
        if let spillFolder { options.spillFolder = spillFolder }
        let run = PipelineRun(
            try await PhysicalPlan(flows, parallelism: attempt.parallelism, log: log), options: options, log: log)
        if attempt.crash == nil {
            try await run.run()
        } else {
            await #expect(throws: (any Error).self) { try await run.run() }
        }
        restored.append(run.progress.restoredCheckpoint)
        return run
    }

    /// Runs all attempts on one collector and gives the last run.
    @discardableResult
    mutating func run<Value>(
        _ collector: DurableCollector<Value>, _ attempts: [Attempt],
        _ flows: (DurableCollector<Value>) -> [FlowDescription]
    ) async throws -> PipelineRun {
        var last: PipelineRun?
        for attempt in attempts {
            collector.fail(at: attempt.crash, afterCheckpoint: attempt.crash.map { $0 % 2 == 1 } ?? false)
            last = try await run(attempt, flows(collector))
        }
        return try #require(last)
    }

    /// Steps of two partitions, out of order by up to 30, a few of them further than the bound of 20.
    static func partitions(_ seed: UInt64, count: Int = 250) -> [[Step]] {
        var random = SeededGenerator(seed: seed)
        return (0..<2).map { partition in
            (0..<count).map { index in
                let time = Int64(index) * 5 - Int64.random(in: 0..<30, using: &random)
                let sample = Sample(
                    key: Int64.random(in: 0..<17, using: &random), number: Int64(index * 2 + partition),
                    float: Double.random(in: 0..<1, using: &random))
                return .event(time, sample)
            }
        }
    }

    /// The steps; no event is behind for a bound of 30.
    static func source(_ seed: UInt64, count: Int = 250, bound: Int64 = 20) -> StageDescription {
        .from(
            ScriptedSource(
                partitions: partitions(seed, count: count), disorder: Disorder(boundNanoseconds: bound),
                pauseMicroseconds: 150))
    }
}
