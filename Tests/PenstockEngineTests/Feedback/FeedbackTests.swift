import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Feedback through a topic")
struct FeedbackTests {
    /// One step of Collatz's sequence, which comes to 1 from every number that anybody has tried.
    private static func step(_ reading: Reading) -> Reading {
        let number = Int64(reading.value)
        return Reading(reading.sensor, Double(number % 2 == 0 ? number / 2 : 3 * number + 1))
    }

    /// What a number becomes, step by step, at most so many times.
    static func sequence(_ start: Int64, limit: Int = .max) -> [Reading] {
        var readings: [Reading] = []
        var reading = Reading(start, Double(start))
        while reading.value != 1, readings.count < limit {
            reading = step(reading)
            readings.append(reading)
        }
        return readings
    }

    static let starts: [Int64] = (2...60).map { $0 * 7 % 61 + 2 }

    private func feedback(_ rule: FeedbackRule) -> StageDescription {
        var stage = StageDescription.from("steer", Reading.self, disorder: .marks)
        stage.feedback = rule
        stage.reading = SourceReading()
        return stage
    }

    /// Takes each number through its sequence, each step a turn of the loop.
    func flows(
        _ sink: some Sink<Reading>, initial: [Reading] = [], rounds: Int?, starts: [Int64] = Self.starts,
        pauseMicroseconds: UInt32 = 0, records: [ControlRecord] = []
    ) -> [FlowDescription] {
        let steps = starts.enumerated().map { Step.event(Int64($0) * 3, Sample(number: $1)) }
        var source = ScriptedSource(partitions: [
            steps.enumerated().flatMap { [$1] + ($0 < records.count ? [.control(records[$0])] : []) }
        ])
        source.pauseMicroseconds = pauseMicroseconds
        let numbers = FlowDescription(
            name: "input1",
            stages: [.from(source), .map { (s: Sample) in Reading(s.number, Double(s.number)) }])
        let back = FlowDescription(
            name: "input2", stages: [feedback(FeedbackRule(initial: initial, rounds: rounds))])
        let loop = FlowDescription(
            name: "loop",
            stages: [
                StageDescription(.inputs([numbers, back]), label: "Merge"), .map { (r: Reading) in Self.step(r) },
            ])
        return [
            loop, FlowDescription(name: "rows", stages: [.flow(loop), .to(sink)]),
            FlowDescription(
                name: "back",
                stages: [.flow(loop), .filter { (r: Reading) in r.value != 1 }, .to("steer", Reading.self)]),
        ]
    }

    func sorted(_ readings: [Reading]) -> [Reading] {
        readings.sorted { ($0.sensor, $0.value) < ($1.sensor, $1.value) }
    }

