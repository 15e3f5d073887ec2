@testable import PenstockEngine

/// Runs flows that end in the collector until they come to their end, failing when it has each of the given numbers of rows first. The
/// parallelism changes from run to run.
/// - Returns: The number of the checkpoint that each run began with.
@discardableResult
func runCrashing<Value>(
    _ collector: DurableCollector<Value>, at crashes: [Int], batch: Int, parallelism: [Int] = [1],
    _ flows: [FlowDescription]
) async throws -> [UInt64?] {
    var runs = try BrokenRuns()
    for (attempt, crash) in (crashes.map(Optional.some) + [nil]).enumerated() {
        collector.fail(at: crash)
        let parallelism = parallelism[attempt % parallelism.count]
        try await runs.run(BrokenRuns.Attempt(batch: batch, parallelism: parallelism, crash: crash), flows)
    }
    return runs.restored
}
