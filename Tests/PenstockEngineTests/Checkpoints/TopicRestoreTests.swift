import Foundation
import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Topics over restored runs")
struct TopicRestoreTests {
    /// Records a source, works on what was recorded, and writes rows to another topic and to a sink.
    private func flows(_ sums: DurableCollector<Row>) -> [FlowDescription] {
        let recorded = FlowDescription(
            name: "recorded",
            stages: [
                BrokenRuns.source(8), .map { (s: Sample) in Reading(s.key, s.float) },
                .persist("readings", Reading.self),
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
        let windows = FlowDescription(
            name: "windows",
            stages: [
                .flow(recorded), .keyBy { (r: Reading) in r.sensor },
                .aggregate(.time(TimeWindows(size: 40, every: 20)), sum),
            ])
        return [
            recorded, windows,
            FlowDescription(
                name: "rows",
                stages: [.flow(windows), .map { (row: Row) in Note("\(row)") }, .to("rows", Note.self)]),
            FlowDescription(name: "sums", stages: [.flow(windows), .to(sums)]),
        ]
    }

    private func events<E: Event>(_ topic: String, _ type: E.Type, in folder: TestFolder) async throws -> [E] {
        let log = try await EmbeddedLog(directory: folder.path)
        let reader = try await log.reader(for: TopicPartition(topic), from: .earliest)
        var events: [E] = []
        while let entry = try await reader.next() {
            guard case .records(let batch) = entry else { continue }
            for index in 0..<batch.count { events.append(try batch.event(at: index)) }
        }
        await reader.close()
        return events
    }

    @Test("persisted topics and topic sinks hold each row once, and their readers go on")
    func onceEach() async throws {
        let whole = DurableCollector(Row.self)
        var unbroken = try BrokenRuns()
        try await unbroken.run(.init(), flows(whole))
        let readings = try await events("readings", Reading.self, in: unbroken.folder)
        let rows = try await events("rows", Note.self, in: unbroken.folder)
        #expect(readings.count == 500 && rows.map(\.text) == whole.values.map(\.description))
        for seed in UInt64(0)..<6 {
            let sums = DurableCollector(Row.self)
            var runs = try BrokenRuns()
            let attempts = BrokenRuns.attempts(whole.values.count, seed: seed)
            try await runs.run(sums, attempts) { flows($0) }
            #expect(sums.values == whole.values && sums.times == whole.times, "seed \(seed): \(attempts)")
            #expect(
                try await events("readings", Reading.self, in: runs.folder) == readings, "seed \(seed): \(attempts)")
            #expect(try await events("rows", Note.self, in: runs.folder) == rows, "seed \(seed): \(attempts)")
        }
    }
}

@Suite("The beginning and the end of runs with checkpoints")
struct CheckpointLifeTests {
    /// Puts out the running sum, and the number of events at the end.
    private func flow(_ collector: DurableCollector<Int64>, named name: String? = nil) -> [FlowDescription] {
        var running = StageDescription.operation(AnyOperator(Running()))
        running.name = name
        return [FlowDescription(name: "f", stages: [BrokenRuns.source(4), running, .to(collector)])]
    }

    @Test("a run that breaks off while its sinks come to their end goes on there, and says nothing twice")
    func betweenLastCheckpointAndCommit() async throws {
        let collector = DurableCollector(Int64.self)
        let stopper = DurableCollector(Int64.self)
        stopper.failsAtEnd(true)
        var runs = try BrokenRuns()
        let both = {
            let source = FlowDescription(name: "s", stages: [BrokenRuns.source(4)])
            return [source]
                + [("a", collector), ("b", stopper)].map { name, sink in
                    FlowDescription(name: name, stages: [.flow(source), .operation(AnyOperator(Running())), .to(sink)])
                }
        }
        try await runs.run(.init(crash: 0), both())
        #expect(collector.finished == 1 && stopper.finished == 0)
        let rows = collector.values
        #expect(rows.count == 501 && rows.last == 500)
        stopper.failsAtEnd(false)
        try await runs.run(.init(batch: 64, parallelism: 2), both())
        #expect(runs.restored.last??.description != nil)
        #expect(collector.values == rows && stopper.values == rows)
        #expect(stopper.finished == 1)
    }

    @Test("a run that has come to its end leaves nothing to go on from")
    func finished() async throws {
        let collector = DurableCollector(Int64.self)
        var runs = try BrokenRuns()
        try await runs.run(.init(), flow(collector))
        try await runs.run(.init(), flow(collector))
        #expect(runs.restored == [nil, nil])
        #expect(collector.values.count == 501 && collector.finished == 2)
    }

