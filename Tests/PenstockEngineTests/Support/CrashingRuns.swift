import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

/// Runs flows that end in the collector until they come to their end, failing when it has each of the given numbers of rows first. The
/// parallelism changes from run to run.
/// - Returns: The number of the checkpoint that each run began with.
@discardableResult
func runCrashing<Value>(
    _ collector: DurableCollector<Value>, at crashes: [Int], batch: Int, parallelism: [Int] = [1],
    _ flows: [FlowDescription]
) async throws -> [UInt64?] {
    let folder = try TestFolder()
    var restored: [UInt64?] = []
    for (attempt, crash) in (crashes.map(Optional.some) + [nil]).enumerated() {
        collector.fail(at: crash)
        let log = try await EmbeddedLog(directory: folder.path)
        let plan = try PhysicalPlan(flows, parallelism: parallelism[attempt % parallelism.count])
        let run = PipelineRun(
            plan,
            options: RunOptions(
                batchEvents: batch, topicDurability: .pageCache,
                checkpoints: CheckpointOptions(name: "test", interval: .zero)), log: log)
        if crash == nil {
            try await run.run()
        } else {
            await #expect(throws: (any Error).self) { try await run.run() }
        }
        restored.append(run.progress.restoredCheckpoint)
    }
    return restored
}
