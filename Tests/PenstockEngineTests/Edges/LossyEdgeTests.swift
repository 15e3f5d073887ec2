import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

extension StageDescription {
    static func lossy(_ policy: LossyEdge, _ label: String = "Latest") -> StageDescription {
        StageDescription(.lossy(policy), label: label)
    }
}

@Suite("Lossy edges", .timeLimit(.minutes(10)))
struct LossyEdgeTests {
    private let latest = StageName(flow: "preview", stage: "Latest")

    @Test("case 34: a latest-only edge, 1 2 3 4 while the consumer handles 1: 1, 4; dropped 2")
    func case34() async throws {
        let (isHandling, mayGoOn) = (Gate(), Gate())
        let source = SteppedSource(count: 4) { number in
            if number == 2 { isHandling.pass() }
            // Everything has been sent when the end is asked for.
            if number == 5 { mayGoOn.open() }
        }
        let shown = Collector<Sample> { count in
            if count == 1 {
                isHandling.open()
                mayGoOn.pass()
            }
        }
        let flow = FlowDescription(name: "preview", stages: [.from(source), .lossy(.latest()), .to(shown)])
        let run = try await run([flow], batch: 1)
        #expect(shown.values.map(\.number) == [1, 4])
        #expect(run.progress.operators[latest] == OperatorStatistics(droppedEvents: 2))
        #expect(run.statistics.lateEvents == 0)
    }

    @Test("a stack of 3: 1 2 3 4 5 while the consumer handles 1: 1, then 5 4 3; dropped 1")
    func stack() async throws {
        let (isHandling, mayGoOn) = (Gate(), Gate())
        let source = SteppedSource(count: 5) { number in
            if number == 2 { isHandling.pass() }
            if number == 6 { mayGoOn.open() }
        }
        let shown = Collector<Sample> { count in
            if count == 1 {
                isHandling.open()
                mayGoOn.pass()
            }
        }
        let flow = FlowDescription(
            name: "preview", stages: [.from(source), .lossy(.newestFirst(capacity: 3)), .to(shown)])
        let run = try await run([flow], batch: 1)
        #expect(shown.values.map(\.number) == [1, 5, 4, 3])
        #expect(run.progress.operators[latest] == OperatorStatistics(droppedEvents: 1))
    }

    @Test(
        "a consumer behind a lossy edge that is stuck does not hold up its sibling",
        arguments: [LossyEdge.latest(), .dropOldest(capacity: 3), .latestPerKey(), .dropOldest(capacity: 5000)], [1, 2])
    func sibling(policy: LossyEdge, parallelism: Int) async throws {
        let count = 20_000
        let hasAll = Gate()
        let all = Collector<Sample> { if $0 == count { hasAll.open() } }
        let slow = Collector<Sample> { _ in hasAll.pass() }
        let source = FlowDescription(
            name: "source",
            stages: [.from(SteppedSource(count: count) { _ in }), .keyBy { (s: Sample) in s.key }])
        let preview = FlowDescription(name: "preview", stages: [.flow(source), .lossy(policy), .to(slow)])
        let archive = FlowDescription(name: "archive", stages: [.flow(source), .to(all)])
        let run = try await run([source, preview, archive], batch: 64, parallelism: parallelism)
        #expect(all.values.map(\.number) == Array(1...Int64(count)))
        let shown = slow.values.map(\.number)
        #expect(zip(shown, shown.dropFirst()).allSatisfy { $0 < $1 })
        let kept = min(policy.isPerKey ? 5 : policy.capacity, count)
        #expect(Array(shown.suffix(kept)) == Array(Int64(count - kept + 1)...Int64(count)))
        #expect(run.progress.operators[latest]?.droppedEvents == count - shown.count)
        #expect(shown.count < count)
    }

