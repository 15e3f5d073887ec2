import PenstockEvents
import PenstockLog
import Synchronization
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("The future-timestamp guard")
struct FutureGuardTests {
    /// The log's clock stands still.
    private struct StandingClock: WallClock {
        let instant: Int64
        func now() -> Timestamp { Timestamp(nanoseconds: instant * 1_000_000_000) }
    }

    private static let future = SideOutputName("future", of: Reading.self)

    private struct Outcome {
        var rows: [(start: Int64, sum: Double)]
        var future: [Double]
        var statistics: OperatorStatistics
    }

    /// Windows of 10 s over events at these seconds, appended when the clock stood at 1000 s; their value is their second.
    private func outcome(
        _ seconds: [Int64], batch: Int = 4096, parallelism: Int = 1, maxAhead: Int64?? = nil, isPersisted: Bool = false
    ) async throws -> Outcome {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path, clock: StandingClock(instant: 1000))
        let steps = seconds.map { Step.event($0 * 1_000_000_000, Sample(float: Double($0))) }
        var write = FlowDescription(
            name: "write",
            stages: [
                .from(ScriptedSource(partitions: [steps], disorder: .marks)),
                .map { (s: Sample) in Reading(s.key, s.float) },
                isPersisted ? .persist("readings", Reading.self) : .to("readings", Reading.self),
            ])
        let (rows, future) = (Collector(Reading.self), Collector(Reading.self))
        if isPersisted {
            write = FlowDescription(name: "write", stages: write.stages + [.to(rows)])
            let run = try await run([write], batch: batch, log: log)
            return Outcome(rows: [], future: rows.values.map(\.value), statistics: run.statistics)
        }
        try await run([write], batch: 3, log: log)
        var from = StageDescription.from("readings", Reading.self)
        if let maxAhead { from.reading.maxAhead = maxAhead.map { $0 * 1_000_000_000 } }
        from.sides = [.future: Self.future]
        let numbers = NumberKernel(floats: { rows, input, numbers in
            for k in 0..<rows.count { numbers[rows[k]] = input.assumingMemoryBound(to: Reading.self)[rows[k]].value }
            return KernelOutcome(processed: rows.count)
        })
        let sum = Aggregate(.sum, of: numbers, row: ValueType(Row.self)) { rows, target in
            for k in 0..<rows.count {
                (target.assumingMemoryBound(to: Row.self) + k).initialize(to: Row(rows, k, keyedByText: false))
            }
        }
        let sums = Collector(Row.self)
        let size: Int64 = 10_000_000_000
        let flows = [
            FlowDescription(
                name: "read",
                stages: [
                    from, .keyBy { (r: Reading) in r.sensor },
                    .aggregate(.time(TimeWindows(size: size, every: size)), sum), .to(sums),
                ]),
            FlowDescription(
                name: "future", stages: [StageDescription(.side(Self.future), label: "From"), .to(future)]),
        ]
        let run = try await run(flows, batch: batch, parallelism: parallelism, log: log)
        return Outcome(
            rows: sums.values.map { ($0.start / 1_000_000_000, $0.float) }, future: future.values.map(\.value),
            statistics: run.statistics)
    }

    @Test("case 35: an event 61 s ahead of the time at which it was appended does not move the watermark")
    func case35() async throws {
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
            let outcome = try await outcome([990, 1061, 991, 1060, 1062], batch: batch, parallelism: parallelism)
            #expect(outcome.future == [1061, 1062])
            #expect(outcome.rows.map(\.start) == [990, 1060] && outcome.rows.map(\.sum) == [990 + 991, 1060])
            #expect(outcome.statistics == OperatorStatistics(futureEvents: 2), "991 is not late")
        }
    }

    @Test("how far ahead events may be can be said, and that they may be ahead as far as they like")
    func limits() async throws {
        let near = try await outcome([990, 1006, 991], maxAhead: .some(5))
        #expect(near.future == [1006] && near.statistics.futureEvents == 1)
        let any = try await outcome([990, 9000, 991], maxAhead: .some(nil))
        #expect(any.future == [] && any.statistics == OperatorStatistics(lateEvents: 1))
    }

    @Test("what a pipeline records of its own source is not measured against a clock")
    func persisted() async throws {
        let outcome = try await outcome([990, 9000, 9001], isPersisted: true)
        #expect(outcome.future == [990, 9000, 9001] && outcome.statistics.futureEvents == 0)
    }
}
