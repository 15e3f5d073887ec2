import PenstockEvents
import Testing

@testable import PenstockEngine

/// The late events of both sides of joins as streams.
@Suite("Side outputs of joins")
struct JoinSideTests {
    private static let names = [
        SideOutputName("late left", of: Sample.self), SideOutputName("late right", of: Sample.self),
    ]

    private func flows(
        _ operation: AnyOperator, _ inputs: [([[Step]], Disorder)], _ sinks: [Collector<Sample>]
    ) -> [FlowDescription] {
        let parts = zip(["left", "right"], inputs).map { name, input in
            FlowDescription(
                name: name,
                stages: [
                    .from(ScriptedSource(partitions: input.0, disorder: input.1)), .keyBy { (s: Sample) in s.key },
                ])
        }
        var join = StageDescription.operation(operation)
        join.sides = [.late: Self.names[0], .lateRight: Self.names[1]]
        let main = FlowDescription(
            name: "main",
            stages: [StageDescription(.inputs(parts), label: "Inputs"), join, .to(Collector(JoinRow.self))])
        return [main]
            + zip(Self.names, sinks).map { name, sink in
                FlowDescription(name: name.name, stages: [StageDescription(.side(name), label: "From"), .to(sink)])
            }
    }

    private func check(_ operation: AnyOperator, _ seed: UInt64, delay: Int64?) async throws {
        let inputs = [WindowInput(seed: seed), WindowInput(seed: seed + 10_000)]
        let expected = inputs.map { MissedEvents($0, windows: inputs[0].windows, delay: delay) }
        for (batch, parallelism) in [(1, 4), (7, 2), (4096, 1)] {
            let sinks = [Collector(Sample.self), Collector(Sample.self)]
            let sides = inputs.map { ($0.partitions, Disorder(boundNanoseconds: $0.bound)) }
            let run = try await run(flows(operation, sides, sinks), batch: batch, parallelism: parallelism)
            for (sink, missed) in zip(sinks, expected) {
                #expect(sink.values == missed.late.map(\.sample), "seed \(seed), batch \(batch)")
                #expect(sink.times == missed.late.map(\.time), "seed \(seed), batch \(batch)")
            }
            #expect(run.statistics.lateEvents == expected[0].late.count + expected[1].late.count)
        }
    }

    @Test("the late events of a join in windows", arguments: 0..<40)
    func windows(seed: UInt64) async throws {
        let windows = WindowInput(seed: seed).windows
        try await check(AnyOperator(joining: windows, .pairs(.full)), seed, delay: nil)
    }

    @Test("the late events of a join of intervals", arguments: 0..<20)
    func intervals(seed: UInt64) async throws {
        let rule = TimedJoinRule.interval(lower: -3, upper: 5)
        for lateness in [Int64(0), 4] {
            try await check(AnyOperator(joining: rule, allowedLateness: lateness, .pairs(.full)), seed, delay: lateness)
        }
    }

    @Test("the late events of a join as of a time, and of a table", arguments: 0..<20)
    func asOf(seed: UInt64) async throws {
        try await check(AnyOperator(joining: .asOf(.init()), .pairs(.left)), seed, delay: 0)
        try await check(
            AnyOperator(joining: .asOf(.init(endsValue: { _ in false })), allowedLateness: 3, .pairs(.inner)), seed,
            delay: 3)
    }

    @Test("the late events of a join of sessions", arguments: 0..<20)
    func sessions(seed: UInt64) async throws {
        try await check(AnyOperator(joining: .session(gap: 6), .groups), seed, delay: 0)
    }

    @Test("a side output has the type of its side's events")
    func types() {
        var stages = flows(
            AnyOperator(joining: .asOf(.init()), .pairs(.left)), [([[]], .marks), ([[]], .marks)],
            [Collector(), Collector()])[0].stages
        stages[1].sides = [.lateRight: SideOutputName("late", of: Int.self)]
        let error = #expect(throws: EngineError.self) {
            try PhysicalPlan([FlowDescription(name: "main", stages: stages)])
        }
        #expect(error?.summary.contains("are of the type Sample, but the side output \"late\" takes Int") == true)
    }
}
