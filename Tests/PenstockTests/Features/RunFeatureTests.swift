import Foundation
import Penstock
import PenstockEngine
import Synchronization
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
        let counts = Mutex(Counts())
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
        // An edge holds 4 batches, of up to 1,024 events where small ones have become one; others are on their way to it and from it.
        #expect(counts.withLock { $0.lead } <= 8 * 1024)
    }
}
