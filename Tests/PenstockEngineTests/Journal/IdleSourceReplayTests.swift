import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

/// A source of one partition that has nothing for a while between its events, by which others that it is merged with go on.
private struct HesitantSource: Source {
    let events: [(time: Int64, sample: Sample)]
    /// How often there is nothing before the event with a number that is divisible by 5; 0 for a source that never waits.
    var looks = 0
    var clock: VirtualClock?
    let disorder = Disorder(boundNanoseconds: 10)
    let summary = "hesitant"

    func open(_ partition: Int, context: SourceContext) -> any SourceReader<Sample> { Reader(source: self) }

    private struct Reader: SourceReader {
        let source: HesitantSource
        var next = 0
        var looks = 0

        mutating func read(into batch: inout SourceBatch<Sample>) -> SourceProgress {
            while !batch.isFull {
                guard next < source.events.count else { return .end }
                if source.looks > 0, next % 5 == 0, looks < source.looks {
                    guard batch.count == 0 else { return .more }
                    looks += 1
                    source.clock?.advance(by: 10)
                    return .more
                }
                looks = 0
                let event = source.events[next]
                batch.append(event.sample, time: Timestamp(nanoseconds: event.time))
                next += 1
            }
            return .more
        }
    }
}

@Suite("The journal of sources that are idle as a whole")
struct IdleSourceReplayTests {
    private static let late = SideOutputName("late", of: Sample.self)

    private struct Outcome: Equatable {
        var rows: [Row]
        var times: [Int64]
        var late: [Sample]
    }

    private static func events(_ seed: UInt64, _ first: Int64) -> [(time: Int64, sample: Sample)] {
        var random = SeededGenerator(seed: seed &+ UInt64(first))
        return (0..<60).map { index in
            let sample = Sample(
                key: Int64.random(in: 0..<4, using: &random), number: first + Int64(index),
                float: Double.random(in: 0..<1, using: &random))
            return (Int64(index) * 7 - Int64.random(in: 0..<12, using: &random), sample)
        }
    }

    /// Two sources that may be idle and one that never is, merged, in windows by key.
    private func flows(
        _ seed: UInt64, looks: Int, _ clock: VirtualClock?, _ rows: some Sink<Row>, _ late: some Sink<Sample>
    ) -> [FlowDescription] {
        func source(_ number: Int64, looks: Int) -> FlowDescription {
            var from = StageDescription.from(
                HesitantSource(events: Self.events(seed, number * 100), looks: looks, clock: clock))
            from.reading.idleAfter = 50
            return FlowDescription(name: "source\(number)", stages: [from, .filter { (s: Sample) in s.number >= 0 }])
        }
        let busy = StageDescription.from(HesitantSource(events: Self.events(seed, 300)))
        var windows = StageDescription.aggregate(.time(TimeWindows(size: 20, every: 20)), Aggregate(.sum, .float))
        windows.sides = [.late: Self.late]
        let inner = FlowDescription(
            name: "inner",
            stages: [
                StageDescription(.inputs([source(1, looks: looks), source(2, looks: looks / 2)]), label: "Merge")
            ])
        let parts = [
            FlowDescription(name: "left", stages: [.flow(inner)]), FlowDescription(name: "right", stages: [busy]),
        ]
        return [
            inner,
            FlowDescription(
                name: "main",
                stages: [
                    StageDescription(.inputs(parts), label: "Merge"), .keyBy { (s: Sample) in s.key }, windows,
                    .to(rows),
                ]),
            FlowDescription(name: "late", stages: [StageDescription(.side(Self.late), label: "From"), .to(late)]),
        ]
    }

    private func makeRun(
        _ flows: [FlowDescription], _ log: EmbeddedLog, _ journal: JournalOptions?, batch: Int, parallelism: Int,
        _ clock: VirtualClock? = nil, _ checkpoints: CheckpointOptions? = nil
    ) throws -> PipelineRun {
        var options = RunOptions(batchEvents: batch, topicDurability: .pageCache, checkpoints: checkpoints)
        options.journal = journal
        if let clock { options.clock = clock }
        return PipelineRun(try PhysicalPlan(flows, parallelism: parallelism), options: options, log: log)
    }

