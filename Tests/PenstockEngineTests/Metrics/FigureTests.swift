import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Metrics: the figures of a run")
struct FigureTests {
    private let rows = Collector(Row.self)

    private func flow(_ source: some Source, size: Int64 = 10) -> FlowDescription {
        FlowDescription(
            name: "f",
            stages: [
                .from(source), .filter { (s: Sample) in s.number % 2 == 0 }, .keyBy { (s: Sample) in s.key },
                .aggregate(.time(TimeWindows(size: size, every: size)), Aggregate(.sum, .integer)), .to(rows),
            ])
    }

    @Test(
        "events and bytes are those of the script, at each stage, partition and edge", arguments: [1, 7, 4096], [1, 2])
    func counts(batch: Int, parallelism: Int) async throws {
        // 300 and 100 events; half of their numbers are even; the times 0 ..< 300 fill 30 windows of one key.
        let source = ScriptedSource(partitions: [(0..<300).map { .e($0) }, (0..<100).map { .e($0) }])
        let run = try await run([flow(source)], batch: batch, parallelism: parallelism)
        let figures = try #require(run.figures)
        let read = figures.stages.filter { !$0.partitions.isEmpty }
        #expect(read.count == 1)
        #expect(figures.isOver)
        // A sample has 24 bytes, its time 8, the hash of its key 8.
        let stages = figures.stages
        #expect(read[0].eventsIn == 400 && read[0].bytesIn == 400 * 32)
        #expect(read[0].partitions.map(\.events) == [300, 100])
        #expect(read[0].partitions.map(\.bytes) == [300 * 32, 100 * 32])
        #expect(read[0].partitions.map { $0.latest?.nanoseconds } == [299, 99])
        #expect(read[0].partitions.map(\.reading) == [.ended, .ended])
        #expect(rows.values.count == 30)
        #expect(stages.last?.eventsOut == 30)
        #expect(stages.count == (parallelism == 1 ? 1 : 3))
        if parallelism > 1 {
            #expect(read[0].eventsOut == 200 && read[0].bytesOut == 200 * 40)
            #expect(stages[1].eventsIn == 200 && stages[1].bytesIn == 200 * 40 && stages[1].eventsOut == 30)
            // A row, its time and its key.
            #expect(stages[2].eventsIn == 30 && stages[2].bytesIn == 30 * (MemoryLayout<Row>.stride + 16))
            #expect(figures.edges.filter { $0.to.stage == 1 }.reduce(0) { $0 + $1.events } == 200)
        }
        for edge in figures.edges {
            #expect(edge.queued == 0 && edge.fill == 0 && !edge.isBlocked && edge.dropped == 0)
        }
        for stage in stages {
            #expect(stage.watermark == .distantFuture && stage.hold == nil && stage.openWindows == 0)
            #expect(!stage.instances.contains { !$0.hasEnded })
        }
    }

    @Test("case 9: the late event is counted, with the partition from which it came", arguments: 0..<8)
    func late(seed: Int) async throws {
        // The bound is 5; which partition is read first decides nothing.
        let a: [Step] = [.e(20), .e(8), .e(14)]
        let b: [Step] = [.e(4)]
        let source = ScriptedSource(
            partitions: seed % 2 == 0 ? [a, b] : [b, a], disorder: Disorder(boundNanoseconds: 5))
        let run = try await run([flow(source)], batch: [1, 2, 4096][seed % 3], parallelism: 1 + seed / 4)
        let step = try #require(run.figures?.stages.flatMap(\.operators).first { $0.statistics.lateEvents > 0 })
        #expect(step.statistics.lateEvents == 1)
        #expect(step.lateByPartition.count == 1)
        #expect(step.lateByPartition.first?.key.partition == seed % 2)
        #expect(step.lateByPartition.first?.value == 1)
    }

    @Test("misses of sliding windows and events outside of all windows are told with the operator's name")
    func misses() async throws {
        // Case 4: e9 misses three windows; case 6: e2 is in none.
        let sliding = FlowDescription(
            name: "sliding",
            stages: [
                .from(ScriptedSource(partitions: [[.e(8), .w(13), .e(9)]])), .keyBy { (s: Sample) in s.key },
                .aggregate(.time(TimeWindows(size: 10, every: 2)), Aggregate(.sum, .integer)), .to(rows),
            ])
        let gaps = FlowDescription(
            name: "gaps",
            stages: [
                .from(ScriptedSource(partitions: [[.e(0), .e(1), .e(2), .e(6)]])), .keyBy { (s: Sample) in s.key },
                .aggregate(.time(TimeWindows(size: 2, every: 5)), Aggregate(.sum, .integer)), .to(Collector(Row.self)),
            ])
        let steps = try #require(try await run([sliding, gaps]).figures).stages.flatMap(\.operators)
        let missed = steps.filter { $0.name.flow == "sliding" }.map(\.statistics)
        let outside = steps.filter { $0.name.flow == "gaps" }.map(\.statistics)
        #expect(missed == [OperatorStatistics(lateWindows: 3)])
        #expect(outside == [OperatorStatistics(outsideEvents: 1)])
    }

    @Test("payloads count where the source says how large they are, and as long as the values are the source's")
    func payloads() async throws {
        let plain = FlowDescription(name: "f", stages: [.from(Frames(count: 10)), .to(Collector(Frame.self))])
        let stage = try #require(try await run([plain], batch: 3).figures?.stages.first)
        // A frame is a reference and a time beside its 1000 bytes.
        #expect(stage.bytesIn == 10 * (8 + 8 + 1000))
        #expect(stage.bytesOut == stage.bytesIn)
        let mapped = FlowDescription(
            name: "f",
            stages: [.from(Frames(count: 10)), .map { (f: Frame) in f.pixels.count }, .to(Collector(Int.self))])
        let out = try await run([mapped]).figures?.stages.first?.bytesOut
        #expect(out == 10 * 16)
    }

    @Test("time that passes while a stage works makes it busy, to the nanosecond")
    func busy() async throws {
        let clock = VirtualClock()
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(ScriptedSource(partitions: [(0..<50).map { .e($0) }])),
                .map { (s: Sample) in
                    clock.advance(by: 7)
                    return s
                }, .to(Collector(Sample.self)),
            ])
        var options = RunOptions(batchEvents: 3)
        options.clock = clock
        let run = PipelineRun(try PhysicalPlan([flow]), options: options, log: nil)
        try await run.run()
        let instance = try #require(run.figures?.stages.first?.instances.first)
        #expect(instance.busy == .nanoseconds(350) && instance.idle == .zero && instance.blocked == .zero)
        #expect(run.figures?.elapsed == .nanoseconds(350))
    }
}

/// An event that refers to memory.
private struct Frame: Sendable {
    let pixels: [UInt8]
}

/// Frames of 1000 bytes each.
private struct Frames: Source {
    let count: Int
    let disorder = Disorder.ascending
    let summary = "frames"

    func open(_ partition: Int, context: SourceContext) -> any SourceReader<Frame> { Reader(left: count) }

    private struct Reader: SourceReader {
        var left: Int

        mutating func read(into batch: inout SourceBatch<Frame>) -> SourceProgress {
            while !batch.isFull, left > 0 {
                left -= 1
                batch.append(
                    Frame(pixels: Array(repeating: 1, count: 1000)), time: Timestamp(nanoseconds: Int64(-left)),
                    payloadBytes: 1000)
            }
            return left == 0 ? .end : .more
        }
    }
}
