import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Processing time")
struct ArrivalTimeTests {
    /// A stage of arrival times whose clock goes on when it is told to, and what follows it.
    private struct Bench {
        let clock: VirtualClock
        private var chain: [any Processor]
        private(set) var outputs: [StreamElement] = []

        init(interval: Int64 = 10, clock: VirtualClock = VirtualClock(), behind: [any Processor] = []) throws {
            self.clock = clock
            var arrivals: any Processor = ArrivalTimes(interval: interval, origin: Origin(stage: 1, partition: 0))
            try arrivals.begin(with: Waker(Inbox(inputs: [0]), clock))
            chain = [arrivals] + behind
        }

        var arrivals: any Processor { chain[0] }

        mutating func restore(_ state: [StateChunk]) throws { try chain[0].restore(state) }

        mutating func accept(_ element: StreamElement) throws {
            try chain[0].accept(element)
            try drain()
        }

        /// An event that arrives now, whatever its own time.
        mutating func arrive(_ sample: Sample, at time: Int64 = 0) throws {
            try accept(.batch(Batch([(time, sample)], watermark: time)))
        }

        /// The clock goes on, and the stage is woken as often as it wants to be.
        mutating func advance(by nanoseconds: Int64) throws {
            let end = clock.nanoseconds + nanoseconds
            while let instant = chain[0].wakeInstant, instant <= end {
                clock.advance(by: max(instant - clock.nanoseconds, 0))
                try chain[0].wake(at: clock.nanoseconds)
                try drain()
            }
            clock.advance(by: end - clock.nanoseconds)
        }

        private mutating func drain(_ at: Int = 0) throws {
            while let output = try chain[at].next() {
                if at + 1 == chain.count {
                    outputs.append(output)
                } else {
                    try chain[at + 1].accept(output)
                    try drain(at + 1)
                }
            }
        }
    }

    @Test("events get the time of their arrival, and what was said of their own time ends")
    func stamps() throws {
        var bench = try Bench()
        try bench.advance(by: 25)
        let late = BehindMark(row: 0, watermark: Timestamp(nanoseconds: 900))
        try bench.accept(.batch(Batch([(7, Sample(number: 1)), (900, Sample(number: 2))], behind: [late])))
        try bench.accept(.watermark(Timestamp(nanoseconds: 5000)))
        try bench.accept(.control(.timeMark(Timestamp(nanoseconds: 6000))))
        try bench.accept(.end)
        let batches = bench.outputs.compactMap(\.batch)
        #expect(batches.count == 1 && batches[0].times.values[0] == 25 && batches[0].times.values[1] == 25)
        #expect(batches[0].behind.isEmpty && batches[0].watermark.nanoseconds == 24)
        #expect(bench.outputs.compactMap(\.control).isEmpty && bench.outputs.last?.isEnd == true)
        #expect(bench.outputs.compactMap(\.watermark) == [9, 19])
    }

    @Test("the watermark follows the clock also when nothing comes, and ends with the input")
    func quiet() throws {
        var bench = try Bench()
        try bench.advance(by: 35)
        #expect(bench.outputs.compactMap(\.watermark) == [9, 19, 29])
        try bench.arrive(Sample(number: 1))
        try bench.advance(by: 5)
        #expect(bench.outputs.last?.watermark == 39)
        try bench.accept(.end)
        #expect(bench.arrivals.wakeInstant == nil)
    }

    @Test("a run that goes on where the clock is behind goes on at the time that was reached")
    func clockBehind() throws {
        var bench = try Bench()
        try bench.advance(by: 1000)
        try bench.arrive(Sample(number: 1))
        var state = StateWriter()
        try bench.arrivals.snapshot(into: &state)
        var again = try Bench()
        try again.restore(state.chunks)
        try again.advance(by: 50)
        try again.arrive(Sample(number: 2))
        let batch = try #require(again.outputs.last?.batch)
        #expect(batch.times.values[0] == 1000 && batch.baseSequence == 1)
        try again.advance(by: 2000)
        #expect(again.outputs.last?.watermark == 2049)
    }

