import Foundation
import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Answers that are remembered by keys")
struct RememberedAnswerTests {
    typealias Function = @concurrent @Sendable (Sample) async throws -> Sample?

    /// What comes out of a run, in the order of the numbers.
    private struct Outcome: Equatable {
        var values: [Sample]
        var times: [Int64]

        init(_ collector: Collector<Sample>) {
            let order = collector.values.indices.sorted { collector.values[$0].number < collector.values[$1].number }
            values = order.map { collector.values[$0] }
            times = order.map { collector.times[$0] }
        }
    }

    static func asking<Out: Sendable>(
        _ name: String, in topic: String = "answers", by key: @escaping @Sendable (Sample) -> AnswerKey?,
        _ requests: AsyncRequests = AsyncRequests(capacity: 6),
        _ function: @escaping @concurrent @Sendable (Sample) async throws -> Out?
    ) -> StageDescription {
        let remembering = AnswerRemembering(in: topic, by: key)
        var stage = StageDescription(
            .operation(AnyOperator(requests, remembering: remembering, function)), label: "MapAsync")
        stage.isWaking = true
        return stage.named(name)
    }

    static let byNumber: @Sendable (Sample) -> AnswerKey? = { AnswerKey($0.number) }
    static let nobody: Function = { _ in throw Failure(text: "asked") }

    func makeRun(
        _ stages: [StageDescription], _ path: String, batch: Int = 7, parallelism: Int = 1,
        limits: AnswerMemory.Limits = AnswerMemory.Limits(), _ checkpoints: CheckpointOptions? = nil
    ) async throws -> PipelineRun {
        let log = try await EmbeddedLog(directory: path)
        var options = RunOptions(batchEvents: batch, topicDurability: .pageCache, checkpoints: checkpoints)
        options.answerLimits = limits
        let plan = try PhysicalPlan([FlowDescription(name: "f", stages: stages)], parallelism: parallelism)
        return PipelineRun(plan, options: options, log: log)
    }

