import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Order of arrival")
struct ArrivalOrderTests {
    private func processor(_ windows: CountWindows, _ aggregate: Aggregate) -> any Processor {
        KeyedWindow.count(windows).makeProcessor(
            WindowStageOptions(
                stage: testStage, aggregate: aggregate, origin: Origin(stage: 2, partition: 0), batchEvents: 4,
                input: ValueType(Sample.self)))
    }

    @Test(
        "count windows give a row when their last event comes, over what has come, whatever its time",
        arguments: 0..<150)
    func countWindows(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let size = Int.random(in: 1...5, using: &random)
        let windows = CountWindows(
            size: size, every: random.once(in: 2) ? size : Int.random(in: 1...6, using: &random), isArrivalOrder: true)
        var sums = processor(windows, Aggregate(.sum, .integer))
        var trees = processor(windows, .treeText(isKeyed: true))
        var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        var kept: [Int64: [(time: Int64, number: Int64)]] = [:]
        var fresh: [Int64: Int] = [:]
        var expected: [String] = []
        var (sumRows, treeRows): ([String], [String]) = ([], [])
        func note(_ element: StreamElement) throws {
            for batch in try sums.outputs(element).compactMap(\.batch) {
                sumRows += batch.values(Row.self).map { "\($0.key) [\($0.start), \($0.end)) \($0.integer)" }
            }
            for batch in try trees.outputs(element).compactMap(\.batch) {
                treeRows += batch.values(TreeRow.self).map { row in
                    let numbers = row.text.split(separator: ",").map { $0.dropFirst(2) }
                    return "\(row.key) [\(row.window.start.nanoseconds), \(row.window.end.nanoseconds)) "
                        + "\(numbers.reduce(0) { $0 + (Int64($1) ?? 0) })"
                }
            }
        }
        var sequence: UInt64 = 0
        for _ in 0..<40 {
            let events = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                let sample = Sample(
                    key: Int64.random(in: 0..<3, using: &random), number: Int64.random(in: 0..<50, using: &random))
                return (time: Int64.random(in: 0..<1000, using: &random), sample: sample)
            }
            for element in try key.outputs(.batch(Batch(events, sequence: sequence))) { try note(element) }
            sequence += UInt64(events.count)
            for (time, sample) in events {
                kept[sample.key, default: []].append((time, sample.number))
                kept[sample.key] = kept[sample.key]?.suffix(size)
                fresh[sample.key, default: 0] += 1
                guard fresh[sample.key] == windows.every, let events = kept[sample.key] else { continue }
                fresh[sample.key] = 0
                let (times, sum) = (events.map(\.time), events.reduce(0) { $0 + $1.number })
                expected.append("\(sample.key) [\(times.min() ?? 0), \((times.max() ?? 0) + 1)) \(sum)")
                if windows.size == windows.every { kept[sample.key] = [] }
            }
            #expect(sumRows == expected && treeRows == expected, "seed \(seed), no watermark has come")
        }
    }

    /// Puts every event out with the clock.
    private struct Echo: KeyedProcess {
        typealias Key = Int64
        func process(
            _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
            context: ProcessContext<Int64>
        ) {
            timers.set("t", at: Timestamp(nanoseconds: event.number + 15))
            output.append("\(event.number) at \(context.clock.nanoseconds)")
        }

        func onTimer(
            _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
            context: ProcessContext<Int64>
        ) {
            output.append("timer \(timer.time.nanoseconds) at \(context.clock.nanoseconds)")
        }
    }

    @Test("a process has its events as they come; its clock does not fall, and timers wait for the watermark")
    func process() throws {
        let context = OperatorContext(stage: testStage, parallelism: 1) { _ in }
        var echo = AnyOperator(Echo(), isArrivalOrder: true).make(context, Origin(stage: 1, partition: 0))
        var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        func rows(_ element: StreamElement) throws -> [String] {
            try key.outputs(element).flatMap { try echo.outputs($0) }.compactMap(\.batch).flatMap {
                $0.values(String.self)
            }
        }
        let events = [10, 30, 20].map { (time: Int64($0), sample: Sample(number: Int64($0))) }
        #expect(try rows(.batch(Batch(events))) == ["10 at 10", "30 at 30", "20 at 30"])
        #expect(try rows(.watermark(Timestamp(nanoseconds: 26))) == ["timer 25 at 30"])
        #expect(try rows(.end) == ["timer 35 at 35", "timer 45 at 45"])
    }

    @Test("a run in the order of arrival has every event once, and goes on behind a failure")
    func wholeRun() async throws {
        let partitions = BrokenRuns.partitions(3, count: 80)
        let source = ScriptedSource(
            partitions: partitions, disorder: Disorder(boundNanoseconds: 30), pauseMicroseconds: 100)
        let flow = { (sink: StageDescription) in
            FlowDescription(
                name: "f",
                stages: [
                    .from(source), .keyBy { (s: Sample) in s.key },
                    .aggregate(
                        .count(CountWindows(size: 3, every: 3, isArrivalOrder: true)), Aggregate(.count, .nothing)),
                    .map { (r: Row) in r.count }, sink,
                ])
        }
        for parallelism in [1, 4] {
            let collector = Collector(Int64.self)
            try await run([flow(.to(collector))], batch: 7, parallelism: parallelism)
            #expect(collector.values.reduce(0, +) == 160)
        }
        let collector = DurableCollector(Int64.self)
        try await runCrashing(collector, at: [5, 30], batch: 3, parallelism: [2, 1, 4], [flow(.to(collector))])
        #expect(collector.values.reduce(0, +) == 160)
    }

    @Test("events have one origin behind a source with one partition or a stage that orders them")
    func oneOrigin() {
        let one = StageDescription.from(ScriptedSource(partitions: [[]]))
        let two = StageDescription.from(ScriptedSource(partitions: [[], []]))
        let key = StageDescription.keyBy { (s: Sample) in s.key }
        let counts = StageDescription.aggregate(
            .count(CountWindows(size: 1, every: 1)), Aggregate(.count, .nothing))
        #expect([one, key].haveOneOrigin)
        #expect(![two, key].haveOneOrigin)
        #expect([two, key, counts].haveOneOrigin)
        #expect(![StageDescription.from("topic", Reading.self)].haveOneOrigin)
        let named = FlowDescription(name: "f", stages: [one])
        #expect([StageDescription.flow(named)].haveOneOrigin)
        #expect(![StageDescription(.inputs([named, named]), label: "Merge")].haveOneOrigin)
        let process = StageDescription.operation(AnyOperator(Echo(), isArrivalOrder: true))
        #expect(process.unrepeatable == "order of arrival")
        #expect(StageDescription.operation(AnyOperator(Echo())).unrepeatable == nil)
    }
}
