import PenstockEngine
import Testing

@testable import Penstock

@Suite("Processing time and sides in flows")
struct ProcessingTimeFlowTests {
    private struct Click: Sendable, Hashable {
        let visitor: Int
        let second: Int64
    }

    private static func at(_ second: Int64) -> Timestamp { Timestamp(nanoseconds: second * 1_000_000_000) }

    private static func clicks(_ clicks: (Int, Int64)..., disorder: Disorder = .ascending) -> From<Click> {
        From(
            Generated(clicks.count) { n in (Click(visitor: clicks[n].0, second: clicks[n].1), at(clicks[n].1)) },
            disorder: disorder)
    }

    private func run(_ body: () -> Void) async throws {
        let flows = FlowRecorder()
        FlowRecorder.$current.withValue(flows) { body() }
        try await PipelineRun(try PhysicalPlan(flows.recorded), options: RunOptions(), log: nil).run()
    }

    @Test("windows behind ProcessingTime() are over the time of day")
    func processingTime() async throws {
        let counts = Collected<Counted<Int>>()
        try await run {
            _ = Flow("counts") {
                Self.clicks((1, 5), (2, 3), (1, 9))
                KeyBy(\Click.visitor)
                ProcessingTime()
                Session(gap: .seconds(3600))
                Count()
                To(counts)
            }
        }
        #expect(counts.values.map(\.count).sorted() == [1, 2])
        // 2020 began 1,577,836,800 s after 1970.
        #expect(counts.values.allSatisfy { $0.window.start > Self.at(1_577_836_800) })
    }

    @Test("the late events of both sides of a join begin flows of their own")
    func joins() async throws {
        let (left, right) = (SideOutput("left", of: Click.self), SideOutput("right", of: Click.self))
        let (lefts, rights, pairs) = (Collected<Click>(), Collected<Click>(), Collected<Int64>())
        try await run {
            _ = Flow("pairs") {
                Join(
                    Self.clicks((1, 1), (1, 20), (1, 2)), Self.clicks((1, 30), (1, 3), (1, 31), (1, 21)),
                    on: \.visitor, \.visitor, between: .seconds(-5), .seconds(15)
                ) { (a: Click, b: Click) in a.second * 100 + b.second }
                .late(left: left, right: right)
                To(pairs)
            }
            _ = Flow("left") {
                From(left)
                To(lefts)
            }
            _ = Flow("right") {
                From(right)
                To(rights)
            }
        }
        #expect(pairs.values == [2030, 2031])
        #expect(lefts.values.map(\.second) == [2] && rights.values.map(\.second) == [3, 21])
    }

    @Test("scans give what they do not take to side outputs")
    func scans() async throws {
        let (outside, surplus) = (SideOutput("outside", of: Click.self), SideOutput("surplus", of: Click.self))
        let (outsides, repeated) = (Collected<Click>(), Collected<Click>())
        let (scans, counted) = (Collected<Int>(), Collected<Int>())
        try await run {
            _ = Flow("scans") {
                Self.clicks((0, 1), (1, 2), (0, 3), (2, 4), (0, 5))
                Scans { (c: Click) -> ScanMark<Int> in c.visitor == 1 ? .begin(7) : c.visitor == 2 ? .end(7) : .data }
                Outside(to: outside)
                Map { (s: Scan<Int, Click>) in s.events.count }
                To(scans)
            }
            _ = Flow("counted") {
                Self.clicks((0, 1), (0, 2), (0, 2), (9, 3))
                KeyBy { (c: Click) in 4 }
                CountedScans { (c: Click) -> ScanPart in
                    c.visitor == 9 ? .end(producer: 0, expected: 2) : .event(producer: 0, number: Int(c.second - 1))
                }
                Surplus(to: surplus)
                Map { (s: CountedScan<Int, Click>) in s.events.count }
                To(counted)
            }
            _ = Flow("outside") {
                From(outside)
                To(outsides)
            }
            _ = Flow("repeated") {
                From(surplus)
                To(repeated)
            }
        }
        #expect(scans.values == [1] && outsides.values.map(\.second) == [1, 5])
        #expect(counted.values == [2] && repeated.values.map(\.second) == [2])
    }

    @Test("a side output right behind something else than scans is refused")
    func misplaced() throws {
        let flows = FlowRecorder()
        FlowRecorder.$current.withValue(flows) {
            _ = Flow("scans") {
                Self.clicks((0, 1))
                Scans { (c: Click) -> ScanMark<Int> in .data }
                Filter { (s: Scan<Int, Click>) in s.isComplete }
                LateData(to: SideOutput("late", of: Click.self))
                To(Collected<Scan<Int, Click>>())
            }
        }
        let error = #expect(throws: EngineError.self) { try PhysicalPlan(flows.recorded) }
        #expect(error?.summary.contains("Filter in the flow \"scans\": it has no late events") == true)
    }

    @Test("early rows by the clock, counts in the order of arrival")
    func early() async throws {
        let (counts, sums) = (Collected<Counted<Int>>(), Collected<Windowed<Int64>>())
        try await run {
            _ = Flow("early") {
                Self.clicks((1, 5), (2, 6), (1, 9))
                KeyBy(\Click.visitor)
                Tumbling(every: .seconds(10))
                Early(every: .milliseconds(1))
                Count()
                To(counts)
            }
            _ = Flow("arrival") {
                Self.clicks((1, 5), (2, 3), (1, 9), (3, 4), disorder: .bounded(by: .seconds(9)))
                Tumbling(count: 2, order: .arrival)
                Sum(\Click.second)
                To(sums)
            }
        }
        #expect(counts.values.filter { $0.pane.timing == .onTime }.map(\.count) == [2, 1])
        #expect(sums.values.map(\.value) == [8, 13])
    }
}
