import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Savepoints")
struct SavepointTests {
    /// Sums by key in windows, from a source of two partitions.
    /// - Parameter count: After so many events of each partition the source has no more, but does not end; nil for one that ends.
    private func flows(_ rows: DurableCollector<Row>, upTo count: Int? = nil) -> [FlowDescription] {
        let source = StageDescription.from(
            ScriptedSource(
                partitions: BrokenRuns.partitions(3).map { Array($0.prefix(count ?? $0.count)) },
                disorder: Disorder(boundNanoseconds: 20), isEndless: count != nil))
        return [
            FlowDescription(
                name: "f",
                stages: [
                    source, .keyBy { (s: Sample) in s.key },
                    .aggregate(.time(TimeWindows(size: 400, every: 400)), Aggregate(.sum, .float)), .to(rows),
                ])
        ]
    }

    private func makeRun(
        _ flows: [FlowDescription], _ folder: TestFolder, batch: Int = 7, parallelism: Int = 1,
        _ options: CheckpointOptions
    ) async throws -> PipelineRun {
        let log = try await EmbeddedLog(directory: folder.path)
        return PipelineRun(
            try PhysicalPlan(flows, parallelism: parallelism),
            options: RunOptions(batchEvents: batch, topicDurability: .pageCache, checkpoints: options), log: log)
    }

    private func wholeRows() async throws -> (values: [Row], times: [Int64]) {
        let rows = DurableCollector(Row.self)
        let folder = try TestFolder()
        try await makeRun(flows(rows), folder, CheckpointOptions(name: "whole")).run()
        #expect(rows.values.count > 20)
        return (rows.values, rows.times)
    }

    @Test("a run that is stopped with a savepoint goes on from it with parallelism 1, 4 and 2, and other batches")
    func rescaled() async throws {
        let whole = try await wholeRows()
        let rows = DurableCollector(Row.self)
        let folder = try TestFolder()
        var options = CheckpointOptions(name: "p", interval: nil)
        for (step, parallelism) in [1, 4, 2].enumerated() {
            let run = try await makeRun(
                flows(rows, upTo: [100, 190, nil][step]), folder, batch: [7, 4, 64][step], parallelism: parallelism,
                options)
            if step < 2 {
                let name = "s\(step)"
                let before = rows.values.count
                let stopping = Task {
                    try await wait(until: { rows.values.count >= before + 12 })
                    run.stop(savepoint: name)
                }
                await #expect(throws: RunStopped.self) { try await run.run() }
                try await stopping.value
                #expect(run.progress.savepoints == [name])
                options.restoring = .savepoint(name)
            } else {
                try await run.run()
                #expect(run.progress.restoredCheckpoint != nil)
            }
        }
        #expect(rows.values == whole.values && rows.times == whole.times)
    }

    @Test("a savepoint is taken while the run goes on, and no retention drops it")
    func whileRunning() async throws {
        let whole = try await wholeRows()
        let rows = DurableCollector(Row.self)
        let folder = try TestFolder()
        let run = try await makeRun(
            flows(rows, upTo: 250), folder, CheckpointOptions(name: "p", interval: .zero, kept: 1))
        let asking = Task {
            try await wait(until: { rows.values.count >= 5 })
            defer { run.drain() }
            return try await run.savepoint("early")
        }
        try await run.run()
        let epoch = try await asking.value
        #expect(rows.values == whole.values && epoch > 1)
        let log = try await EmbeddedLog(directory: folder.path)
        let kept = try await log.checkpoints(of: "p")
        #expect(kept.last?.savepoint == "early" && kept.last?.epoch == epoch)
        #expect(kept.count == 2 && kept[0].isEnd && kept[0].epoch > epoch)
        #expect(kept.last?.stages.map(\.description) == ["f/From", "f/Aggregate", "f/To"].sorted())
        // What was written behind it is dropped, and comes again.
        var options = CheckpointOptions(name: "p", interval: nil)
        options.restoring = .savepoint("early")
        try await makeRun(flows(rows), folder, parallelism: 2, options).run()
        #expect(rows.values == whole.values && rows.times == whole.times)
    }