    @Test("an interval runs by the clock of the run: at most one event in each, and the held one at the end")
    func interval() async throws {
        for seed in UInt64(0)..<20 {
            let clock = VirtualClock()
            let random = Guarded(SeededGenerator(seed: seed))
            let source = SteppedSource(count: 500) { _ in
                clock.advance(by: random.withLock { Int64.random(in: 0...20, using: &$0) })
            }
            let shown = Collector<Sample>()
            let flow = FlowDescription(
                name: "preview", stages: [.from(source), .lossy(.latest(every: 100)), .to(shown)])
            var options = RunOptions(batchEvents: 1)
            options.clock = clock
            let run = PipelineRun(try PhysicalPlan([flow]), options: options, log: nil)
            try await run.run()
            let numbers = shown.values.map(\.number)
            // One at the beginning, one for each interval that is over, and one at the end.
            #expect(numbers.count <= 2 + Int(clock.nanoseconds / 100), "seed \(seed)")
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 } && numbers.last == 500, "seed \(seed)")
            #expect(run.progress.operators[latest]?.droppedEvents == 500 - numbers.count, "seed \(seed)")
        }
    }

    @Test("a receiver that waits takes the held event when the interval is over")
    func waitingReceiver() async throws {
        let clock = VirtualClock()
        let inbox = Inbox(inputs: [0], lossy: [.latest(every: 100)], clock: clock)
        func send(_ number: Int64) async throws {
            try await inbox.send(.batch(Batch([(number, Sample(number: number))])), from: 0)
        }
        try await send(1)
        #expect(try await inbox.receive().element.batch?.values(Sample.self)[0].number == 1)
        try await send(2)
        let receiving = Task { try await inbox.receive().element.batch?.values(Sample.self)[0].number }
        clock.advance(by: 99)
        try await send(3)
        clock.advance(by: 1)
        #expect(try await receiving.value == 3)
        #expect(inbox.lostEvents == 1)
    }

    @Test("what waits is in no checkpoint: runs that break off lose it, and every event is shown or counted")
    func restoring() async throws {
        for seed in UInt64(0)..<4 {
            for policy in [LossyEdge.latest(), .dropOldest(capacity: 5), .latestPerKey()] {
                let shown = DurableCollector(Sample.self)
                let flows = { (collector: DurableCollector<Sample>) in
                    [
                        FlowDescription(
                            name: "preview",
                            stages: [
                                BrokenRuns.source(seed, bound: 30), .keyBy { (s: Sample) in s.key }, .lossy(policy),
                                .to(collector),
                            ])
                    ]
                }
                var runs = try BrokenRuns()
                let run = try await runs.run(shown, BrokenRuns.attempts(60, seed: seed), flows)
                let lost = run.progress.operators[latest]?.droppedEvents ?? 0
                #expect(shown.values.count + lost == 500, "seed \(seed), \(policy.summary)")
                #expect(Set(shown.values.map(\.number)).count == shown.values.count, "seed \(seed)")
                #expect(zip(shown.times, shown.times.dropFirst()).allSatisfy { $0 <= $1 }, "seed \(seed)")
            }
        }
    }

    @Test("windows behind a lossy edge get no late event by it")
    func windows() async throws {
        let sum = Aggregate(.sum, .float)
        let partitions = (0..<2).map { partition in
            (0..<3000).map { Step.e(Int64($0 * 3 + partition), key: Int64($0 % 7)) }
        }
        for policy in [LossyEdge.latest(), .dropOldest(capacity: 10), .latestPerKey()] {
            let rows = Collector<Row>()
            let flow = FlowDescription(
                name: "preview",
                stages: [
                    .from(ScriptedSource(partitions: partitions)), .keyBy { (s: Sample) in s.key }, .lossy(policy),
                    .aggregate(.time(TimeWindows(size: 20, every: 20)), sum), .to(rows),
                ])
            let run = try await run([flow], batch: 7, parallelism: 2)
            #expect(run.statistics.lateEvents == 0)
            #expect(
                Set(rows.values.map { [$0.key, "\($0.start)"] }).count == rows.values.count, "a window closed twice")
        }
    }
}
