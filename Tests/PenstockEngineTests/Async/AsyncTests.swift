import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("The async operator")
struct AsyncTests {
    /// Partitions of samples out of order by up to 20, some of them later than that.
    static func partitions(_ seed: UInt64, count: Int = 200) -> [[Step]] {
        var random = SeededGenerator(seed: seed)
        return (0..<2).map { partition in
            (0..<count).map { index in
                let time = Int64(index) * 5 + Int64.random(in: 0..<30, using: &random)
                return .event(
                    time, Sample(key: Int64.random(in: 0..<5, using: &random), number: Int64(index * 2 + partition)))
            }
        }
    }

    static func source(_ seed: UInt64, count: Int = 200, bound: Int64 = 20) -> StageDescription {
        .from(ScriptedSource(partitions: partitions(seed, count: count), disorder: Disorder(boundNanoseconds: bound)))
    }

    private func rows(_ stage: StageDescription, _ seed: UInt64, batch: Int, parallelism: Int) async throws -> [String]
    {
        let collector = Collector(Sample.self)
        let flow = FlowDescription(name: "f", stages: [Self.source(seed), stage, .to(collector)])
        try await run([flow], batch: batch, parallelism: parallelism)
        return zip(collector.values, collector.times).map { "\($0) at \($1)" }
    }

    @Test("ordered results are those of a map, in order and with their times", arguments: [1, 7, 4096])
    func ordered(batch: Int) async throws {
        for seed in UInt64(0)..<6 {
            let outside = Outside()
            let map = StageDescription.map { (s: Sample) in Outside.answer(s) }
            let asking = StageDescription.asking(AsyncRequests(capacity: 5)) { (s: Sample) in
                await outside.answer(s, seed: seed)
            }
            let expected = try await rows(map, seed, batch: 4096, parallelism: 1)
            let found = try await rows(asking, seed, batch: batch, parallelism: Int(seed) % 2 + 1)
            #expect(found == expected, "seed \(seed)")
            #expect(outside.most <= 5 && outside.running == 0 && outside.asked.count == 400, "seed \(seed)")
        }
    }

    @Test("keys and marks of late events stay with the results", arguments: [1, 7, 4096])
    func keysAndMarks(batch: Int) async throws {
        for seed in UInt64(0)..<4 {
            let outside = Outside()
            func rows(_ stage: StageDescription, batch: Int, parallelism: Int) async throws -> (
                [Row], OperatorStatistics
            ) {
                let collector = Collector(Row.self)
                let flow = FlowDescription(
                    name: "f",
                    stages: [
                        Self.source(seed, bound: 2), .keyBy { (s: Sample) in s.key }, stage,
                        .aggregate(.time(TimeWindows(size: 10, every: 10)), Aggregate(.sum, .integer)), .to(collector),
                    ])
                let run = try await run([flow], batch: batch, parallelism: parallelism)
                return (collector.values, run.statistics)
            }
            let order: AsyncRequests.Order = seed % 2 == 0 ? .ordered : .unordered
            let expected = try await rows(.map { (s: Sample) in Outside.answer(s) }, batch: 4096, parallelism: 1)
            let found = try await rows(
                .asking(AsyncRequests(capacity: 7, order: order)) { (s: Sample) in await outside.answer(s, seed: seed)
                },
                batch: batch, parallelism: Int(seed) % 2 + 1)
            #expect(found.0 == expected.0 && found.1 == expected.1, "seed \(seed)")
            #expect(expected.1.lateEvents > 0, "seed \(seed)")
        }
    }

    /// The numbers of the results between watermarks.
    private func segments(_ output: [StreamElement]) -> [[Int64]] {
        var segments: [[Int64]] = [[]]
        for element in output {
            if let batch = element.batch {
                segments[segments.count - 1] += batch.values(Sample.self).map(\.number)
            } else if element.watermark != nil || element.control != nil {
                segments.append([])
            }
        }
        return segments
    }

    @Test("unordered results pass no watermark and no control record, in neither direction", arguments: [1, 7, 64])
    func unordered(batch: Int) async throws {
        var isReordered = false
        for seed in UInt64(0)..<20 {
            var random = SeededGenerator(seed: seed)
            let outside = Outside()
            var driver = AsyncDriver(AsyncRequests(capacity: 8, order: .unordered)) { (s: Sample) in
                await outside.answer(s, seed: seed)
            }
            var expected: [[Int64]] = [[]]
            var watermark = Int64.min
            for part in 0..<30 {
                let events = (0..<batch).map { k in
                    (time: Int64(part * 100), sample: Sample(number: Int64(part * 100 + k)))
                }
                expected[expected.count - 1] += events.map { $0.sample.number * 10 }
                let rises = random.once(in: 3)
                if rises { watermark = Int64(part) }
                try await driver.put(
                    .batch(Batch(events, sequence: UInt64(part * batch), watermark: watermark)))
                if rises { expected.append([]) }
                if random.once(in: 4) {
                    try await driver.put(.control(.scanEnd(ScanEnd(scan: ScanID(1), eventCount: UInt64(part)))))
                    expected.append([])
                }
            }
            try await driver.finish()
            let found = segments(driver.output)
            #expect(found.map { $0.sorted() } == expected, "seed \(seed)")
            #expect(outside.most <= 8)
            #expect(driver.output.last?.isEnd == true)
            isReordered = isReordered || found != expected
        }
        #expect(isReordered, "nothing ever changed its place")
    }

