import Testing

@testable import Penstock

@Suite("Sessions in a flow")
struct SessionFlowTests {
    private struct Click: Sendable {
        let visitor: Int
        let isLast: Bool
        let second: Int64
    }

    /// Two visitors: clicks at 0, 10 and 21 s, and at 4 and 8 s. The third is the last of its visit.
    private static let clicks = [
        Click(visitor: 1, isLast: false, second: 0), Click(visitor: 2, isLast: false, second: 4),
        Click(visitor: 2, isLast: true, second: 8), Click(visitor: 1, isLast: false, second: 10),
        Click(visitor: 1, isLast: false, second: 21),
    ]

    private static func clickSource() -> Generated<Click> {
        Generated(clicks.count) { n in (clicks[n], at(clicks[n].second)) }
    }

    private static func at(_ second: Int64) -> Timestamp { Timestamp(nanoseconds: second * 1_000_000_000) }

    @Test("session windows are merged by the inactivity gap, and each key has its own", arguments: [1, 4])
    func keyed(parallelism: Int) async throws {
        let visits = Collected<Counted<Int>>()
        try await Flow("visits") {
            From(Self.clickSource())
            KeyBy(\Click.visitor)
            Session(gap: .seconds(10))
            AllowedLateness(.seconds(3))
            Count()
            To(visits)
        }.run(parallelism: parallelism)
        #expect(visits.values.map(\.key) == [2, 1, 1])
        #expect(visits.values.map(\.count) == [2, 2, 1])
        #expect(visits.values.map(\.window.start) == [4, 0, 21].map(Self.at))
        #expect(visits.values.map(\.window.end) == [18, 20, 31].map(Self.at))
        #expect(visits.times == [18, 20, 31].map(Self.at))
    }

    @Test("a session window with a dynamic gap lasts as long as its events say")
    func ownGap() async throws {
        let visits = Collected<Counted<Int>>()
        try await Flow("visits") {
            From(Self.clickSource())
            KeyBy(\Click.visitor)
            Session { (c: Click) in c.isLast ? .seconds(1) : .seconds(11) }
            Count()
            To(visits)
        }.run()
        #expect(visits.values.map(\.window.end) == [15, 32].map(Self.at))
        #expect(visits.values.map(\.count) == [2, 3])
    }

    @Test("a stream without keys has one row of sessions, and what follows can aggregate it again")
    func unkeyed() async throws {
        let lengths = Collected<Windowed<Int>>()
        try await Flow("busy") {
            From(Self.clickSource())
            Session(gap: .seconds(10))
            AllowedLateness(.seconds(5))
            Count()
            Tumbling(every: .seconds(60))
            Sum { (busy: Windowed<Int>) in busy.value }
            To(lengths)
        }.run()
        #expect(lengths.values.map(\.value) == [5])

        let sessions = Collected<Windowed<Int>>()
        try await Flow("sessions") {
            From(Self.clickSource())
            Session(gap: .seconds(10))
            Count()
            To(sessions)
        }.run()
        #expect(sessions.values.map(\.value) == [4, 1])
        #expect(sessions.values.map(\.window.end) == [20, 31].map(Self.at))
    }

    @Test(
        "a gap that is not positive is refused when the pipeline is planned", arguments: [Duration.zero, .seconds(-3)])
    func noGap(gap: Duration) async throws {
        let error = await #expect(throws: EngineError.self) {
            try await Flow("visits") {
                From(Self.clickSource())
                KeyBy(\Click.visitor)
                Session(gap: gap)
                Count()
                To(Collected<Counted<Int>>())
            }.run()
        }
        #expect(
            error?.summary
                == "the pipeline cannot be planned: Count in the flow \"visits\": a session's gap must be positive, "
                + "but it is \(gap == .zero ? "0" : "-3000000000") ns")
    }
}
