import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

/// A flow that records and two that work on what was recorded.
struct Recording {
    let folder: TestFolder
    let log: EmbeddedLog

    init() async throws {
        folder = try TestFolder()
        log = try await EmbeddedLog(directory: folder.path + "/log")
    }

    /// A scan of `count` events; its number is given by the source, as a connector does.
    static func scan(_ number: UInt64, _ count: Int64, ended: Bool = true) -> [Step] {
        let start = Step.control(.scanStart(ScanStart(scan: ScanID(number), properties: ["events": "\(count)"])))
        let end = Step.control(.scanEnd(ScanEnd(scan: ScanID(number), eventCount: UInt64(count))))
        let events = (0..<count).map { n in
            Step.event(n, Sample(key: n % 5, number: n, float: Double(n * 7 % 11) / 3 + Double(number)))
        }
        return [start] + events + (ended ? [end] : [])
    }

    struct Outputs {
        let sums = Collector(Row.self)
        let readings = Collector(Reading.self)
    }

    static func flows(_ source: ScriptedSource, _ outputs: Outputs) -> [FlowDescription] {
        let recorded = FlowDescription(
            name: "recorded",
            stages: [
                .from(source), .map { (s: Sample) in Reading(s.key, s.float) }, .persist("readings", Reading.self),
            ])
        let numbers = NumberKernel(floats: { rows, input, numbers in
            for k in 0..<rows.count { numbers[rows[k]] = input.assumingMemoryBound(to: Reading.self)[rows[k]].value }
            return KernelOutcome(processed: rows.count)
        })
        let sum = Aggregate(.sum, of: numbers, row: ValueType(Row.self)) { rows, target in
            for k in 0..<rows.count {
                (target.assumingMemoryBound(to: Row.self) + k).initialize(to: Row(rows, k, keyedByText: false))
            }
        }
        return [
            recorded,
            FlowDescription(
                name: "sums",
                stages: [
                    .flow(recorded), .keyBy { (r: Reading) in r.sensor },
                    .aggregate(.time(TimeWindows(size: 20, every: 10)), sum), .to(outputs.sums),
                ]),
            FlowDescription(name: "all", stages: [.flow(recorded), .to(outputs.readings)]),
        ]
    }
}

@Suite("Runs over topics")
struct TopicRunTests {
    private func work(
        _ recording: Recording, _ steps: [Step], batch: Int = 7, parallelism: Int = 1,
        reading: RunOptions.Reading = .live
    ) async throws -> (Recording.Outputs, PipelineRun) {
        let outputs = Recording.Outputs()
        let flows = Recording.flows(ScriptedSource(partitions: [steps]), outputs)
        let run = try await run(flows, batch: batch, parallelism: parallelism, log: recording.log, reading: reading)
        return (outputs, run)
    }

    @Test("what is recorded is worked on, and a replay gives the same rows for every batch size and parallelism")
    func replayEqualsRun() async throws {
        let recording = try await Recording()
        let (live, run) = try await work(recording, Recording.scan(1, 200))
        #expect(live.readings.values.count == 200)
        #expect(live.readings.values.prefix(2) == [Reading(0, 1), Reading(1, 7.0 / 3 + 1)])
        #expect(live.sums.values.count == 21 * 5)
        #expect(live.sums.values.first?.start == -10 && live.sums.values.last?.end == 210)
        #expect(live.readings.controls.count == 2)
        #expect(live.readings.calls == ["finish"] && live.sums.calls == ["finish"])
        // Sensors 0, 2 and 4 of 0 ..< 5 count.
        #expect(run.progress.counts["readings_acknowledged"] == 120)
        #expect(run.progress.properties == ["events": "200"])
        for (batch, parallelism) in [(1, 1), (7, 4), (4096, 2)] {
            let (replayed, run) = try await work(
                recording, [], batch: batch, parallelism: parallelism, reading: .replay(nil))
            #expect(replayed.sums.values == live.sums.values, "batch \(batch), parallelism \(parallelism)")
            #expect(replayed.sums.times == live.sums.times)
            #expect(replayed.readings.values == live.readings.values)
            #expect(replayed.readings.times == live.readings.times)
            #expect(replayed.readings.controls == live.readings.controls)
            #expect(run.progress.counts["readings_acknowledged"] == nil, "a replay records nothing")
        }
    }