    @Test("a stage that has as many requests as it may takes no further event")
    func full() async throws {
        let outside = Outside()
        var driver = AsyncDriver(AsyncRequests(capacity: 3)) { (s: Sample) in
            try await outside.silence()
            return s
        }
        try await driver.put(.batch(Batch([(1, Sample()), (2, Sample())])))
        #expect(driver.takesMore)
        try await driver.put(.batch(Batch([(3, Sample()), (4, Sample())])))
        #expect(!driver.takesMore)
        await driver.close()
        #expect(outside.running == 0)
    }

    @Test("an attempt that takes too long is tried again, on the run's clock, and the last one is told")
    func timeouts() async throws {
        let attempts = Guarded(0)
        let requests = AsyncRequests(
            capacity: 2, timeout: .nanoseconds(50),
            retries: .exponential(3, first: .nanoseconds(10), factor: 3, longest: .nanoseconds(40)))
        var driver = AsyncDriver(requests) { (s: Sample) in
            attempts.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(1_000_000))
            return s
        }
        try await driver.put(.batch(Batch([(7, Sample(number: 5))], sequence: 41)))
        // An attempt ends after 50; the rests are 10, 30 and 40.
        for instant in [50, 60, 110, 140, 190, 230] as [Int64] {
            #expect(driver.wakeInstant == instant)
            driver.clock.advance(by: instant - driver.clock.nanoseconds)
            try driver.wakeNow()
        }
        #expect(driver.wakeInstant == 280)
        driver.clock.advance(by: 50)
        let error = #expect(throws: EngineError.self) { try driver.wakeNow() }
        #expect(
            error?.summary
                == "stage test/stage failed at event 41: no result within 5e-08 seconds, the last of 4 attempts")
        await driver.close()
        #expect(attempts.withLock { $0 } <= 4)
    }

    @Test("a request that fails at first succeeds at a retry")
    func retries() async throws {
        let failures = Guarded(2)
        var driver = AsyncDriver(AsyncRequests(retries: .constant(2, every: .nanoseconds(100)))) { (s: Sample) in
            let fails = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            if fails { throw Failure() }
            return s
        }
        try await driver.put(.batch(Batch([(7, Sample(number: 5))])))
        for instant in [100, 200] as [Int64] {
            while driver.wakeInstant == nil { try await driver.wake() }
            #expect(driver.wakeInstant == instant)
            driver.clock.advance(by: 100)
            try driver.wakeNow()
        }
        try await driver.finish()
        #expect(driver.output.compactMap(\.batch).flatMap { $0.values(Sample.self) } == [Sample(number: 5)])
    }

    @Test("the run ends with the error of the first event in order, and no request is left behind")
    func failure() async throws {
        let outside = Outside()
        let collector = Collector(Sample.self)
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(ScriptedSource(partitions: [(0..<100).map { .e($0) }])),
                StageDescription.asking(AsyncRequests(capacity: 8)) { (s: Sample) in
                    if s.number == 20 { throw Failure() }
                    if s.number > 20 { try await outside.silence() }
                    return s
                }.named("ask"), .to(collector),
            ])
        let error = await #expect(throws: EngineError.self) { try await run([flow]) }
        #expect(error?.summary == "stage f/ask failed at event 20: the author's error")
        #expect(outside.running == 0)
        #expect(collector.values.count <= 20)
    }

    @Test("an event without a result is left out")
    func compact() async throws {
        let collector = Collector(Sample.self)
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(ScriptedSource(partitions: [(0..<100).map { .e($0) }])),
                .asking { (s: Sample) async -> Sample? in s.number % 3 == 0 ? s : nil }, .to(collector),
            ])
        try await run([flow], batch: 7)
        #expect(collector.values.map(\.number) == Array(stride(from: 0, to: 100, by: 3)))
    }

    @Test("after a crash requests on their way are made again, and results come once", arguments: [1, 7, 64])
    func crashes(batch: Int) async throws {
        for seed in UInt64(0)..<3 {
            let outside = Outside()
            let order: AsyncRequests.Order = .ordered
            let flows = { (collector: DurableCollector<Sample>) in
                [
                    FlowDescription(
                        name: "f",
                        stages: [
                            Self.source(seed, count: 300),
                            .asking(AsyncRequests(capacity: 6, order: order)) { (s: Sample) in
                                await outside.answer(s, seed: seed)
                            }, .to(collector),
                        ])
                ]
            }
            let whole = DurableCollector(Sample.self)
            try await runCrashing(whole, at: [], batch: batch, flows(whole))
            let once = outside.asked
            let collector = DurableCollector(Sample.self)
            let restored = try await runCrashing(
                collector, at: [150, 400, 500], batch: batch, parallelism: [2, 1, 4], flows(collector))
            #expect(collector.values == whole.values && collector.times == whole.times, "seed \(seed)")
            #expect(restored.contains { $0 != nil })
            #expect(outside.asked.allSatisfy { $1 > once[$0, default: 0] }, "somebody was not asked for again")
        }
    }

    @Test("what is on its way is in the snapshot, with watermarks and control records between it")
    func snapshot() async throws {
        let outside = Outside()
        let function: @concurrent @Sendable (Sample) async throws -> Sample? = { s in
            if s.number % 2 == 1 { try await outside.silence() }
            return s
        }
        var processor = AsyncProcessor(testStage, AsyncRequests(capacity: 10), function)
        let inbox = Inbox(inputs: [0])
        processor.begin(with: Waker(inbox, VirtualClock()))
        processor.accept(.batch(Batch([(1, Sample(number: 0)), (2, Sample(number: 1))], watermark: 1)))
        processor.accept(.control(.timeMark(Timestamp(nanoseconds: 2))))
        processor.accept(.batch(Batch([(5, Sample(number: 2)), (6, Sample(number: 3))], sequence: 2, watermark: 3)))
        while try processor.next() == nil {
            _ = try await inbox.receiveUnlessWoken(except: [])
            processor.wake(at: 0)
        }
        var writer = StateWriter()
        try processor.snapshot(into: &writer)
        await processor.close()

        var restored = AsyncProcessor<Sample, Sample>(testStage, AsyncRequests(capacity: 10)) { $0 }
        restored.begin(with: Waker(inbox, VirtualClock()))
        try restored.restore(writer.chunks)
        restored.accept(.end)
        var output: [StreamElement] = []
        while !restored.takesMore {
            _ = try await inbox.receiveUnlessWoken(except: [])
            restored.wake(at: 0)
            while let element = try restored.next() { output.append(element) }
        }
        #expect(output.compactMap(\.batch).flatMap { $0.values(Sample.self).map(\.number) } == [1, 2, 3])
        #expect(output.compactMap(\.watermark) == [1, 3])
        #expect(output.compactMap(\.control) == [.timeMark(Timestamp(nanoseconds: 2))])
        #expect(output.last?.isEnd == true)
    }

    @Test("numbers that cannot be are refused")
    func mistakes() {
        func problem(_ requests: AsyncRequests) -> String? {
            let stage = StageDescription.asking(requests) { (s: Sample) in s }
            let flow = FlowDescription(name: "f", stages: [Self.source(1), stage, .to(Collector(Sample.self))])
            return #expect(throws: EngineError.self) { try PhysicalPlan([flow]) }?.summary
        }
        #expect(problem(AsyncRequests(capacity: 0))?.contains("capacity of 0") == true)
        #expect(problem(AsyncRequests(timeout: .zero))?.contains("timeout") == true)
        #expect(problem(AsyncRequests(retries: .constant(-1, every: .zero)))?.contains("-1 retries") == true)
        #expect(problem(AsyncRequests(retries: .exponential(1, factor: 0.5)))?.contains("factor") == true)
        #expect(problem(AsyncRequests(retries: .constant(1, every: .seconds(-1))))?.contains("retries") == true)
    }
}

@Suite("Results of requests behind several inputs")
struct MixedRequestTests {
    @Test("flows that go on from results of several origins get them in order", arguments: [1, 7, 4096])
    func branches(batch: Int) async throws {
        for seed in UInt64(0)..<4 {
            let (first, second) = (Collector(Sample.self), Collector(Sample.self))
            let asked = FlowDescription(
                name: "asked",
                stages: [AsyncTests.source(seed), .asking(AsyncRequests(capacity: 5)) { (s: Sample) in s }])
            let flows = [
                asked, FlowDescription(name: "first", stages: [.flow(asked), .to(first)]),
                FlowDescription(name: "second", stages: [.flow(asked), .map { (s: Sample) in s }, .to(second)]),
            ]
            let expected = Collector(Sample.self)
            try await run([FlowDescription(name: "f", stages: [AsyncTests.source(seed), .to(expected)])])
            try await run(flows, batch: batch, parallelism: Int(seed) % 2 + 1)
            #expect(first.values == expected.values && second.values == expected.values, "seed \(seed)")
        }
    }
}
