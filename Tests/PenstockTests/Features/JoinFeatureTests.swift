import Penstock
import PenstockEngine
import PenstockTesting
import Testing

/// What the feature table of the stream semantics, section 17, says of joins and side outputs. Expected rows follow from sections 7 and 8, by
/// hand; those of the joins by windows, intervals and tables in `JoinFlowTests` are of the same kind.
@Suite("Features of joins and sides")
struct JoinFeatureTests {
    private let left = ScriptedSource("left", of: Beat.self, disorder: .marks)
    private let right = ScriptedSource("right", of: Beat.self, disorder: .marks)
    private let rows = Observed("rows", of: String.self)

    private static func text(_ left: Beat?, _ right: Beat?) -> String {
        "\(left.map { "\($0.number)" } ?? "-") \(right.map { "\($0.number)" } ?? "-")"
    }

    @Test("an interval join with outer rows: r − l in [−2, 3], pairs and events without a partner, each once")
    func outerIntervals() async throws {
        let (lefts, rights) = (Observed("left rows", of: String.self), Observed("right rows", of: String.self))
        let test = try await FlowTest {
            Flow("full") {
                FullJoin(From(left), From(right), on: \.key, \.key, between: .nanoseconds(-2), .nanoseconds(3)) {
                    (l: Beat?, r: Beat?) in Self.text(l, r)
                }
                To(rows)
            }
            Flow("left") {
                LeftJoin(From(left), From(right), on: \.key, \.key, between: .nanoseconds(-2), .nanoseconds(3)) {
                    (l: Beat, r: Beat?) in Self.text(l, r)
                }
                To(lefts)
            }
            Flow("right") {
                RightJoin(From(left), From(right), on: \.key, \.key, between: .nanoseconds(-2), .nanoseconds(3)) {
                    (l: Beat?, r: Beat) in Self.text(l, r)
                }
                To(rights)
            }
        }
        try await test.play("e10 e20", to: left)
        try await test.play("e8 e13 e7 e14", to: right)
        try await test.endAndProve()
        #expect(
            rows.rows.map(\.description)
                == ["- 7 at 7 ns", "10 8 at 10 ns", "10 13 at 13 ns", "- 14 at 14 ns", "20 - at 20 ns"])
        #expect(lefts.rows.map(\.description) == ["10 8 at 10 ns", "10 13 at 13 ns", "20 - at 20 ns"])
        #expect(
            rights.rows.map(\.description)
                == ["- 7 at 7 ns", "10 8 at 10 ns", "10 13 at 13 ns", "- 14 at 14 ns"])
    }

    @Test("case 20: a late right event is no partner, and leaves at the side")
    func lateRight() async throws {
        let late = SideOutput("late right", of: Beat.self)
        let lates = Observed("late", of: Beat.self)
        let test = try await FlowTest {
            Flow("pairs") {
                LeftJoin(From(left), From(right), on: \.key, \.key, between: .nanoseconds(-2), .nanoseconds(3)) {
                    (l: Beat, r: Beat?) in Self.text(l, r)
                }
                .late(right: late)
                To(rows)
            }
            Flow("late") {
                From(late)
                To(lates)
            }
        }
        try await test.play("e10 w12", to: left)
        try await test.play("w12 e12 e13", to: right)
        try await test.endAndProve()
        #expect(rows.rows.map(\.description) == ["10 13 at 13 ns"])
        #expect(lates.values.map(\.number) == [12] && test.total.lateEvents == 1)
    }

    @Test("an as-of join finds the last value at or before the time, however long ago, and within a tolerance")
    func asOf() async throws {
        let near = Observed("near", of: String.self)
        let test = try await FlowTest {
            Flow("as of") {
                AsOf(From(left), From(right), on: \.key, \.key) { (l: Beat, r: Beat?) in Self.text(l, r) }
                To(rows)
            }
            Flow("as of not long ago") {
                AsOf(From(left), From(right), on: \.key, \.key, .backward(tolerance: .nanoseconds(1))) {
                    (l: Beat, r: Beat?) in Self.text(l, r)
                }
                To(near)
            }
        }
        try await test.play("e5 e8", to: right)
        try await test.play("e7 e8 e9 e4 e1000", to: left)
        try await test.endAndProve()
        #expect(rows.values == ["4 -", "7 5", "8 8", "9 8", "1000 8"])
        #expect(near.values == ["4 -", "7 -", "8 8", "9 8", "1000 -"])
    }

    @Test("a stream-table join finds the version that was valid at an event's time, though changes come later")
    func table() async throws {
        let test = try await FlowTest {
            Flow("rows") {
                Lookup(From(left), in: From(right), on: \.key, \.key, isDeletion: { $0.number == 15 }) {
                    (l: Beat, r: Beat?) in Self.text(l, r)
                }
                To(rows)
            }
        }
        try await test.play("e4 e5 e12 e15 e21 e12k2", to: left)
        #expect(rows.rows.isEmpty)
        // Versions from 5, 10 and 20 on; from 15 to 20 there is none. They come out of order.
        try await test.play("e20 e10 e5 e15", to: right)
        try await test.endAndProve()
        #expect(rows.values == ["4 -", "5 5", "12 10", "12 -", "15 -", "21 20"])
    }

    @Test("broadcast state: a small control stream is seen by all keys, at every parallelism, from its time on")
    func broadcast() async throws {
        let test = try await FlowTest {
            Flow("rows") {
                Broadcast(From(left), From(right), 0) { (offset: inout Int, control: Beat) in
                    offset = control.number
                } row: { (beat: Beat, offset: Int) in
                    "\(beat.key): \(beat.number - offset)"
                }
                To(rows)
            }
        }
        try await test.play("e4 e5k2 e12k3", to: left)
        #expect(rows.rows.isEmpty, "a control event of that time may come")
        try await test.play("e10 e5", to: right)
        try await test.endAndProve()
        #expect(rows.values == ["1: 4", "2: 0", "3: 2"])
    }

    @Test("side outputs are of more than one type: late events, events in no window, and letters about failed ones")
    func sides() async throws {
        let (late, outside) = (SideOutput("late", of: Beat.self), SideOutput("outside", of: Beat.self))
        let letters = SideOutput("letters", of: DeadLetter.self)
        let (lates, gaps) = (Observed("late", of: Beat.self), Observed("outside", of: Beat.self))
        let errors = Observed("errors", of: String.self)
        let test = try await FlowTest {
            Flow("windows") {
                From(left)
                KeyBy(\Beat.key)
                Sliding(.nanoseconds(5), every: .nanoseconds(10))
                LateData(to: late)
                Outside(to: outside)
                Aggregate(Whole()).onError(.deadLetter(to: letters))
                Map { (r: KeyedResult<Int, Int>) in "\(r.window.start.nanoseconds): \(r.value)" }
                To(rows)
            }
            Flow("late") {
                From(late)
                To(lates)
            }
            Flow("outside") {
                From(outside)
                To(gaps)
            }
            Flow("letters") {
                From(letters)
                Map { (letter: DeadLetter) in letter.error }
                To(errors)
            }
        }
        try await test.play("e1 e2 e3 e7 w9 e4 e13 e11", to: left)
        try await test.endAndProve()
        #expect(rows.values == ["0: 3", "10: 11"])
        #expect(lates.values.map(\.number) == [4] && gaps.values.map(\.number) == [7])
        #expect(errors.values == ["3 is bad luck", "13 is bad luck"])
    }
}

/// Adds numbers up, but none that end in 3.
private struct Whole: Aggregator {
    struct BadLuck: Error, CustomStringConvertible {
        let number: Int
        var description: String { "\(number) is bad luck" }
    }

    func makeState() -> Int { 0 }

    func add(_ beat: Beat, at place: EventPlace, to state: inout Int) throws {
        guard beat.number % 10 != 3 else { throw BadLuck(number: beat.number) }
        state += beat.number
    }

    func merge(_ later: Int, into state: inout Int) { state += later }

    func result(of state: Int, in window: WindowSpan) -> Int { state }
}
