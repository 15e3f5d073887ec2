import Penstock
import PenstockEngine
import PenstockTesting
import Testing

/// An event of the tests here: a key and a number.
struct Tick: Sendable, Codable, Hashable {
    var key = 1
    var number = 0
}

/// A script in nanoseconds: `e(3)` is an event at 3, `w(9)` a time mark.
struct Script {
    let source: ScriptedSource<Tick>
    let test: FlowTest

    func e(_ time: Int64, key: Int = 1, partition: Int = 0) async throws {
        let tick = Tick(key: key, number: Int(time))
        try await test.send(tick, at: .nanoseconds(time), to: source, partition: partition)
    }

    func w(_ time: Int64) async throws { try await test.mark(.nanoseconds(time)) }
}

/// A row of a window as the scripted cases write it: `[0,10) {3,5}`.
func text(_ row: ObservedRow<KeyedResult<Int, [Tick]>>, isSession: Bool) -> String {
    "[\(row.window.start.nanoseconds),\(row.window.end.nanoseconds)\(isSession ? "]" : ")") "
        + "{\(row.value.value.map { "\($0.number)" }.joined(separator: ","))}"
}

func text(_ row: ObservedRow<KeyedResult<Int, [Tick]>>) -> String { text(row, isSession: false) }

@Suite("Test tools: scripts, virtual time, panes, late events, crashes")
struct FlowTestTests {
    private let source = ScriptedSource("ticks", of: Tick.self, disorder: .marks)
    private let rows = Observed("rows", of: KeyedResult<Int, [Tick]>.self)

    private func tumbling(_ expecting: FlowTest.Refusals = [], batch: Int = 4096) async throws -> Script {
        let test = try await FlowTest(batch: batch, expecting: expecting) {
            Flow("windows") {
                From(source)
                KeyBy(\Tick.key)
                Tumbling(every: .nanoseconds(10))
                Collect()
                To(rows)
            }
        }
        return Script(source: source, test: test)
    }

    @Test("case 1: a window's row comes with the watermark of its last instant, and not before")
    func case1() async throws {
        let script = try await tumbling(.late)
        try await script.e(3)
        try await script.w(8)
        try await script.e(5)
        #expect(rows.rows.isEmpty)
        try await script.w(9)
        #expect(rows.newRows().map(text) == ["[0,10) {3,5}"])
        #expect(rows.rows.first?.time.nanoseconds == 9)
        #expect(rows.rows.first?.pane == Pane())
        try await script.e(7)
        #expect(script.test.total.lateEvents == 1)
        try await script.test.end()
        #expect(rows.newRows().isEmpty && rows.isFinished)
        try await script.test.prove()
    }

    @Test("case 12: a session's row comes with the watermark of its end, which no event may have any more")
    func case12() async throws {
        let late = SideOutput("late", of: Tick.self)
        let lateTicks = Observed("late", of: Tick.self)
        let test = try await FlowTest {
            Flow("sessions") {
                From(source)
                KeyBy(\Tick.key)
                Session(gap: .nanoseconds(10))
                LateData(to: late)
                Collect()
                To(rows)
            }
            Flow("late") {
                From(late)
                To(lateTicks)
            }
        }
        let script = Script(source: source, test: test)
        try await script.e(0)
        try await script.w(9)
        #expect(rows.rows.isEmpty)
        try await script.w(10)
        #expect(rows.newRows().map { text($0, isSession: true) } == ["[0,10] {0}"])
        try await script.e(10)
        #expect(test.total.lateEvents == 1)
        try await test.end()
        #expect(rows.newRows().isEmpty && lateTicks.values.map(\.number) == [10])
        try await test.prove()
    }

    @Test("case 16: a session with an allowed lateness answers once, so much later")
    func case16() async throws {
        let test = try await FlowTest {
            Flow("sessions") {
                From(source)
                KeyBy(\Tick.key)
                Session(gap: .nanoseconds(10))
                AllowedLateness(.nanoseconds(15))
                Collect()
                To(rows)
            }
        }
        let script = Script(source: source, test: test)
        for time in [0, 8] as [Int64] { try await script.e(time) }
        try await script.w(10)
        try await script.e(-3)
        try await script.w(32)
        #expect(rows.rows.isEmpty)
        try await script.w(33)
        // The event at -3 is behind: its effective time is 11.
        #expect(rows.newRows().map { text($0, isSession: true) } == ["[-3,18] {0,8,-3}"])
        try await test.end()
        try await test.prove()
    }

    @Test("case 21: a left event without a partner comes when no partner can come any more")
    func case21() async throws {
        let right = ScriptedSource("right", of: Tick.self, disorder: .marks)
        let pairs = Observed("pairs", of: String.self)
        let test = try await FlowTest {
            Flow("pairs") {
                LeftJoin(
                    From(source), From(right), on: \.key, \.key, between: .nanoseconds(-2), .nanoseconds(3)
                ) { (l: Tick, r: Tick?) in "\(l.number) \(r.map { "\($0.number)" } ?? "-")" }
                To(pairs)
            }
        }
        try await test.send(Tick(number: 10), at: .nanoseconds(10), to: source)
        try await test.mark(.nanoseconds(12))
        #expect(pairs.rows.isEmpty)
        try await test.mark(.nanoseconds(13), in: source)
        #expect(pairs.rows.isEmpty)
        try await test.mark(.nanoseconds(13), in: right)
        #expect(pairs.newRows().map(\.description) == ["10 - at 10 ns"])
        try await test.end()
        #expect(pairs.newRows().isEmpty)
        try await test.prove()
    }