    @Test("a second run sees its own scan only, and each scan can be replayed by its number")
    func scans() async throws {
        let recording = try await Recording()
        _ = try await work(recording, Recording.scan(1, 30))
        let (second, _) = try await work(recording, Recording.scan(2, 50))
        #expect(second.readings.values.count == 50)
        let known = try await recording.log.scans(in: "readings")
        #expect(known.map(\.scan) == [ScanID(1), ScanID(2)])
        #expect(known.map(\.eventCount) == [30, 50])
        #expect(known.map(\.startOffset) == [0, 32] && known.map(\.endOffset) == [31, 83])
        for (wanted, count) in [(ScanID(1), 30), (ScanID(2), 50), (nil, 50)] as [(ScanID?, Int)] {
            let (replayed, _) = try await work(recording, [], reading: .replay(wanted))
            #expect(replayed.readings.values.count == count)
            #expect(replayed.readings.controls.count == 2)
        }
        let error = await #expect(throws: EngineError.self) {
            _ = try await work(recording, [], reading: .replay(ScanID(7)))
        }
        #expect(error?.summary == "the topic readings has no scan 7")
        #expect(error?.hint == "it has 1, 2")
    }

    @Test("the source's context names a scan that no topic of the run has yet")
    func scanIdentity() async throws {
        struct Asking: Source {
            typealias Output = Sample
            let disorder = Disorder.ascending
            let summary = "asking"

            func open(_ partition: Int, context: SourceContext) -> any SourceReader<Sample> {
                Reader(scan: context.scan)
            }

            struct Reader: SourceReader {
                let scan: ScanID
                var hasBegun = false

                mutating func read(into batch: inout SourceBatch<Sample>) -> SourceProgress {
                    defer { hasBegun = true }
                    return hasBegun ? .end : .control(.scanStart(ScanStart(scan: scan)))
                }
            }
        }
        let recording = try await Recording()
        for number in UInt64(1)...3 {
            let flow = FlowDescription(
                name: "f",
                stages: [.from(Asking()), .map { (s: Sample) in Reading(s.key, 0) }, .to("readings", Reading.self)])
            let run = try makeRun([flow], log: recording.log)
            let scan = try await run.run()
            #expect(scan == ScanID(number))
        }
        let recorded = try await recording.log.scans(in: "readings").map(\.scan.number)
        #expect(recorded == [1, 2, 3])
    }

    @Test("a scan whose recording broke off is replayed as far as it goes")
    func brokenScan() async throws {
        let recording = try await Recording()
        _ = try await work(recording, Recording.scan(1, 30, ended: false))
        let (last, _) = try await work(recording, [], reading: .replay(nil))
        #expect(last.readings.values.count == 30 && last.readings.controls.count == 1)
        _ = try await work(recording, Recording.scan(2, 10))
        let (first, _) = try await work(recording, [], reading: .replay(ScanID(1)))
        #expect(first.readings.values.count == 30, "the next scan is not part of it")
        #expect(first.readings.controls.count == 1)
    }

    @Test("events written to a topic are read from it by another run, in order and with their times")
    func topicsInAndOut() async throws {
        let recording = try await Recording()
        let steps = (Int64(0)..<100).map { Step.event($0 * 3 - 50, Sample(number: $0)) }
        try await run(
            [
                FlowDescription(
                    name: "write",
                    stages: [
                        .from(ScriptedSource(partitions: [steps])), .filter { (s: Sample) in s.number % 3 != 0 },
                        .map { (s: Sample) in Note("note \(s.number)") }, .to("notes", Note.self),
                    ])
            ], batch: 9, log: recording.log)
        for batch in [1, 7, 4096] {
            let collector = Collector(Note.self)
            try await run(
                [FlowDescription(name: "read", stages: [.from("notes", Note.self), .to(collector)])], batch: batch,
                log: recording.log)
            let numbers = (Int64(0)..<100).filter { $0 % 3 != 0 }
            #expect(collector.values.map(\.text) == numbers.map { "note \($0)" })
            #expect(collector.times == numbers.map { $0 * 3 - 50 })
        }
    }

    @Test("a topic of another schema is refused by name, one that is not there too, and so is a run without a log")
    func wrongTopics() async throws {
        let recording = try await Recording()
        try await run(
            [
                FlowDescription(
                    name: "write",
                    stages: [
                        .from(ScriptedSource(partitions: [[]])), .map { (_: Sample) in Note("") },
                        .to("notes", Note.self),
                    ])
            ], log: recording.log)
        let flow = FlowDescription(name: "read", stages: [.from("notes", Reading.self), .to(Collector(Reading.self))])
        let error = await #expect(throws: EngineError.self) { try await run([flow], log: recording.log) }
        #expect(error?.summary == "the topic notes holds Note@1, not Reading@1")
        let without = await #expect(throws: EngineError.self) { try await run([flow]) }
        #expect(without?.hint == "give --log DIR")
        let absent = FlowDescription(
            name: "read", stages: [.from("absent", Reading.self), .to(Collector(Reading.self))])
        let missing = await #expect(throws: LogError.self) { try await run([absent], log: recording.log) }
        #expect(missing?.code == .topicNotFound)
    }

    @Test("time marks are recorded in the log, so that a replay finds the same events late")
    func timeMarks() async throws {
        let recording = try await Recording()
        let source = ScriptedSource(partitions: [[.e(3), .w(8), .e(5), .w(40), .e(7)]], disorder: .marks)
        for reading in [RunOptions.Reading.live, .replay(nil)] {
            let outputs = Recording.Outputs()
            let run = try await run(
                Recording.flows(source, outputs), batch: 2, log: recording.log, reading: reading)
            #expect(outputs.sums.values.map(\.end) == [10, 20])
            #expect(outputs.sums.values.map(\.float) == [3 + 5, 3 + 5])
            #expect(run.statistics.lateEvents == 1)
            #expect(outputs.readings.values.count == 3)
        }
    }

    @Test("batches of more than 65,536 events are refused", arguments: [0, 65_537])
    func batchSizes(batch: Int) async throws {
        let flow = FlowDescription(
            name: "f", stages: [.from(ScriptedSource(partitions: [[]])), .to(Collector(Sample.self))])
        await #expect(throws: EngineError.self) { try await run([flow], batch: batch) }
    }
}