    @Test("beginning anew gives up what was there, also where the new run breaks off at once")
    func beginningAnew() async throws {
        let collector = DurableCollector(Int64.self)
        var runs = try BrokenRuns()
        collector.fail(at: 400)
        try await runs.run(.init(crash: 400), flow(collector, named: "old"))
        collector.fail(at: 0)
        try await runs.run(.init(crash: 0), restoring: .nothing, flow(collector, named: "new"))
        collector.fail(at: nil)
        let last = try await runs.run(.init(), flow(collector, named: "new"))
        #expect(runs.restored.prefix(2) == [nil, nil] && runs.restored.last != .some(nil))
        #expect(collector.values.count == 501)
        #expect(last.progress.remarks.isEmpty)
    }
}

@Suite("State in memory, snapshots in a topic of the log")
struct CheckpointStoreTests {
    private func state(_ number: UInt8, bytes: Int = 1_000) -> StageState {
        var state = StageState()
        let owner = StateOwner(stage: StageName(flow: "f", stage: "s"), part: .operation)
        state.put(
            owner, form: "form",
            [
                StateChunk(group: nil, bytes: Array(repeating: number, count: bytes)),
                StateChunk(group: 5, bytes: [1, 2, number]),
            ])
        return state
    }

    private func store(_ folder: TestFolder, kept: Int = 3) async throws -> CheckpointStore {
        try await CheckpointStore(
            CheckpointOptions(name: "c", kept: kept), try await EmbeddedLog(directory: folder.path), .pageCache)
    }

    private func last(_ folder: TestFolder) async throws -> (checkpoint: Checkpoint?, remarks: [RunRemark]) {
        let store = try await store(folder)
        var remarks: [RunRemark] = []
        let last = try await store.last { remarks.append($0) }
        try await store.close()
        return (last.checkpoint, remarks)
    }

    @Test("a large state comes back from several records")
    func large() async throws {
        let folder = try TestFolder()
        let first = try await store(folder)
        try await first.write(Checkpoint(epoch: 7, scan: ScanID(3), state: state(9, bytes: 20 << 20)))
        try await first.close()
        let (checkpoint, remarks) = try await last(folder)
        #expect(checkpoint?.epoch == 7 && checkpoint?.scan == ScanID(3) && remarks.isEmpty)
        #expect(checkpoint?.state.chunks == state(9, bytes: 20 << 20).chunks)
    }

    @Test("a checkpoint damaged on disk gives way to the one before it, which is said")
    func damaged() async throws {
        let folder = try TestFolder()
        let first = try await store(folder)
        for epoch in UInt64(1)...3 {
            try await first.write(Checkpoint(epoch: epoch, scan: ScanID(1), state: state(UInt8(epoch) + 0x40)))
        }
        try await first.close()
        #expect(try await last(folder).checkpoint?.epoch == 3)
        try folder.flipByte(behind: Array(repeating: 0x43, count: 200))
        let (checkpoint, remarks) = try await last(folder)
        #expect(checkpoint?.epoch == 2)
        #expect(checkpoint?.state.chunks == state(0x42).chunks)
        guard case .warning(let text)? = remarks.first else {
            Issue.record("\(remarks)")
            return
        }
        #expect(remarks.count == 1)
        #expect(
            text.hasPrefix(
                "the last checkpoint in checkpoints.c/0 is damaged; checkpoint 2, the one before it, is taken: "))
    }

    @Test("no more checkpoints are kept than wanted")
    func kept() async throws {
        let folder = try TestFolder()
        let first = try await store(folder, kept: 2)
        for epoch in UInt64(1)...5 {
            try await first.write(Checkpoint(epoch: epoch, scan: ScanID(1), state: state(UInt8(epoch), bytes: 1 << 20)))
        }
        try await first.close()
        try folder.flipByte(behind: Array(repeating: 5, count: 200))
        #expect(try await last(folder).checkpoint?.epoch == 4)
    }

    @Test(
        "a checkpoint that cannot be written ends the run and says why",
        .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func full() async throws {
        let folder = try TestFolder()
        let disk = try MemoryDisk("size=1m", at: folder.path + "/disk")
        defer { disk.unmount() }
        let collector = DurableCollector(WindowSum.self)
        let endless = ScriptedSource(
            partitions: [(0..<200_000).map { Step.event($0, Sample(number: $0)) }], isEndless: true)
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(endless),
                .operation(AnyOperator(Summing(), windows: PositionWindows(.whole)) { sample, _ in sample.number }),
                .to(collector),
            ])
        let log = try await EmbeddedLog(directory: disk.path)
        let run = PipelineRun(
            try PhysicalPlan([flow]),
            options: RunOptions(
                topicDurability: .pageCache, checkpoints: CheckpointOptions(name: "c", interval: .zero)), log: log)
        let error = await #expect(throws: (any Error).self) { try await run.run() }
        let summary = (error as? any Diagnostic)?.summary ?? "\(String(describing: error))"
        #expect(summary.hasPrefix("checkpoint "), "\(summary)")
        #expect(summary.contains("cannot be kept in checkpoints.c/0: "), "\(summary)")
    }
}

extension TestFolder {
    /// Changes a byte in the files of the folder, in the middle of these bytes, which are in one file once.
    func flipByte(behind pattern: [UInt8]) throws {
        let files = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        for name in files.sorted() {
            let url = URL(fileURLWithPath: path).appendingPathComponent(name)
            guard var data = try? Data(contentsOf: url), let range = data.range(of: Data(pattern)) else { continue }
            data[range.lowerBound + pattern.count / 2] ^= 0x55
            try data.write(to: url)
            return
        }
        Issue.record("the bytes are in no file")
    }
}
