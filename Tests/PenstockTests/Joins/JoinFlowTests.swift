import Testing

@testable import Penstock

@Suite("Joins in a flow")
struct JoinFlowTests {
    private struct Click: Sendable {
        let visitor: Int
        let second: Int64
    }

    private struct Sale: Sendable {
        let buyer: Int
        let second: Int64
        var price = 0
    }

    private static func at(_ second: Int64) -> Timestamp { Timestamp(nanoseconds: second * 1_000_000_000) }

    private static func clicks(_ clicks: (Int, Int64)...) -> From<Click> {
        From(Generated(clicks.count) { n in (Click(visitor: clicks[n].0, second: clicks[n].1), at(clicks[n].1)) })
    }

    private static func sales(_ sales: (Int, Int64)...) -> From<Sale> {
        From(Generated(sales.count) { n in (Sale(buyer: sales[n].0, second: sales[n].1), at(sales[n].1)) })
    }

    private static func text(_ left: Click?, _ right: Sale?) -> String {
        "\(left.map { "\($0.second)" } ?? "-") \(right.map { "\($0.second)" } ?? "-")"
    }

    /// The rows of a flow that begins with a join, the same for any parallelism.
    private func rows(_ join: Joined<String>) async throws -> [String] {
        var all: [[String]] = []
        for parallelism in [1, 2, 4] {
            let rows = Collected<String>()
            try await Flow("join") {
                join
                To(rows)
            }.run(parallelism: parallelism, options: RunOptions(batchEvents: parallelism))
            all.append(zip(rows.values, rows.times).map { "\($0) at \($1.nanoseconds / 100_000_000)" })
        }
        #expect(all[1] == all[0])
        #expect(all[2] == all[0])
        return all[0]
    }

    private let clicks = Self.clicks((1, 1), (2, 4), (1, 12))
    private let sales = Self.sales((1, 2), (1, 3), (3, 14))

