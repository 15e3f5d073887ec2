import PenstockEvents
import Testing

@testable import PenstockEngine

/// The scripted cases of stream-semantics.md, section 15, under their numbers. The rows' sums stand for the elements.
@Suite("Scripted cases")
struct ScriptedCaseTests {
    private func check(
        _ partitions: [[Step]], _ window: KeyedWindow, disorder: Disorder = .marks,
        rows expected: [(Int64, Int64, [Int64])],
        late: Int = 0, misses: Int = 0, outside: Int = 0, complete: [Bool]? = nil, times: [Int64]? = nil
    ) async throws {
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
            let collector = Collector(Row.self)
            let flow = FlowDescription(
                name: "case",
                stages: [
                    .from(ScriptedSource(partitions: partitions, disorder: disorder)), .keyBy { (s: Sample) in s.key },
                    .aggregate(window, Aggregate(.mean, .integer)), .to(collector),
                ])
            let statistics = try await run([flow], batch: batch, parallelism: parallelism).statistics
            #expect(
                collector.values
                    == expected.enumerated().map { index, row in
                        let sum = row.2.reduce(0, +)
                        let mean = Double(sum) / Double(row.2.count)
                        return Row(
                            key: "0", start: row.0, end: row.1, count: Int64(row.2.count), integer: sum,
                            bits: mean.bitPattern, isComplete: complete?[index] ?? true)
                    }, "batch \(batch), parallelism \(parallelism)")
            if let times { #expect(collector.times == times, "batch \(batch), parallelism \(parallelism)") }
            #expect(
                statistics == OperatorStatistics(lateEvents: late, lateWindows: misses, outsideEvents: outside),
                "batch \(batch), parallelism \(parallelism)")
        }
    }

    /// The rows of a case as texts; events are named by their partition and time.
    private func check(
        _ steps: [Step], lateness: Int64 = 0, _ lateRows: Emission.LateRows = .onExpiry, early: Int? = nil,
        rows expected: [TreeRow], late: Int = 0
    ) async throws {
        let emission = Emission(allowedLateness: lateness, lateRows: lateRows, earlyEvery: early)
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
            let collector = Collector(TreeRow.self)
            let flow = FlowDescription(
                name: "case",
                stages: [
                    .from(ScriptedSource(partitions: [steps], disorder: .marks)), .keyBy { (s: Sample) in s.key },
                    .aggregate(tumbling(10), .treeText(isKeyed: true, emission)), .to(collector),
                ])
            let statistics = try await run([flow], batch: batch, parallelism: parallelism).statistics
            #expect(collector.values == expected, "batch \(batch), parallelism \(parallelism)")
            #expect(statistics == OperatorStatistics(lateEvents: late), "batch \(batch), parallelism \(parallelism)")
        }
    }

    private func tumbling(_ size: Int64, offset: Int64 = 0) -> KeyedWindow {
        .time(TimeWindows(size: size, every: size, offset: offset))
    }

    private func sliding(_ size: Int64, every: Int64) -> KeyedWindow { .time(TimeWindows(size: size, every: every)) }

    @Test("case 1: an event that is behind enters a window that its own watermark has not closed")
    func case1() async throws {
        try await check([[.e(3), .w(8), .e(5), .w(9), .e(7)]], tumbling(10), rows: [(0, 10, [3, 5])], late: 1)
    }

    @Test("case 2: windows before 1970 are aligned to zero")
    func case2() async throws {
        try await check(
            [[.e(-1), .e(-10), .e(-11), .e(0)]], tumbling(10),
            rows: [(-20, -10, [-11]), (-10, 0, [-10, -1]), (0, 10, [0])])
    }

    @Test("case 3: an offset moves all windows")
    func case3() async throws {
        try await check(
            [[.e(2), .e(3), .e(12), .e(13)]], tumbling(10, offset: 3),
            rows: [(-7, 3, [2]), (3, 13, [3, 12]), (13, 23, [13])])
    }

    @Test("case 4: a sliding event misses the windows that have closed and enters the others")
    func case4() async throws {
        try await check(
            [[.e(8), .w(13), .e(9)]], sliding(10, every: 2),
            rows: [(0, 10, [8]), (2, 12, [8]), (4, 14, [8]), (6, 16, [8, 9]), (8, 18, [8, 9])], misses: 3)
    }

    @Test("case 5: a sliding event that misses all of its windows is late")
    func case5() async throws {
        try await check([[.w(19), .e(9)]], sliding(10, every: 2), rows: [], late: 1)
    }

    @Test("case 6: an event in the gap between windows is outside")
    func case6() async throws {
        try await check(
            [[.e(0), .e(1), .e(2), .e(6)]], sliding(2, every: 5), rows: [(0, 2, [0, 1]), (5, 7, [6])], outside: 1)
    }

    private let case7Steps: [Step] = [.e(3), .w(9), .e(4), .w(13), .e(5), .w(14), .e(6)]

    @Test("case 7: late events give one more row when the allowed lateness is over")
    func case7() async throws {
        try await check(
            case7Steps, lateness: 5,
            rows: [
                TreeRow(0, 0, 10, "0:3", Pane(isFinal: false)),
                TreeRow(0, 0, 10, "0:3|0:4,0:5", Pane(index: 1, timing: .late)),
            ], late: 1)
    }

    @Test("case 7: with a row for each event, late events give a row each")
    func case7EachEvent() async throws {
        try await check(
            case7Steps, lateness: 5, .eachEvent,
            rows: [
                TreeRow(0, 0, 10, "0:3", Pane(isFinal: false)),
                TreeRow(0, 0, 10, "0:3|0:4", Pane(index: 1, timing: .late, isFinal: false)),
                TreeRow(0, 0, 10, "0:3|0:4,0:5", Pane(index: 2, timing: .late, isFinal: false)),
            ], late: 1)
    }

    @Test("case 8: late events alone give a late row")
    func case8() async throws {
        try await check(
            [.w(9), .e(4), .e(5)], lateness: 5, rows: [TreeRow(0, 0, 10, "0:4,0:5", Pane(timing: .late))])
    }

    @Test("case 33: an early row after every two events, then the row at closing")
    func case33() async throws {
        try await check(
            [.e(1), .e(2), .e(3), .w(9)], early: 2,
            rows: [
                TreeRow(0, 0, 10, "0:1,0:2", Pane(timing: .early, isFinal: false, isComplete: false)),
                TreeRow(0, 0, 10, "0:1,0:2,0:3", Pane(index: 1)),
            ])
    }

    @Test("case 9: an event is late by its own partition's watermark, not by the stage's")
    func case9() async throws {
        for partitions in [[[Step.e(20), .e(8), .e(14)], [.e(3)]], [[.e(3)], [.e(20), .e(8), .e(14)]]] {
            try await check(
                partitions, tumbling(10), disorder: Disorder(boundNanoseconds: 5),
                rows: [(0, 10, [3]), (10, 20, [14]), (20, 30, [20])], late: 1)
        }
    }

    @Test("case 26: count windows take events of all partitions in canonical order")
    func case26() async throws {
        try await check(
            [[.e(1), .e(4)], [.e(2), .e(3), .e(5)]], .count(CountWindows(size: 3, every: 3)), disorder: .ascending,
            rows: [(1, 4, [1, 2, 3]), (4, 6, [4, 5])], complete: [true, false], times: [3, 5])
    }

    @Test("case 27: a count window takes an event that is behind at its effective time")
    func case27() async throws {
        try await check(
            [[.e(10), .w(12), .e(11), .e(13)]], .count(CountWindows(size: 2, every: 2)),
            rows: [(10, 14, [10, 11]), (13, 14, [13])], complete: [true, false], times: [13, 13])
    }
}