    private func run(
        _ collector: Collector<Reading>, initial: [Reading] = [], rounds: Int?, batch: Int,
        starts: [Int64] = Self.starts, parallelism: Int = 1
    ) async throws -> [Reading] {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        try await PenstockEngineTests.run(
            flows(collector, initial: initial, rounds: rounds, starts: starts), batch: batch, parallelism: parallelism,
            log: log)
        let reader = try await log.reader(for: TopicPartition("steer"), from: .earliest)
        var recorded: [Reading] = []
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count { recorded.append(try records.event(at: index)) }
        }
        await reader.close()
        return recorded
    }

    @Test("a loop that is read as it comes ends when nothing new comes", arguments: [1, 7, 4096])
    func asItComes(batch: Int) async throws {
        let collector = Collector(Reading.self)
        let recorded = try await run(collector, rounds: nil, batch: batch)
        let expected = Self.starts.flatMap { Self.sequence($0) }
        #expect(sorted(collector.values) == sorted(expected))
        #expect(sorted(recorded) == sorted(expected.filter { $0.value != 1 }), "everything that went round is recorded")
    }

    @Test("records of a source go round once, and nothing comes before its time", .timeLimit(.minutes(10)))
    func records() async throws {
        let starts = Array(Self.starts.prefix(15))
        let marks = starts.indices.map { ControlRecord.timeMark(Timestamp(nanoseconds: Int64($0) * 3)) }
        let scan = [
            ControlRecord.scanStart(ScanStart(scan: ScanID(1))), .scanEnd(ScanEnd(scan: ScanID(1), eventCount: 2)),
        ]
        for records in [marks, scan] {
            for batch in [1, 64] {
                let collector = Collector(Reading.self)
                let folder = try TestFolder()
                let log = try await EmbeddedLog(directory: folder.path)
                try await PenstockEngineTests.run(
                    flows(collector, rounds: nil, starts: starts, pauseMicroseconds: 200, records: records),
                    batch: batch,
                    log: log)
                #expect(sorted(collector.values) == sorted(starts.flatMap { Self.sequence($0) }))
                #expect(collector.times == collector.times.sorted(), "batch \(batch)")
                let end = try await log.describe("steer").partitions[0].nextOffset
                #expect(Int(end) <= collector.values.count - starts.count + records.count, "batch \(batch)")
            }
        }
    }

    @Test("a loop in rounds gives the same rows and times for any batch size and parallelism")
    func inRounds() async throws {
        let whole = Collector(Reading.self)
        let recorded = try await run(whole, rounds: 500, batch: 4096)
        #expect(sorted(whole.values) == sorted(Self.starts.flatMap { Self.sequence($0) }))
        #expect(whole.times == whole.times.sorted(), "an event comes behind the time that the loop has come to")
        for (batch, parallelism) in [(1, 2), (7, 1), (64, 4)] {
            let collector = Collector(Reading.self)
            #expect(try await run(collector, rounds: 500, batch: batch, parallelism: parallelism) == recorded)
            #expect(collector.values == whole.values && collector.times == whole.times, "batch \(batch)")
        }
    }

    @Test("no more rounds are read than the feedback says", arguments: [0, 1, 5])
    func limit(rounds: Int) async throws {
        let collector = Collector(Reading.self)
        _ = try await run(collector, rounds: rounds, batch: 7)
        let expected = Self.starts.flatMap { Self.sequence($0, limit: rounds + 1) }
        #expect(sorted(collector.values) == sorted(expected))
    }

    @Test("a feedback begins with its first events", arguments: [nil, 200])
    func initial(rounds: Int?) async throws {
        let collector = Collector(Reading.self)
        _ = try await run(
            collector, initial: [Reading(27, 27), Reading(6, 6)], rounds: rounds, batch: 7, starts: [5])
        let expected = [27, 6, 5].flatMap { Self.sequence($0) }
        #expect(sorted(collector.values) == sorted(expected))
    }

    @Test("a loop in rounds goes on after a crash as if there had been none", arguments: [1, 7, 4096])
    func restore(batch: Int) async throws {
        let whole = DurableCollector(Reading.self)
        try await runCrashing(whole, at: [], batch: batch, flows(whole, rounds: 500))
        #expect(sorted(whole.values) == sorted(Self.starts.flatMap { Self.sequence($0) }))
        let collector = DurableCollector(Reading.self)
        let restored = try await runCrashing(
            collector, at: [20, 300, 700, 1_000], batch: batch, flows(collector, rounds: 500))
        #expect(collector.values == whole.values && collector.times == whole.times)
        #expect(restored.contains { $0 != nil }, "\(restored)")
    }

    /// The records of the loop's topic, with their times.
    private func recorded(_ log: EmbeddedLog) async throws -> (values: [Reading], times: [Int64]) {
        let reader = try await log.reader(for: TopicPartition("steer"), from: .earliest)
        var recorded: (values: [Reading], times: [Int64]) = ([], [])
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count { recorded.values.append(try records.event(at: index)) }
            records.withTimes { recorded.times += $0 }
        }
        await reader.close()
        return recorded
    }

    @Test("a loop that is read as it comes has one history over crashes, with a journal", arguments: 0..<6)
    func oneHistory(seed: UInt64) async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let collector = DurableCollector(Reading.self)
        var random = SeededGenerator(seed: seed)
        var restored: [UInt64?] = []
        for crash in [Int.random(in: 20..<300, using: &random), Int.random(in: 300..<900, using: &random), nil] {
            collector.fail(at: crash, afterCheckpoint: crash != nil)
            var options = RunOptions(
                batchEvents: [1, 7, 64].randomElement(using: &random) ?? 1, topicDurability: .pageCache,
                checkpoints: CheckpointOptions(name: "test", interval: .zero))
            options.journal = .writing("test")
            let run = PipelineRun(
                try PhysicalPlan(flows(collector, rounds: nil, pauseMicroseconds: 500)), options: options, log: log)
            if crash == nil {
                try await run.run()
            } else {
                await #expect(throws: (any Error).self) { try await run.run() }
            }
            restored.append(run.progress.restoredCheckpoint)
        }
        let expected = Self.starts.flatMap { Self.sequence($0) }
        #expect(sorted(collector.values) == sorted(expected))
        // What went round is what the sink has got, in the same order and at the same times.
        let (values, times) = try await recorded(log)
        let rows = zip(collector.values, collector.times).filter { $0.0.value != 1 }
        let first = zip(zip(values, times), rows).enumerated().first { $0.1.0.0 != $0.1.1.0 || $0.1.0.1 != $0.1.1.1 }
        #expect(
            values == rows.map(\.0) && times == rows.map(\.1),
            """
            seed \(seed), restored \(restored), \(values.count) in the topic, \(rows.count) rows, \
            first other \(String(describing: first))
            """)
    }

    @Test("a loop waits for requests that are on their way")
    func requests() async throws {
        let outside = Outside()
        let collector = Collector(Reading.self)
        var flows = flows(collector, rounds: 500)
        let loop = FlowDescription(
            name: "loop",
            stages: [
                flows[0].stages[0],
                .asking(AsyncRequests(capacity: 4)) { (r: Reading) async -> Reading in
                    _ = await outside.answer(Sample(number: Int64(r.value)), seed: 3)
                    return Self.step(r)
                },
            ])
        flows =
            [loop]
            + flows.dropFirst().map { flow in
                FlowDescription(name: flow.name, stages: [.flow(loop)] + flow.stages.dropFirst())
            }
        let folder = try TestFolder()
        try await PenstockEngineTests.run(flows, batch: 7, log: try await EmbeddedLog(directory: folder.path))
        #expect(sorted(collector.values) == sorted(Self.starts.flatMap { Self.sequence($0) }))
    }

    @Test("a feedback that is not merged, not written or read twice is refused")
    func mistakes() {
        func problem(_ flows: [FlowDescription]) -> String? {
            #expect(throws: EngineError.self) { try PhysicalPlan(flows) }?.summary
        }
        let rule = FeedbackRule(initial: [Reading](), rounds: nil)
        let collector = Collector(Reading.self)
        let right = flows(collector, rounds: nil)
        let alone = FlowDescription(name: "alone", stages: [feedback(rule), .to("steer", Reading.self)])
        #expect(problem([alone])?.contains("is not read where it meets another input") == true)
        #expect(problem(Array(right.prefix(2)))?.contains("nothing is put into the feedback") == true)
        let again = FlowDescription(name: "again", stages: [feedback(rule), .to(Collector(Reading.self))])
        #expect(problem(right + [again])?.contains("two stages read the feedback") == true)
        #expect(problem(flows(collector, rounds: -1))?.contains("-1 rounds") == true)
    }
}
