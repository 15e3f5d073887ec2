import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Figures of checkpoints")
struct CheckpointFigureTests {
    @Test("a checkpoint is as large as the states in its topic, and each that was kept counts")
    func sizes() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let source = ScriptedSource(
            partitions: [(0..<300).map { .e($0, key: $0 % 40) }], pauseMicroseconds: 100)
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(source), .keyBy { (s: Sample) in s.key },
                .aggregate(.time(TimeWindows(size: 100, every: 100)), Aggregate(.sum, .integer)),
                .to(DurableCollector(Row.self)),
            ])
        let checkpoints = CheckpointOptions(name: "test", interval: .zero, kept: 10_000)
        let run = PipelineRun(
            try PhysicalPlan([flow]),
            options: RunOptions(batchEvents: 10, topicDurability: .pageCache, checkpoints: checkpoints), log: log)
        try await run.run()
        let figures = try #require(run.figures?.checkpoints)

        var bytes: [UInt64: Int] = [:]
        var complete: [UInt64] = []
        let reader = try await log.reader(for: TopicPartition(checkpoints.topic), from: .earliest)
        while let entry = try await reader.next() {
            guard case .records(let batch) = entry else { continue }
            for index in 0..<batch.count {
                let record: CheckpointRecord = try batch.event(at: index)
                bytes[record.epoch, default: 0] += record.bytes.count
                if record.kind == .end { complete.append(record.epoch) }
            }
        }
        await reader.close()
        // The first is the beginning, and the last says that there is nothing to go on from.
        let kept = complete.dropFirst().dropLast()
        #expect(figures.kept == kept.count && figures.kept > 0)
        #expect(figures.lastEpoch == kept.last)
        #expect(figures.lastBytes == kept.last.flatMap { bytes[$0] })
        #expect(figures.lastBytes > 0)
        #expect(figures.totalBytes == kept.reduce(0) { $0 + bytes[$1, default: 0] })
        #expect(figures.abandoned == 0)
        #expect(figures.longestDuration >= figures.lastDuration && figures.lastDuration > .zero)
    }

    @Test("a run without checkpoints has no figures of them")
    func none() async throws {
        let flow = FlowDescription(
            name: "f", stages: [.from(ScriptedSource(partitions: [[.e(1)]])), .to(Collector(Sample.self))])
        let figures = try await run([flow]).figures
        #expect(figures != nil && figures?.checkpoints == nil)
    }
}