    private func replayed(
        _ seed: UInt64, _ log: EmbeddedLog, batch: Int, parallelism: Int, looks: Int = 0
    ) async throws -> (Outcome, [RunRemark]) {
        let (rows, late) = (Collector(Row.self), Collector(Sample.self))
        let run = try makeRun(
            flows(seed, looks: looks, nil, rows, late), log, .following("test"), batch: batch, parallelism: parallelism)
        try await run.run()
        let sorted = late.values.sorted { $0.number < $1.number }
        return (Outcome(rows: rows.values, times: rows.times, late: sorted), run.progress.remarks)
    }

    @Test(
        "a replay measures the events of a source that comes back against the instant of the run, at any pace",
        arguments: 0..<6 as Range<UInt64>)
    func replay(seed: UInt64) async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let (rows, late, clock) = (Collector(Row.self), Collector(Sample.self), VirtualClock())
        let live = flows(seed, looks: 12, clock, rows, late)
        let run = try makeRun(
            live, log, .writing("test"), batch: [1, 7, 4096][Int(seed) % 3], parallelism: Int(seed) % 2 + 1, clock)
        try await run.run()
        #expect(run.progress.journaledRun == 1)
        let outcome = Outcome(
            rows: rows.values, times: rows.times, late: late.values.sorted { $0.number < $1.number })
        #expect(!outcome.late.isEmpty, "seed \(seed): idleness made no event late")
        for (batch, parallelism, looks) in [(1, 1, 0), (7, 2, 3), (4096, 2, 0)] {
            let (again, remarks) = try await replayed(seed, log, batch: batch, parallelism: parallelism, looks: looks)
            #expect(again == outcome && remarks.isEmpty, "seed \(seed), batch \(batch)")
        }
    }

    @Test("a run that went on after crashes is replayed as one", arguments: 0..<4 as Range<UInt64>)
    func crashes(seed: UInt64) async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let (rows, late) = (DurableCollector(Row.self), DurableCollector(Sample.self))
        var random = SeededGenerator(seed: seed)
        var restored: [UInt64?] = []
        for crash in [Int.random(in: 5..<20, using: &random), Int.random(in: 20..<50, using: &random), nil] {
            rows.fail(at: crash, afterCheckpoint: crash != nil)
            let clock = VirtualClock()
            let run = try makeRun(
                flows(seed, looks: 12, clock, rows, late), log, .writing("test"),
                batch: [1, 3, 7].randomElement(using: &random) ?? 1, parallelism: 1, clock,
                CheckpointOptions(name: "test", interval: .zero))
            if crash == nil {
                try await run.run()
            } else {
                await #expect(throws: (any Error).self) { try await run.run() }
            }
            restored.append(run.progress.restoredCheckpoint)
        }
        let outcome = Outcome(
            rows: rows.values, times: rows.times, late: late.values.sorted { $0.number < $1.number })
        for (batch, parallelism) in [(1, 2), (4096, 1)] {
            let (again, _) = try await replayed(seed, log, batch: batch, parallelism: parallelism)
            #expect(again == outcome, "seed \(seed), batch \(batch), restored \(restored)")
        }
    }

    @Test("a source that is merged with others is outside of the guarantee where it may be idle, and one alone is not")
    func guarantee() throws {
        let (rows, late) = (Collector(Row.self), Collector(Sample.self))
        let merged = try PhysicalPlan(flows(1, looks: 1, nil, rows, late))
        #expect(merged.needsJournal && Guarantee(merged).reasons(atEndOf: merged.stages.count - 1).count == 2)
        var from = StageDescription.from(HesitantSource(events: Self.events(1, 0)))
        from.reading.idleAfter = 50
        let alone = try PhysicalPlan([
            FlowDescription(name: "alone", stages: [from, .to(Collector(Sample.self))])
        ])
        #expect(!alone.needsJournal && Guarantee(alone).reasons(atEndOf: alone.stages.count - 1).isEmpty)
    }
}