    @Test("an unexpected late event fails the test at the step that sent it, and says where it was late")
    func unexpectedlyLate() async throws {
        let script = try await tumbling()
        try await script.e(3)
        try await script.w(9)
        let error = await #expect(throws: FlowTestError.self) { try await script.e(7) }
        #expect(
            error?.summary == "1 late event in windows/Collect that the test does not expect, behind "
                + "Tick(key: 1, number: 7) at 7 ns to ticks")
        #expect(error?.hint?.contains("expecting: .late") == true)
    }

    @Test("an unexpected event in no window fails the test, and a side output is an expectation")
    func unexpectedlyOutside() async throws {
        let counts = Observed("counts", of: Counted<Int>.self)
        let gaps = SideOutput("gaps", of: Tick.self)
        let between = Observed("between", of: Tick.self)
        let test = try await FlowTest {
            Flow("gaps") {
                From(source)
                KeyBy(\Tick.key)
                Sliding(.nanoseconds(2), every: .nanoseconds(5))
                Count()
                To(counts)
            }
        }
        let error = await #expect(throws: FlowTestError.self) {
            try await test.send(Tick(), at: .nanoseconds(2), to: source)
        }
        #expect(error?.summary.hasPrefix("1 outside event in gaps/Count") == true)
        let other = ScriptedSource("others", of: Tick.self, disorder: .marks)
        let asked = try await FlowTest {
            Flow("gaps") {
                From(other)
                KeyBy(\Tick.key)
                Sliding(.nanoseconds(2), every: .nanoseconds(5))
                Outside(to: gaps)
                Count()
                To(counts)
            }
            Flow("between") {
                From(gaps)
                To(between)
            }
        }
        try await asked.send(Tick(), at: .nanoseconds(2), to: other)
        try await asked.end()
        #expect(between.values.count == 1 && asked.total.outsideEvents == 1)
    }

    @Test("a partition that is quiet is left out when virtual time has come so far, and no sooner")
    func idle() async throws {
        let pair = ScriptedSource("pair", of: Tick.self, disorder: .ascending, partitions: 2)
        let test = try await FlowTest {
            Flow("windows") {
                From(pair).idle(after: .seconds(30))
                KeyBy(\Tick.key)
                Tumbling(every: .nanoseconds(10))
                Collect()
                To(rows)
            }
        }
        try await test.send(Tick(number: 1), at: .nanoseconds(1), to: pair)
        try await test.send(Tick(number: 25), at: .nanoseconds(25), to: pair)
        try await test.advance(by: .seconds(29))
        #expect(rows.rows.isEmpty)
        try await test.send(Tick(number: 26), at: .nanoseconds(26), to: pair)
        try await test.advance(by: .seconds(1))
        #expect(rows.newRows().map(text) == ["[0,10) {1}"])
        try await test.end()
        try await test.prove()
    }

    @Test("a crash takes the rows back that came behind the checkpoint, and the restored run gives them again")
    func crash() async throws {
        let script = try await tumbling()
        try await script.e(3)
        try await script.e(4, key: 2)
        try await script.test.checkpoint()
        try await script.w(9)
        #expect(rows.rows.map(text) == ["[0,10) {3}", "[0,10) {4}"])
        try await script.e(12)
        try await script.test.crashAndRestore(parallelism: 4, batch: 7)
        #expect(rows.rows.map(text) == ["[0,10) {3}", "[0,10) {4}"])
        try await script.test.crashAndRestore(parallelism: 2)
        try await script.test.end()
        #expect(rows.rows.map(text) == ["[0,10) {3}", "[0,10) {4}", "[10,20) {12}"])
    }

    @Test("a source or a partition that the pipeline does not read is named")
    func misuse() async throws {
        let script = try await tumbling()
        let stranger = ScriptedSource("stranger", of: Tick.self, disorder: .marks)
        let unread = await #expect(throws: FlowTestError.self) {
            try await script.test.send(Tick(), at: .zero, to: stranger)
        }
        #expect(unread?.summary == "the pipeline does not read script stranger")
        let missing = await #expect(throws: FlowTestError.self) { try await script.e(1, partition: 3) }
        #expect(missing?.summary == "script ticks has no partition 3")
        let unfinished = await #expect(throws: FlowTestError.self) { try await script.test.prove() }
        #expect(unfinished?.hint == "end() it first")
    }

    @Test("what fails in a stage fails the step that brought it there")
    func failure() async throws {
        let doubled = Observed("doubled", of: Int.self)
        let test = try await FlowTest {
            Flow("doubled") {
                From(source)
                Map { (t: Tick) throws -> Int in
                    guard t.number < 100 else { throw TooMuch() }
                    return 2 * t.number
                }
                To(doubled)
            }
        }
        try await test.send(Tick(number: 21), at: .zero, to: source)
        #expect(doubled.values == [42])
        await #expect(throws: (any Error).self) { try await test.send(Tick(number: 100), at: .zero, to: source) }
    }

    private struct TooMuch: Error {}
}
