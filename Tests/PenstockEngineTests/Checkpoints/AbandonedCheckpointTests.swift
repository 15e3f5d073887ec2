import Foundation
import PenstockEvents
import PenstockLog
import Synchronization
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Checkpoints that take too long")
struct AbandonedCheckpointTests {
    /// A sink that holds its first event until it is let go.
    private final class Slow: Sink {
        let isFree = Atomic<Bool>(false)

        var summary: String { "slow" }
        var takesAnyOrder: Bool { true }
        var delivery: SinkDelivery { .atLeastOnce }
        func check(_ context: SinkContext) {}
        func open(_ context: SinkContext) -> any SinkWriter<Sample> { Writer(sink: self) }

        private struct Writer: SinkWriter {
            let sink: Slow
            mutating func write(_ events: Events<Sample>) {
                while !sink.isFree.load(ordering: .acquiring) { usleep(1000) }
            }
            mutating func finish() {}
            mutating func abandon() {}
        }
    }

    /// Two sources merged into a slow sink.
    private func flows(_ slow: Slow) -> [FlowDescription] {
        let steps = (0..<40).map { Step.e($0) }
        let parts = ["a", "b"].map { name in
            FlowDescription(
                name: name, stages: [.from(ScriptedSource(partitions: [steps], pauseMicroseconds: 2000))])
        }
        return [FlowDescription(name: "f", stages: [StageDescription(.inputs(parts), label: "Merge"), .to(slow)])]
    }

    private func makeRun(_ slow: Slow, _ folder: TestFolder, limit: Int) async throws -> PipelineRun {
        var options = CheckpointOptions(name: "c", interval: .zero)
        options.timeout = .milliseconds(30)
        options.abandonedLimit = limit
        return PipelineRun(
            try PhysicalPlan(flows(slow)),
            options: RunOptions(batchEvents: 1, topicDurability: .pageCache, checkpoints: options),
            log: try await EmbeddedLog(directory: folder.path))
    }

    @Test("so many in a row end the run, which names what held the last barrier")
    func inARow() async throws {
        let slow = Slow()
        let folder = try TestFolder()
        let run = try await makeRun(slow, folder, limit: 3)
        let freeing = Task {
            try await wait(until: { run.progress.abandonedCheckpoints >= 3 })
            slow.isFree.store(true, ordering: .releasing)
        }
        let error = await #expect(throws: CheckpointsAbandoned.self) { try await run.run() }
        try await freeing.value
        #expect(run.progress.abandonedCheckpoints == 3 && error?.count == 3)
        let summary = error?.summary ?? ""
        // Which number it has depends on how many were complete before the slow stage began.
        #expect(
            summary.hasPrefix("checkpoint ")
                && summary.contains(" was not complete after 0.03 s and is abandoned: its barrier is held by "))
        #expect(summary.hasSuffix("; 3 in a row") && error?.category == .temporary)
        #expect(run.progress.remarks.count == 2)
    }

    @Test("fewer are counted and told, and the next checkpoint that is complete ends the row")
    func counted() async throws {
        let slow = Slow()
        let folder = try TestFolder()
        let run = try await makeRun(slow, folder, limit: 1000)
        let freeing = Task {
            try await wait(until: { run.progress.abandonedCheckpoints >= 2 })
            slow.isFree.store(true, ordering: .releasing)
        }
        try await run.run()
        try await freeing.value
        #expect(run.progress.abandonedCheckpoints >= 2 && run.progress.lastCheckpoint != nil)
    }

    @Test("the edge to the first stage behind those that have passed the barrier is what holds it")
    func edge() throws {
        let plan = try PhysicalPlan(flows(Slow()))
        let holders = BarrierHolders(plan)
        #expect(holders.instances == 3)
        #expect(holders.description { _ in false } == "by the source f/Merge.a.From")
        #expect(holders.description { $0 == 0 } == "by the source f/Merge.b.From")
        #expect(
            holders.description { $0 < 2 } == "by the edge from stage 1 (f/Merge.b.From) to stage 2 (f/To)")
    }

    @Test("a barrier that was abandoned is not waited for behind a later one")
    func overtaken() {
        var gate = InputGate(inputs: [0, 0, 0])
        #expect(gate.pass(.barrier(4), from: 0) == nil)
        #expect(gate.blocked == [true, false, false])
        // The second input has not seen number 4, which took too long.
        #expect(gate.pass(.barrier(5), from: 1) == nil)
        #expect(gate.blocked == [false, true, false])
        #expect(gate.pass(.barrier(4), from: 2) == nil)
        #expect(gate.blocked == [false, true, false])
        #expect(gate.pass(.barrier(5), from: 0) == nil)
        guard case .barrier(5) = gate.pass(.barrier(5), from: 2) else {
            Issue.record("the barrier was not passed on")
            return
        }
        #expect(gate.blocked == [false, false, false])
    }
}