    @Test("a window join pairs events of the same window, and the others come alone where asked for")
    func windows() async throws {
        #expect(
            try await rows(
                Join(clicks, sales, on: \.visitor, \.buyer, within: .tumbling(.seconds(10))) {
                    (c: Click, s: Sale) in Self.text(c, s)
                }) == ["1 2 at 99", "1 3 at 99"])
        #expect(
            try await rows(
                LeftJoin(clicks, sales, on: \.visitor, \.buyer, within: .tumbling(.seconds(10))) {
                    (c: Click, s: Sale?) in Self.text(c, s)
                }) == ["1 2 at 99", "1 3 at 99", "4 - at 99", "12 - at 199"])
        #expect(
            try await rows(
                RightJoin(clicks, sales, on: \.visitor, \.buyer, within: .tumbling(.seconds(10))) {
                    (c: Click?, s: Sale) in Self.text(c, s)
                }) == ["1 2 at 99", "1 3 at 99", "- 14 at 199"])
        #expect(
            try await rows(
                FullJoin(clicks, sales, on: \.visitor, \.buyer, within: .session(gap: .seconds(9))) {
                    (c: Click?, s: Sale?) in Self.text(c, s)
                }) == ["4 - at 130", "1 2 at 210", "1 3 at 210", "12 2 at 210", "12 3 at 210", "- 14 at 230"])
    }

    @Test("coGroup hands over all events of a key and window")
    func groups() async throws {
        #expect(
            try await rows(
                CoGroup(clicks, sales, on: \.visitor, \.buyer, within: .sliding(.seconds(20), every: .seconds(10))) {
                    (key: Int, window: WindowSpan, clicks: [Click], sales: [Sale]) in
                    ["\(key): \(clicks.count) \(sales.count)"]
                }) == [
                    "1: 1 2 at 99", "2: 1 0 at 99", "1: 2 2 at 199", "2: 1 0 at 199", "3: 0 1 at 199", "1: 1 0 at 299",
                    "3: 0 1 at 299",
                ])
    }

    @Test("an interval join, inner and outer, pairs events by the distance of their times")
    func intervals() async throws {
        #expect(
            try await rows(
                Join(clicks, sales, on: \.visitor, \.buyer, between: .seconds(-10), .seconds(1)) {
                    (c: Click, s: Sale) in Self.text(c, s)
                }) == ["1 2 at 20", "12 2 at 120", "12 3 at 120"])
        #expect(
            try await rows(
                FullJoin(clicks, sales, on: \.visitor, \.buyer, between: .zero, .seconds(1)) {
                    (c: Click?, s: Sale?) in Self.text(c, s)
                }) == ["1 2 at 20", "- 3 at 30", "4 - at 40", "12 - at 120", "- 14 at 140"])
    }

    @Test("as-of joins and stream-table joins find what is in effect at an event's time")
    func asOf() async throws {
        #expect(
            try await rows(
                AsOf(clicks, sales, on: \.visitor, \.buyer) { (c: Click, s: Sale?) in Self.text(c, s) })
                == ["1 - at 10", "4 - at 40", "12 3 at 120"])
        #expect(
            try await rows(
                InnerAsOf(clicks, sales, on: \.visitor, \.buyer, .nearest(tolerance: .seconds(1))) {
                    (c: Click, s: Sale) in Self.text(c, s)
                }) == ["1 2 at 10"])
        #expect(
            try await rows(
                Lookup(clicks, in: sales, on: \.visitor, \.buyer, isDeletion: { $0.second == 3 }) {
                    (c: Click, s: Sale?) in Self.text(c, s)
                }) == ["1 - at 10", "4 - at 40", "12 - at 120"])
    }

    @Test("broadcast state shows each event what was said before it")
    func broadcast() async throws {
        #expect(
            try await rows(
                Broadcast(clicks, sales, 0) { (count: inout Int, sale: Sale) in
                    count += 1
                } row: { (click: Click, count: Int) in
                    "\(click.second) \(count)"
                }) == ["1 0 at 10", "4 2 at 40", "12 2 at 120"])
    }

    @Test("a join of joins of one flow with itself")
    func nested() async throws {
        let all = Flow("all") { Merge(clicks, Self.clicks((1, 5))) }
        let pairs = Join(all, Merge(sales, Self.sales((4, 1))), on: \.visitor, \.buyer, within: .tumbling(.seconds(10)))
        {
            (c: Click, s: Sale) in Click(visitor: c.visitor, second: c.second * 100 + s.second)
        }
        #expect(
            try await rows(
                Join(pairs, all, on: \.visitor, { $0.visitor }, within: .tumbling(.seconds(10))) {
                    (a: Click, b: Click) in "\(a.second) \(b.second)"
                })
                == ["102 1", "102 5", "103 1", "103 5", "502 1", "502 5", "503 1", "503 5"].map { $0 + " at 99" })
    }

    @Test("what cannot be is refused when the pipeline is planned")
    func defects() async throws {
        func problem(_ join: Joined<String>) async -> String? {
            await #expect(throws: EngineError.self) { _ = try await rows(join) }?.summary
        }
        #expect(
            await problem(
                Join(clicks, sales, on: \.visitor, \.buyer, between: .seconds(2), .seconds(1)) {
                    (c: Click, s: Sale) in ""
                })
                == "the pipeline cannot be planned: Join in the flow \"join\": an interval's lower end (2000000000 ns) lies "
                + "above its upper end (1000000000 ns)"
        )
        #expect(
            await problem(
                Join(clicks, sales, on: \.visitor, \.buyer, within: .tumbling(.zero)) { (c: Click, s: Sale) in "" })
                == "the pipeline cannot be planned: Join in the flow \"join\": a window's length and step must be "
                + "positive, but they are 0 ns and 0 ns"
        )
        let updated = Flow("counts") {
            clicks
            KeyBy(\Click.visitor)
            Tumbling(every: .seconds(1))
            Early(every: 2)
            Count()
        }
        #expect(
            await problem(
                Join(updated, sales, on: \.key, \.buyer, within: .tumbling(.seconds(10))) {
                    (c: Counted<Int>, s: Sale) in ""
                })
                == "the pipeline cannot be planned: Join in the flow \"join\" follows Count, whose rows come more than once"
        )
    }
}
