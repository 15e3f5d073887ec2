import Foundation
import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Restoring from checkpoints")
struct RestoreTests {
    /// Steps of two partitions, out of order by up to 20.
    private static func partitions(_ seed: UInt64) -> [[Step]] {
        var random = SeededGenerator(seed: seed)
        return (0..<2).map { partition in
            (0..<300).map { index in
                let time = Int64(index) * 5 + Int64.random(in: 0..<20, using: &random)
                let sample = Sample(
                    key: Int64.random(in: 0..<7, using: &random), number: Int64(index * 2 + partition),
                    float: Double.random(in: 0..<1, using: &random))
                return .event(time, sample)
            }
        }
    }

    private static func source(_ seed: UInt64) -> StageDescription {
        .from(ScriptedSource(partitions: partitions(seed), disorder: Disorder(boundNanoseconds: 20)))
    }

    /// Runs until the end, failing at each of the given numbers of rows first.
    private func run<Value>(
        _ collector: DurableCollector<Value>, failingAt crashes: [Int], batch: Int, parallelism: [Int] = [1],
        _ flows: () -> [FlowDescription]
    ) async throws -> [UInt64?] {
        let folder = try TestFolder()
        var restored: [UInt64?] = []
        for (attempt, crash) in (crashes.map(Optional.some) + [nil]).enumerated() {
            collector.fail(at: crash)
            let log = try await EmbeddedLog(directory: folder.path)
            let plan = try PhysicalPlan(flows(), parallelism: parallelism[attempt % parallelism.count])
            let run = PipelineRun(
                plan,
                options: RunOptions(
                    batchEvents: batch, topicDurability: .pageCache,
                    checkpoints: CheckpointOptions(name: "test", interval: .zero)),
                log: log)
            if crash == nil {
                try await run.run()
            } else {
                await #expect(throws: (any Error).self) { try await run.run() }
            }
            restored.append(run.progress.restoredCheckpoint)
        }
        return restored
    }

    @Test("a run that fails at any row goes on as if it had not", arguments: [1, 7, 64])
    func anywhere(batch: Int) async throws {
        let flows = { (collector: DurableCollector<Int64>) in
            [
                FlowDescription(
                    name: "f", stages: [Self.source(4), .operation(AnyOperator(Running())), .to(collector)])
            ]
        }
        let whole = DurableCollector(Int64.self)
        _ = try await run(whole, failingAt: [], batch: batch) { flows(whole) }
        #expect(whole.values.count == 601 && whole.finished == 1, "\(whole.values.count)")
        for crash in stride(from: 1, to: 540, by: 83) {
            let collector = DurableCollector(Int64.self)
            let restored = try await run(collector, failingAt: [crash, crash + 60], batch: batch) { flows(collector) }
            #expect(collector.values == whole.values, "failed at \(crash)")
            #expect(collector.times == whole.times)
            if crash > 300 { #expect(restored.last??.description != nil, "no checkpoint was used: \(restored)") }
        }
    }

    @Test("partitions of a source go on in other instances than they began in", arguments: [1, 7])
    func otherParallelism(batch: Int) async throws {
        let flows = { (collector: DurableCollector<Int64>) in
            [
                FlowDescription(
                    name: "f", stages: [Self.source(9), .operation(AnyOperator(Running())), .to(collector)])
            ]
        }
        let whole = DurableCollector(Int64.self)
        _ = try await run(whole, failingAt: [], batch: batch) { flows(whole) }
        for crash in stride(from: 50, to: 540, by: 161) {
            let collector = DurableCollector(Int64.self)
            _ = try await run(collector, failingAt: [crash, crash + 60], batch: batch, parallelism: [2, 1, 4]) {
                flows(collector)
            }
            #expect(collector.values == whole.values, "failed at \(crash)")
            #expect(collector.times == whole.times)
        }
    }
}
