import Penstock
import PenstockEngine
import Testing

@Suite("Side outputs in flows")
struct SideFlowTests {
    private struct Step: Sendable, Hashable {
        let key: Int
        let time: Int64
    }

    @Test("late events and those outside begin flows of their own")
    func lateAndOutside() async throws {
        let late = SideOutput("late", of: Step.self)
        let outside = SideOutput("outside", of: Step.self)
        let (lateSteps, outsideSteps) = (Collected<Step>(), Collected<Step>())
        let counts = Collected<Counted<Int>>()
        let times: [Int64] = [0, 1, 7, 12, 13, 2, 25, 11]
        let flows = FlowRecorder()
        FlowRecorder.$current.withValue(flows) {
            _ = Flow("counts") {
                From(
                    Generated(times.count) { n in
                        (Step(key: 1, time: times[n]), Timestamp(nanoseconds: times[n] * 1_000_000_000))
                    }, disorder: .bounded(by: .seconds(2)))
                KeyBy(\Step.key)
                Sliding(.seconds(4), every: .seconds(10))
                LateData(to: late)
                Outside(to: outside)
                Count()
                To(counts)
            }
            _ = Flow("late") {
                From(late)
                To(lateSteps)
            }
            _ = Flow("outside") {
                From(outside)
                To(outsideSteps)
            }
        }
        let run = PipelineRun(try PhysicalPlan(flows.recorded), options: RunOptions(), log: nil)
        try await run.run()
        // Windows are [0, 4), [10, 14) and so on; 2 comes behind 13, whose watermark is 11 s less a tick, and 11 behind 25.
        #expect(counts.values.map(\.count) == [2, 2])
        #expect(lateSteps.values.map(\.time) == [2, 11])
        #expect(outsideSteps.values.map(\.time) == [7, 25])
    }
}