    /// What arrives when, by a seed.
    private struct Arrivals {
        var steps: [(wait: Int64, sample: Sample)] = []

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            steps = (0..<60).map { number in
                let wait = random.once(in: 3) ? 0 : Int64.random(in: 0...13, using: &random)
                return (wait, Sample(key: Int64.random(in: 0..<3, using: &random), number: Int64(number)))
            }
        }
    }

    /// The rows of counts behind arrival times.
    private func counts(_ arrivals: Arrivals, _ window: KeyedWindow, isEnded: Bool = true) throws -> [Row] {
        let options = WindowStageOptions(
            stage: testStage, aggregate: Aggregate(.count, .nothing), origin: Origin(stage: 2, partition: 0),
            batchEvents: 16, input: ValueType(Sample.self))
        var bench = try Bench(
            interval: 1,
            behind: [
                KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key }),
                window.makeProcessor(options),
            ])
        for (number, step) in arrivals.steps.enumerated() {
            try bench.advance(by: step.wait)
            // Its own time says nothing.
            try bench.arrive(step.sample, at: Int64(number * 7919 % 100))
        }
        // All windows close by the clock alone.
        try bench.advance(by: 200)
        let rows = bench.outputs.compactMap(\.batch).flatMap { $0.values(Row.self) }
        try bench.accept(.end)
        #expect(bench.outputs.compactMap(\.batch).flatMap { $0.values(Row.self) } == rows)
        return rows
    }

    private func placed(_ arrivals: Arrivals) -> [(time: Int64, key: Int64)] {
        var time: Int64 = 0
        return arrivals.steps.map { step in
            time += step.wait
            return (time, step.sample.key)
        }
    }

    @Test("windows over processing time hold what arrived in them, and close by the clock", arguments: 0..<200)
    func windows(seed: UInt64) throws {
        let arrivals = Arrivals(seed: seed)
        for (size, every) in [(10, 10), (12, 5), (3, 7)] as [(Int64, Int64)] {
            var counts: [Int64: [Int64: Int64]] = [:]
            for (time, key) in placed(arrivals) {
                var start = time - floorMod(time, every)
                while start > time - size {
                    counts[start, default: [:]][key, default: 0] += 1
                    start -= every
                }
            }
            let expected = counts.sorted { $0.key < $1.key }.flatMap { start, keys in
                keys.sorted { $0.key < $1.key }.map { key, count in
                    Row(key: "\(key)", start: start, end: start + size, count: count)
                }
            }
            let rows = try self.counts(arrivals, .time(TimeWindows(size: size, every: every)))
            #expect(rows == expected, "seed \(seed), size \(size), every \(every)")
        }
    }

    @Test("sessions over processing time end by the clock", arguments: 0..<100)
    func sessions(seed: UInt64) throws {
        let arrivals = Arrivals(seed: seed)
        var sessions: [Row] = []
        for key in Int64(0)..<3 {
            for (time, _) in placed(arrivals).filter({ $0.key == key }) {
                if let last = sessions.last, last.key == "\(key)", time <= last.end {
                    sessions[sessions.count - 1].end = time + 8
                    sessions[sessions.count - 1].count += 1
                } else {
                    sessions.append(Row(key: "\(key)", start: time, end: time + 8, count: 1))
                }
            }
        }
        let rows = try counts(arrivals, .session(SessionWindows(gap: .fixed(8))))
        #expect(rows == sessions.sorted { ($0.end, $0.key) < ($1.end, $1.key) }, "seed \(seed)")
    }

    private func flow(_ sink: StageDescription, partitions: Int = 3) -> FlowDescription {
        let steps = (0..<partitions).map { p in (0..<40).map { Step.e(Int64($0), key: Int64(($0 + p) % 4)) } }
        return FlowDescription(
            name: "flow",
            stages: [
                .from(ScriptedSource(partitions: steps)),
                .operation(AnyOperator(arrivalTimesOf: ValueType(Sample.self), interval: 1_000_000)),
                .keyBy { (s: Sample) in s.key },
                .aggregate(
                    .time(TimeWindows(size: 3_600_000_000_000, every: 3_600_000_000_000)), Aggregate(.count, .nothing)),
                sink,
            ])
    }

    @Test("a run has every event once, at the time of day, for every parallelism")
    func wholeRun() async throws {
        for (parallelism, batch) in [(1, 4096), (2, 7), (4, 1)] {
            let before = SystemWallClock().now().nanoseconds
            let collector = Collector(Row.self)
            try await run([flow(.to(collector))], batch: batch, parallelism: parallelism)
            #expect(collector.values.reduce(0) { $0 + $1.count } == 120)
            let ends = collector.values.map(\.end)
            let hour: Int64 = 3_600_000_000_000
            #expect(ends.allSatisfy { $0 > before && $0 <= SystemWallClock().now().nanoseconds + hour })
        }
    }

    @Test("a run that fails goes on with each event once")
    func restored() async throws {
        let source = ScriptedSource(
            partitions: (0..<2).map { p in (0..<100).map { .e(Int64($0), key: Int64(($0 + p) % 4)) } },
            pauseMicroseconds: 100)
        let flow = { (sink: StageDescription) in
            FlowDescription(
                name: "flow",
                stages: [
                    .from(source), .operation(AnyOperator(arrivalTimesOf: ValueType(Sample.self), interval: 1_000_000)),
                    .keyBy { (s: Sample) in s.key },
                    .aggregate(.count(CountWindows(size: 5, every: 5)), Aggregate(.count, .nothing)),
                    .map { (r: Row) in r.count }, sink,
                ])
        }
        let collector = DurableCollector(Int64.self)
        try await runCrashing(collector, at: [5, 20], batch: 3, parallelism: [2, 1, 4], [flow(.to(collector))])
        #expect(collector.values == Array(repeating: 5, count: 40))
        #expect(collector.times == collector.times.sorted())
    }

    @Test("explain says that no replay repeats it; the stage stands behind a channel, for it works when nothing comes")
    func explained() throws {
        let flow = flow(.to(Collector(Row.self)))
        #expect(flow.stages[1].unrepeatable == "processing time" && flow.stages[1].isWaking)
        let plan = try PhysicalPlan([flow])
        #expect(plan.text.contains("which no replay repeats"))
        #expect(plan.stages[0].operators.isEmpty && !plan.stages.contains(where: \.mergesInOrder))
        var wrong = flow.stages
        wrong[1] = .operation(AnyOperator(arrivalTimesOf: ValueType(Sample.self), interval: 0))
        let error = #expect(throws: EngineError.self) {
            try PhysicalPlan([FlowDescription(name: "flow", stages: wrong)])
        }
        #expect(error?.summary.contains("the interval of a clock") == true)
    }
}
