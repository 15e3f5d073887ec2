import Foundation
import Penstock
import PenstockEngine
import PenstockEvents
import PenstockLog
import TestSupport
import Testing

/// What the feature table of the stream semantics, section 17, says of how a pipeline runs.
@Suite("Features of running")
struct RunFeatureTests {
    private struct Counts {
        var made = 0
        var handled = 0
        /// The most events that had been made and not handled.
        var lead = 0
    }

    @Test("backpressure by credits: a slow consumer slows the source, which is ahead by what the edge holds at most")
    func backpressure() async throws {
        let counts = Guarded(Counts())
        let (slow, fast) = (Collected<Int>(), Collected<Int>())
        let recorder = FlowRecorder()
        FlowRecorder.$current.withValue(recorder) {
            let all = Flow("all") {
                From(
                    Generated(60_000) { n in
                        counts.withLock { counts in
                            counts.made += 1
                            counts.lead = max(counts.lead, counts.made - counts.handled)
                        }
                        return (n, Timestamp(nanoseconds: Int64(n)))
                    })
            }
            _ = Flow("slow") {
                all
                Map { (n: Int) in
                    if n % 200 == 0 { usleep(100) }
                    counts.withLock { $0.handled += 1 }
                    return n
                }
                To(slow)
            }
            _ = Flow("fast") {
                all
                To(fast)
            }
        }
        try await PipelineRun(try PhysicalPlan(recorder.recorded), options: RunOptions(batchEvents: 100), log: nil)
            .run()
        #expect(slow.values == Array(0..<60_000) && fast.values == slow.values)
        // An edge holds 16 batches, of up to 1,024 events where small ones have become one; others are on their way to it and from it.
        #expect(counts.withLock { $0.lead } <= 20 * 1024)
    }

    private struct Broken: Error {}

    @Test("state is in memory, its snapshots are in the log, and a run goes on from the last one")
    func snapshots() async throws {
        let folder = try TestFolder()
        let sums = Topic<RunningTotal>("sums")
        let isWhole = Guarded(false)
        func run() async throws -> RunProgress {
            try await Flow("sums") {
                From(Generated(2000) { n in (n, Timestamp(nanoseconds: Int64(n))) })
                KeyBy { (n: Int) in n % 3 }
                Process(RunningSum())
                Map { (sum: RunningTotal) throws in
                    if sum.number == 1500, !isWhole.withLock({ $0 }) {
                        // Time for a checkpoint to be kept.
                        usleep(50_000)
                        throw Broken()
                    }
                    return sum
                }
                To(sums)
            }.run(
                options: RunOptions(
                    batchEvents: 10, topicDurability: .pageCache,
                    checkpoints: CheckpointOptions(name: "sums", interval: .zero)),
                log: try await EmbeddedLog(directory: folder("log")))
        }
        await #expect(throws: (any Error).self) { _ = try await run() }
        let kept = try await EmbeddedLog(directory: folder("log")).checkpoints(of: "sums")
        #expect(kept.contains { $0.byteCount > 0 })
        isWhole.withLock { $0 = true }
        #expect(try await run().restoredCheckpoint != nil)
        let rows = Collected<RunningTotal>()
        _ = try await Flow("rows") {
            From(sums, disorder: .ascending)
            To(rows)
        }.run(log: try await EmbeddedLog(directory: folder("log")))
        // Each number has the sum of those up to it with its remainder.
        let expected = (0..<2000).map { n in Int64(stride(from: n % 3, through: n, by: 3).reduce(0, +)) }
        #expect(rows.values.map(\.sum) == expected)
    }
}

/// A number and the sum of those before it with the same key.
private struct RunningTotal: FixedEvent, Hashable {
    var number: Int64
    var sum: Int64
    static let schema = Schema("features.RunningTotal", fields: [.init("number", .i64), .init("sum", .i64)])
}

/// Adds the numbers of each key up.
private struct RunningSum: KeyedProcess {
    let sum = ReducingState("sum", of: Int.self) { $0 + $1 }

    func process(
        _ number: Int, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<RunningTotal>,
        context: ProcessContext<Int>
    ) throws {
        try state.add(number, to: sum)
        output.append(RunningTotal(number: Int64(number), sum: Int64(state[sum] ?? 0)))
    }
}
