import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Joins and checkpoints")
struct JoinRestoreTests {
    /// A side of the join: two partitions, out of order by up to 20.
    private static func side(_ name: String, _ seed: UInt64, first: Int64) -> FlowDescription {
        var random = SeededGenerator(seed: seed)
        let partitions: [[Step]] = (0..<2).map { partition in
            (0..<150).map { index in
                let sample = Sample(
                    key: Int64.random(in: 0..<7, using: &random), number: first + Int64(index * 2 + partition))
                return .event(Int64(index) * 10 + Int64.random(in: 0..<20, using: &random), sample)
            }
        }
        let source = ScriptedSource(partitions: partitions, disorder: Disorder(boundNanoseconds: 20))
        return FlowDescription(name: name, stages: [.from(source), .keyBy { (s: Sample) in s.key }])
    }

    private static func flows(_ operation: AnyOperator, _ rows: DurableCollector<JoinRow>) -> [FlowDescription] {
        [
            FlowDescription(
                name: "f",
                stages: [
                    StageDescription(
                        .inputs([side("left", 1, first: 0), side("right", 2, first: 1000)]), label: "Sides"),
                    .operation(operation).named("join"), .to(rows),
                ])
        ]
    }

    @Test("a join that fails goes on as if it had not", arguments: 0..<4)
    func failing(form: Int) async throws {
        let operation = [
            AnyOperator(joining: TimeWindows(size: 100, every: 40), .pairs(.full)),
            AnyOperator(joining: .interval(lower: -30, upper: 50), allowedLateness: 10, .pairs(.full)),
            AnyOperator(joining: .asOf(.init(.nearest, tolerance: 40)), .pairs(.left)),
            AnyOperator(joining: .session(gap: 30), .groups),
        ][form]
        let whole = DurableCollector(JoinRow.self)
        try await runCrashing(whole, at: [], batch: 7, Self.flows(operation, whole))
        #expect(whole.values.count > 250, "\(whole.values.count)")
        for crash in [1, 120, 200] {
            let rows = DurableCollector(JoinRow.self)
            let restored = try await runCrashing(
                rows, at: [crash, crash + 40], batch: 7, parallelism: [1, 4, 2], Self.flows(operation, rows))
            #expect(rows.values == whole.values, "failed at \(crash)")
            #expect(rows.times == whole.times, "failed at \(crash)")
            if crash > 150 { #expect(restored.contains { $0 != nil }, "no checkpoint was used: \(restored)") }
        }
    }
}
