import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Idle partitions and alignment")
struct PartitionReadingTests {
    private let late = SideOutputName("late", of: Sample.self)

    /// The numbers of the late events of tumbling windows of 10, and of the events in windows.
    private func run(
        _ source: PacedSource, idleAfter: Int64? = nil, maxDrift: Int64? = nil, batch: Int = 1, blockedFor: Int64 = 0
    ) async throws -> (late: [Int64], sums: [Int64]) {
        var from = StageDescription.from(source)
        from.reading.idleAfter = idleAfter
        from.reading.maxDrift = maxDrift
        var windows = StageDescription.aggregate(
            .time(TimeWindows(size: 10, every: 10)), Aggregate(.sum, .integer))
        windows.sides = [.late: late]
        let (lateEvents, rows) = (Collector(Sample.self), Collector(Row.self))
        let clock = source.clock
        let flows = [
            FlowDescription(
                name: "main",
                stages: [
                    from,
                    .map { (s: Sample) in
                        // What stands behind the source takes its time.
                        clock.advance(by: blockedFor)
                        return s
                    }, .keyBy { (s: Sample) in s.key }, windows, .to(rows),
                ]),
            FlowDescription(name: "late", stages: [StageDescription(.side(late), label: "From"), .to(lateEvents)]),
        ]
        var options = RunOptions(batchEvents: batch)
        options.clock = clock
        try await PipelineRun(try PhysicalPlan(flows), options: options, log: nil).run()
        return (lateEvents.values.map(\.number), rows.values.map(\.integer))
    }

    private func twoPartitions(quiet: [PacedSource.Pace]) -> PacedSource {
        PacedSource(partitions: [
            [.e(5)] + quiet + [.e(7)], [.e(6), .e(100), .e(101), .e(102), .e(103), .e(104), .e(105)],
        ])
    }

    @Test("an idle source partition does not hold the watermark, and comes back where that is")
    func idle() async throws {
        let quiet = Array(repeating: PacedSource.Pace.nothing(10), count: 5)
        let without = try await run(twoPartitions(quiet: quiet))
        #expect(without.late == [] && without.sums.first == 5 + 6 + 7)
        let patient = try await run(twoPartitions(quiet: quiet), idleAfter: 41)
        #expect(patient.late == [], "it was quiet for 40 only")
        let idle = try await run(twoPartitions(quiet: quiet), idleAfter: 30)
        #expect(idle.late == [7] && idle.sums.first == 5 + 6)
    }

    @Test("readable time only makes a partition idle, not that in which its source waits for later stages")
    func blockedTime() async throws {
        let quiet = Array(repeating: PacedSource.Pace.nothing(1), count: 5)
        let (late, sums) = try await run(twoPartitions(quiet: quiet), idleAfter: 30, blockedFor: 1000)
        #expect(late == [] && sums.first == 5 + 6 + 7)
    }

    @Test("where all partitions are idle, time has come as far as in the one that is furthest")
    func allIdle() async throws {
        let quiet = Array(repeating: PacedSource.Pace.nothing(10), count: 4)
        let source = PacedSource(partitions: [[.e(5)] + quiet + [.e(50), .e(110)], [.e(100)] + quiet + [.e(101)]])
        let (late, sums) = try await run(source, idleAfter: 20)
        #expect(late == [50] && sums == [5, 100 + 101, 110])
    }

    @Test(
        "watermark alignment: no partition is read that is further ahead of the least one than the drift",
        arguments: [0, 50, 400])
    func aligned(drift: Int64) async throws {
        let source = PacedSource(partitions: [
            (0...100).map { .e($0 * 10) }, (0...100).map { .e($0) }, (0...100).map { .e($0 * 3) },
        ])
        let (late, sums) = try await run(source, maxDrift: drift)
        #expect(late == [] && sums.reduce(0, +) == (0...100).reduce(0, +) * 14)
        var last: [Int64?] = [nil, nil, nil]
        var left = [101, 101, 101]
        for (partition, time) in source.log.all {
            let least = (0..<3).filter { left[$0] > 0 }.map { last[$0] ?? .min }.min() ?? .min
            if let own = last[partition] {
                #expect(least != .min && own <= least + drift, "partition \(partition), \(time)")
            }
            last[partition] = time
            left[partition] -= 1
        }
    }

    @Test("results do not depend on the pace of reading", arguments: 0..<40)
    func pace(seed: UInt64) async throws {
        let input = WindowInput(seed: seed)
        let reference = WindowReference(
            input.windows, bound: input.bound, partitions: input.partitions, input.function, input.taken)
        var random = SeededGenerator(seed: seed &+ 5)
        for attempt in 0..<4 {
            let paces = input.partitions.map { steps in
                steps.flatMap { step in
                    Array(repeating: PacedSource.Pace.nothing(1), count: random.once(in: 4) ? 3 : 0) + [.step(step)]
                }
            }
            var from = StageDescription.from(
                PacedSource(partitions: paces, disorder: Disorder(boundNanoseconds: input.bound)))
            from.reading.maxDrift = [nil, 0, 7][attempt % 3]
            let collector = Collector(Row.self)
            let flow = FlowDescription(
                name: "f",
                stages: [
                    from, .keyBy { (s: Sample) in s.key },
                    .aggregate(.time(input.windows), Aggregate(input.function, input.taken)), .to(collector),
                ])
            let run = try await PenstockEngineTests.run(
                [flow], batch: [1, 7, 4096].randomElement(using: &random) ?? 1, parallelism: attempt % 2 + 1)
            #expect(collector.values == reference.rows, "seed \(seed), attempt \(attempt)")
            #expect(run.statistics == reference.statistics, "seed \(seed), attempt \(attempt)")
        }
    }

    @Test("durations that cannot be, and a guard where there is no clock, are refused")
    func mistakes() {
        func problem(_ change: (inout StageDescription) -> Void) -> String? {
            var from = StageDescription.from(PacedSource(partitions: [[]]))
            change(&from)
            return #expect(throws: EngineError.self) {
                try PhysicalPlan([FlowDescription(name: "f", stages: [from, .to(Collector(Sample.self))])])
            }?.summary
        }
        for number in [-1, TimeWindows.longest + 1] {
            #expect(problem { $0.reading.idleAfter = number }?.contains("durations") == true)
            #expect(problem { $0.reading.maxDrift = number }?.contains("durations") == true)
        }
        #expect(problem { $0.reading.maxAhead = 1 }?.contains("time of a clock") == true)
        #expect(problem { $0.sides = [.future: late] }?.contains("time of a clock") == true)
    }
}