    /// The keys in a topic, in the order of the records.
    func keys(_ path: String, _ topic: String = "answers") async throws -> [AnswerKey] {
        let log = try await EmbeddedLog(directory: path)
        let reader = try await log.reader(for: TopicPartition(topic), from: .earliest)
        var keys: [AnswerKey] = []
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count { keys.append(try records.event(RememberedAnswer.self, at: index).key) }
        }
        await reader.close()
        return keys
    }

    /// Samples 0..<count, one a nanosecond.
    static func source(_ count: Int64) -> StageDescription {
        .from(ScriptedSource(partitions: [(0..<count).map { .e($0) }]))
    }

    // MARK: What is remembered

    @Test(
        "a later run asks nobody and gives the same, at any batch size and parallelism, with and without what is in memory",
        arguments: [AsyncRequests.Order.ordered, .unordered], [1, 7, 4096])
    func later(order: AsyncRequests.Order, batch: Int) async throws {
        let seed: UInt64 = 3
        let folder = try TestFolder()
        let outside = Outside()
        let requests = AsyncRequests(capacity: 6, timeout: .seconds(100), order: order)
        func outcome(
            batch: Int, parallelism: Int = 1, recentBytes: Int = 1 << 20, _ function: @escaping Function
        ) async throws -> Outcome {
            let collector = Collector(Sample.self)
            let stages = [
                AsyncTests.source(seed), Self.asking("ask", by: Self.byNumber, requests, function), .to(collector),
            ]
            let limits = AnswerMemory.Limits(recentBytes: recentBytes)
            try await makeRun(stages, folder.path, batch: batch, parallelism: parallelism, limits: limits).run()
            if order == .ordered, parallelism == 1 { #expect(collector.values.count == 320) }
            return Outcome(collector)
        }
        // A fifth of the events has no answer, which is remembered, too.
        let first = try await outcome(batch: batch) { sample in
            let answer = await outside.answer(sample, seed: seed)
            return sample.number % 5 == 0 ? nil : answer
        }
        #expect(first.values.count == 320 && outside.asked.count == 400 && outside.asked.values.allSatisfy { $0 == 1 })
        #expect(Set(try await keys(folder.path)).count == 400)
        for (batch, parallelism, recentBytes) in [(1, 2, 0), (7, 1, 1 << 20), (4096, 2, 1000)] {
            let again = try await outcome(
                batch: batch, parallelism: parallelism, recentBytes: recentBytes, Self.nobody)
            #expect(again == first, "batch \(batch)")
        }
        #expect(try await keys(folder.path).count == 400, "nothing is remembered twice")
    }

    @Test("ordered answers leave in the order of their events, whether they were remembered or not")
    func inOrder() async throws {
        let folder = try TestFolder()
        let outside = Outside()
        for part in [3, 1] as [Int64] {
            // Of the second run every third event is known.
            let collector = Collector(Sample.self)
            let stages = [
                Self.source(200), .filter { (s: Sample) in s.number % part == 0 },
                Self.asking("ask", by: Self.byNumber) { await outside.answer($0, seed: 9) }, .to(collector),
            ]
            try await makeRun(stages, folder.path).run()
            let numbers = stride(from: 0, to: Int64(200), by: Int(part))
            #expect(collector.values.map(\.number) == numbers.map { $0 * 10 })
            #expect(collector.times == Array(numbers))
        }
        #expect(outside.asked.count == 200 && outside.asked.values.allSatisfy { $0 == 1 })
    }

    @Test(
        "events of one key that is asked for wait for its answer, and nobody is asked twice",
        arguments: [1, 7, 4096])
    func oneKey(batch: Int) async throws {
        for seed in UInt64(0)..<4 {
            let folder = try TestFolder()
            let outside = Outside()
            let collector = Collector(Sample.self)
            let stages = [
                AsyncTests.source(seed),
                Self.asking("ask", by: { AnswerKey($0.key) }) { sample in
                    await outside.answer(Sample(key: sample.key, number: sample.key), seed: seed)
                }, .to(collector),
            ]
            // Read from the topic each time, or from memory.
            let limits = AnswerMemory.Limits(recentBytes: seed % 2 == 0 ? 0 : 1 << 20)
            try await makeRun(stages, folder.path, batch: batch, limits: limits).run()
            #expect(outside.asked == [0: 1, 1: 1, 2: 1, 3: 1, 4: 1], "seed \(seed)")
            #expect(collector.values.count == 400 && collector.values.allSatisfy { $0.number == $0.key * 10 })
            #expect(try await keys(folder.path).count == 5)
        }
    }

    @Test("with another parameter only what depends on it is asked for, of two stages")
    func parameter() async throws {
        let folder = try TestFolder()
        func asked(pressure: Double) async throws -> (geometry: Int, uptake: Int, values: [Double]) {
            let (geometry, uptake) = (Outside(), Outside())
            let collector = Collector(Sample.self)
            let stages = [
                Self.source(50),
                Self.asking("geometry", in: "geometry", by: Self.byNumber) { await geometry.answer($0, seed: 1) },
                Self.asking("uptake", in: "uptake", by: { AnswerKey($0.number, pressure) }) { sample in
                    let answer = await uptake.answer(sample, seed: 2)
                    return Sample(number: answer.number, float: pressure)
                },
                .to(collector),
            ]
            try await makeRun(stages, folder.path).run()
            #expect(collector.values.map(\.number) == (0..<50).map { $0 * 100 })
            return (geometry.asked.count, uptake.asked.count, collector.values.map(\.float))
        }
        for (pressure, expected) in [(1.0, (50, 50)), (1.0, (0, 0)), (2.5, (0, 50)), (1.0, (0, 0)), (2.5, (0, 0))] {
            let found = try await asked(pressure: pressure)
            #expect((found.geometry, found.uptake) == expected && found.values.allSatisfy { $0 == pressure })
        }
    }

    // MARK: What goes wrong

    @Test(
        "a run that goes on after a crash asks for nothing that had left",
        arguments: [AsyncRequests.Order.ordered, .unordered], 0..<4 as Range<UInt64>)
    func crashes(order: AsyncRequests.Order, seed: UInt64) async throws {
        let folder = try TestFolder()
        let outside = Outside()
        let collector = DurableCollector(Sample.self)
        let requests = AsyncRequests(capacity: 6, order: order)
        let stages = [
            BrokenRuns.source(seed),
            Self.asking("ask", by: Self.byNumber, requests) { await outside.answer($0, seed: seed) }, .to(collector),
        ]
        for attempt in BrokenRuns.attempts(500, seed: seed) {
            collector.fail(at: attempt.crash, afterCheckpoint: attempt.crash.map { $0 % 2 == 1 } ?? false)
            let run = try await makeRun(
                stages, folder.path, batch: attempt.batch, parallelism: attempt.parallelism,
                CheckpointOptions(name: "test", interval: .zero))
            if attempt.crash == nil {
                try await run.run()
            } else {
                await #expect(throws: (any Error).self) { try await run.run() }
            }
        }
        let expected = BrokenRuns.partitions(seed).joined().compactMap { step -> Int64? in
            if case .event(_, let sample) = step { sample.number * 10 } else { nil }
        }
        #expect(collector.values.map(\.number).sorted() == expected.sorted())
        // Only what was on its way at a crash is asked for again.
        let requestsMade = outside.asked.values.reduce(0, +)
        #expect(requestsMade <= Set(expected).count + 3 * 6, "\(requestsMade) requests")
        let keys = try await keys(folder.path)
        #expect(Set(keys).count == keys.count && keys.count == Set(expected).count)
    }

    @Test("what has left is in the topic, as a kill leaves it: a copy of the log has it")
    func killed() async throws {
        let folder = try TestFolder()
        let collector = Collector(Sample.self)
        let gate = Guarded(false)
        func stages(_ collector: Collector<Sample>, _ function: @escaping Function) -> [StageDescription] {
            [
                Self.source(30), Self.asking("ask", by: Self.byNumber, AsyncRequests(capacity: 6), function),
                .to(collector),
            ]
        }
        let run = try await makeRun(
            stages(collector) { sample in
                while sample.number == 20, !gate.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
                return Outside.answer(sample)
            }, folder("log"), batch: 1)
        async let running = run.run()
        try await wait(until: { collector.values.count >= 20 })
        try FileManager.default.copyItem(atPath: folder("log"), toPath: folder("copy"))
        gate.withLock { $0 = true }
        _ = try await running
        let (outside, again) = (Outside(), Collector(Sample.self))
        try await makeRun(stages(again) { await outside.answer($0, seed: 1) }, folder("copy")).run()
        #expect(again.values == collector.values && again.values.count == 30)
        #expect(outside.asked.keys.allSatisfy { $0 >= 20 } && outside.asked[20] == 1, "\(outside.asked)")
    }

    @Test(
        "a request that failed is not remembered; its retries and time-outs are those of one request for all its events"
    )
    func failed() async throws {
        let folder = try TestFolder()
        let (attempts, outside) = (Guarded(0), Outside())
        let requests = AsyncRequests(capacity: 32, retries: .constant(2, every: .zero))
        func stages(_ function: @escaping Function) -> [StageDescription] {
            let key: @Sendable (Sample) -> AnswerKey = { AnswerKey($0.number / 2) }
            return [Self.source(20), Self.asking("ask", by: key, requests, function), .to(Collector(Sample.self))]
        }
        let failing = try await makeRun(
            stages { sample in
                guard sample.number / 2 == 4 else { return Outside.answer(sample) }
                attempts.withLock { $0 += 1 }
                throw Failure(text: "no answer")
            }, folder.path, batch: 4096)
        let error = await #expect(throws: EngineError.self) { try await failing.run() }
        #expect(error?.summary.contains("no answer, the last of 3 attempts") == true, "\(error?.summary ?? "")")
        #expect(attempts.withLock { $0 } == 3, "one request for two events")
        #expect(!(try await keys(folder.path)).contains(AnswerKey(Int64(4))))
        try await makeRun(stages { await outside.answer($0, seed: 1) }, folder.path, batch: 4096).run()
        #expect(outside.asked[8] == 1 && outside.asked.keys.allSatisfy { $0 >= 8 }, "\(outside.asked)")
        #expect(Set(try await keys(folder.path)) == Set((0..<10).map { AnswerKey(Int64($0)) }))
    }

    @Test("a topic that was deleted costs time only")
    func deleted() async throws {
        let folder = try TestFolder()
        var outcomes: [Outcome] = []
        for _ in 0..<2 {
            let (outside, collector) = (Outside(), Collector(Sample.self))
            let stages = [
                Self.source(40), Self.asking("ask", by: Self.byNumber) { await outside.answer($0, seed: 1) },
                .to(collector),
            ]
            try await makeRun(stages, folder.path).run()
            #expect(outside.asked.count == 40)
            outcomes.append(Outcome(collector))
            try await EmbeddedLog(directory: folder.path).deleteTopic("answers")
        }
        #expect(outcomes[0] == outcomes[1])
    }

    @Test("a topic with other records is refused, with the type of the answers")
    func others() async throws {
        let folder = try TestFolder()
        let samples = [
            Self.source(3), Self.asking("ask", by: Self.byNumber) { Outside.answer($0) }, .to(Collector(Sample.self)),
        ]
        try await makeRun(samples, folder.path).run()
        let numbers = [
            Self.source(3), Self.asking("ask", by: Self.byNumber) { $0.number }, .to(Collector(Int64.self)),
        ]
        let error = await #expect(throws: EngineError.self) { try await makeRun(numbers, folder.path).run() }
        #expect(
            error?.summary
                == "f/ask remembers answers of the type Int64, penstock.remembered.Int64.8, but the topic answers holds penstock.remembered.Sample.24@1"
        )
        #expect(error?.hint?.contains("another topic") == true)
        // The run that was refused has left the topic alone.
        try await makeRun(samples, folder.path).run()
    }

    // MARK: Bounds

    @Test("behind the most keys answers are not remembered, and a warning says so")
    func bounds() async throws {
        let folder = try TestFolder()
        for expected in [40, 15] {
            let (outside, collector) = (Outside(), Collector(Sample.self))
            let stages = [
                Self.source(40), Self.asking("ask", by: Self.byNumber) { await outside.answer($0, seed: 1) },
                .to(collector),
            ]
            let run = try await makeRun(stages, folder.path, limits: AnswerMemory.Limits(keys: 25))
            try await run.run()
            #expect(outside.asked.count == expected && collector.values.map(\.number) == (0..<40).map { $0 * 10 })
            #expect(
                run.progress.remarks == [
                    .warning(
                        "f/ask remembers 25 answers in answers, the most possible: others are asked for each time")
                ])
        }
        #expect(try await keys(folder.path).count == 25)
    }

    @Test("while another run has the topic, what is there is taken and nothing is added")
    func owned() async throws {
        let folder = try TestFolder()
        func asked(_ count: Int64) async throws -> (Int, [RunRemark]) {
            let (outside, collector) = (Outside(), Collector(Sample.self))
            let stages = [
                Self.source(count), Self.asking("ask", by: Self.byNumber) { await outside.answer($0, seed: 1) },
                .to(collector),
            ]
            let run = try await makeRun(stages, folder.path)
            try await run.run()
            #expect(collector.values.map(\.number) == (0..<count).map { $0 * 10 })
            return (outside.asked.count, run.progress.remarks)
        }
        #expect(try await asked(10).0 == 10)
        let writer = try await EmbeddedLog(directory: folder.path).writer(for: TopicPartition("answers"))
        let (count, remarks) = try await asked(15)
        #expect(count == 5)
        guard case .warning(let text)? = remarks.first else {
            Issue.record("no warning")
            return
        }
        #expect(text.contains("f/ask remembers no new answers: another run has the topic answers"))
        try await writer.close()
        #expect(try await keys(folder.path).count == 10)
        #expect(try await asked(15).0 == 5)
    }

    // MARK: Plans

    @Test(
        "explain says where answers are remembered; they need a log, values that can be written and a topic of their own"
    )
    func rules() async throws {
        struct Closed: Sendable { var body: @Sendable () -> Void }
        let asking = Self.asking("ask", by: Self.byNumber) { Outside.answer($0) }
        let flow = FlowDescription(name: "f", stages: [Self.source(1), asking, .to(Collector(Sample.self))])
        let plan = try PhysicalPlan([flow])
        #expect(
            plan.text.contains(
                "f/ask: asks for a Sample for each event, ordered, at most 6 at a time, remembers answers by key in the topic answers"
            ))
        #expect(plan.usesTopics && !plan.needsJournal)
        #expect(Guarantee(plan).reasons(atEndOf: plan.stages.count - 1).isEmpty)
        let unlogged = await #expect(throws: EngineError.self) { try await run([flow]) }
        #expect(unlogged?.summary.contains("but there is no log") == true, "\(unlogged?.summary ?? "")")
        func problem(_ stages: [StageDescription]) -> String? {
            #expect(throws: EngineError.self) {
                try PhysicalPlan([FlowDescription(name: "g", stages: stages)])
            }?.summary
        }
        let closed = Self.asking("ask", by: Self.byNumber) { (_: Sample) in Closed {} }
        let unwritable = problem([Self.source(1), closed, .to(Collector(Closed.self))])
        #expect(unwritable?.contains("its answers cannot be remembered: make Closed an Event") == true)
        let twice = [Self.source(1), asking, asking.named("again"), .to(Collector(Sample.self))]
        #expect(problem(twice)?.contains("two stages write to the topic") == true)
    }
}