    @Test("a run that begins with a savepoint keeps it as its first checkpoint, from which the next one goes on")
    func fromSavepointToCheckpoint() async throws {
        let rows = DurableCollector(Row.self)
        let folder = try TestFolder()
        let first = try await makeRun(flows(rows, upTo: 100), folder, CheckpointOptions(name: "p", interval: nil))
        let stopping = Task {
            try await wait(until: { rows.values.count >= 12 })
            first.stop(savepoint: "s")
        }
        await #expect(throws: RunStopped.self) { try await first.run() }
        try await stopping.value
        let count = rows.values.count
        rows.fail(at: count + 1)
        var options = CheckpointOptions(name: "p", interval: .seconds(3600))
        options.restoring = .savepoint("s")
        let second = try await makeRun(flows(rows), folder, options)
        await #expect(throws: (any Error).self) { try await second.run() }
        rows.fail(at: nil)
        let third = try await makeRun(flows(rows), folder, CheckpointOptions(name: "p"))
        try await third.run()
        let restored = try #require(third.progress.restoredCheckpoint)
        let begun = try #require(second.progress.restoredCheckpoint)
        #expect(restored == begun + 1)
        let whole = try await wholeRows()
        #expect(rows.values == whole.values)
    }

    @Test("a drained run closes its windows, and one that goes on from it begins new ones")
    func drained() async throws {
        let rows = DurableCollector(Row.self)
        let folder = try TestFolder()
        var options = CheckpointOptions(name: "p", interval: nil)
        options.savepointAtEnd = "end"
        let run = try await makeRun(flows(rows, upTo: 130), folder, options)
        let draining = Task {
            try await wait(until: { rows.values.count >= 12 })
            run.drain()
        }
        try await run.run()
        try await draining.value
        #expect(run.progress.savepoints == ["end"] && rows.finished == 1)
        let first = rows.values
        let whole = try await wholeRows().values
        #expect(first.count < whole.count + 17)
        options.restoring = .savepoint("end")
        options.savepointAtEnd = nil
        try await makeRun(flows(rows), folder, options).run()
        // Each event is in one row: of the windows that were cut by the drain there are two.
        #expect(rows.values.count >= whole.count && rows.values.count <= whole.count + 2 * 17)
        let sums = { (rows: [Row]) in rows.map(\.float).reduce(0, +) }
        #expect(abs(sums(rows.values) - sums(whole)) < 1e-9, "\(sums(rows.values)), \(sums(whole))")
        #expect(Array(rows.values.prefix(first.count)) == first)
    }

    @Test("names that are taken, wrong or not there are refused before anything is read")
    func names() async throws {
        let rows = DurableCollector(Row.self)
        let folder = try TestFolder()
        var options = CheckpointOptions(name: "p", interval: nil)
        options.savepointAtEnd = "end"
        try await makeRun(flows(rows), folder, options).run()
        let taken = await #expect(throws: EngineError.self) {
            try await makeRun(flows(rows), folder, options).run()
        }
        #expect(taken?.summary == "there is a savepoint end of p already")
        options.savepointAtEnd = "a/b"
        let wrong = await #expect(throws: EngineError.self) { try await makeRun(flows(rows), folder, options).run() }
        #expect(wrong?.summary == "\"a/b\" cannot be the name of a savepoint" && wrong?.category == .usage)
        options.savepointAtEnd = nil
        options.restoring = .savepoint("other")
        let missing = await #expect(throws: SavepointMissing.self) {
            try await makeRun(flows(rows), folder, options).run()
        }
        #expect(missing?.summary == "there is no savepoint other of p")
        #expect(missing?.hint == "its savepoints: end" && missing?.category == .noInput)
        let log = try await EmbeddedLog(directory: folder.path)
        try await log.deleteSavepoint("end", of: "p")
        #expect(try await log.checkpoints(of: "p").isEmpty)
        await #expect(throws: SavepointMissing.self) { try await log.deleteSavepoint("end", of: "p") }
    }

    @Test("another process asks a run for a savepoint through the log, and is refused where there is no run")
    func requested() async throws {
        let rows = DurableCollector(Row.self)
        let folder = try TestFolder()
        var options = CheckpointOptions(name: "p", interval: .seconds(3600))
        options.takesRequests = true
        let run = try await makeRun(flows(rows, upTo: 250), folder, options)
        let other = try await EmbeddedLog(directory: folder.path)
        await #expect(throws: SavepointRefused.self) { try await other.requestSavepoint("early", of: "p") }
        let asking = Task {
            try await wait(until: { rows.values.count >= 5 })
            defer { run.drain() }
            let first = try await other.requestSavepoint("early", of: "p")
            await #expect(throws: EngineError.self) { try await other.requestSavepoint("early", of: "p") }
            return (first, try await other.requestSavepoint("later", of: "p"))
        }
        try await run.run()
        let epochs = try await asking.value
        #expect(epochs.0 < epochs.1)
        #expect(try await other.checkpoints(of: "p").compactMap(\.savepoint) == ["early", "later"])
        await #expect(throws: SavepointRefused.self) { try await other.requestSavepoint("last", of: "p") }
    }
}
