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

    @Test("a run that fails at any row goes on as if it had not", arguments: [1, 7, 64])
    func anywhere(batch: Int) async throws {
        let flows = { (collector: DurableCollector<Int64>) in
            [
                FlowDescription(
                    name: "f", stages: [Self.source(4), .operation(AnyOperator(Running())), .to(collector)])
            ]
        }
        let whole = DurableCollector(Int64.self)
        try await runCrashing(whole, at: [], batch: batch, flows(whole))
        #expect(whole.values.count == 601 && whole.finished == 1, "\(whole.values.count)")
        for crash in stride(from: 1, to: 540, by: 83) {
            let collector = DurableCollector(Int64.self)
            let restored = try await runCrashing(
                collector, at: [crash, crash + 60], batch: batch, flows(collector))
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
        try await runCrashing(whole, at: [], batch: batch, flows(whole))
        for crash in stride(from: 50, to: 540, by: 161) {
            let collector = DurableCollector(Int64.self)
            try await runCrashing(
                collector, at: [crash, crash + 60], batch: batch, parallelism: [2, 1, 4], flows(collector))
            #expect(collector.values == whole.values, "failed at \(crash)")
            #expect(collector.times == whole.times)
        }
    }
}
