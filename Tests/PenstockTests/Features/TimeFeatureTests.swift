import Penstock
import PenstockEngine
import PenstockTesting
import Testing

/// What the feature table of the stream semantics, section 17, says of time and lateness. Expected rows follow from sections 2 and 3, by
/// hand.
@Suite("Features of time and lateness")
struct TimeFeatureTests {
    private let source = ScriptedSource("beats", of: Beat.self, disorder: .marks)
    private let rows = Observed("rows", of: Beats.self)

    // MARK: Time

    @Test("event time is the time in the data, processing time that of the clock")
    func eventAndProcessingTime() async throws {
        let beats = ScriptedSource("beats", of: Beat.self, disorder: .bounded(by: .seconds(60)))
        let (byEvent, byClock) = (Observed("by event", of: Beats.self), Observed("by clock", of: Beats.self))
        let test = try await FlowTest {
            Flow("event time") {
                From(beats)
                KeyBy(\Beat.key)
                Tumbling(every: .seconds(10))
                Collect()
                To(byEvent)
            }
            Flow("processing time") {
                From(beats)
                KeyBy(\Beat.key)
                ProcessingTime(every: .seconds(1))
                Tumbling(every: .seconds(10))
                Collect()
                To(byClock)
            }
        }
        func texts(_ rows: Observed<Beats>) -> [String] {
            rows.newRows().map { "\($0.window.start.secondsSinceEpoch): \($0.value.value.map(\.number))" }
        }
        // The clock stands at 0; of the data's times the second is before the first.
        try await test.send(Beat(number: 25), at: .seconds(25), to: beats)
        try await test.send(Beat(number: 3), at: .seconds(3), to: beats)
        try await test.advance(by: .seconds(11))
        #expect(texts(byClock) == ["0.0: [25, 3]"])
        try await test.send(Beat(number: 24), at: .seconds(24), to: beats)
        #expect(texts(byEvent) == [])
        try await test.end()
        #expect(texts(byClock) == ["10.0: [24]"])
        #expect(texts(byEvent) == ["0.0: [3]", "20.0: [24, 25]"])
    }

    @Test("a bounded-disorder watermark is the largest time less the bound and a tick")
    func boundedDisorder() async throws {
        let beats = ScriptedSource("beats", of: Beat.self, disorder: .bounded(by: .nanoseconds(5)))
        let test = try await FlowTest(expecting: .late) {
            Flow("windows") {
                From(beats)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10))
                Collect()
                To(rows)
            }
        }
        try await test.play("e3 e14 e9", to: beats)
        #expect(rows.rows.isEmpty, "14 − 5 − 1 = 8, so an event at 9 is in time")
        try await test.play("e15", to: beats)
        #expect(rows.newRows().map(\.brief) == ["[0,10) {3,9}"], "15 − 5 − 1 = 9, the window's last instant")
        try await test.play("e10", to: beats)
        #expect(test.total.lateEvents == 0)
        try await test.play("e9", to: beats)
        #expect(test.total.lateEvents == 1)
        try await test.endAndProve()
        #expect(rows.rows.map(\.brief) == ["[0,10) {3,9}", "[10,20) {10,14,15}"])
    }

    @Test("there is a watermark per partition; on a merge the minimum of all counts")
    func watermarkPerPartition() async throws {
        let north = ScriptedSource("north", of: Beat.self, disorder: .ascending, partitions: 2)
        let south = ScriptedSource("south", of: Beat.self, disorder: .ascending)
        let test = try await FlowTest {
            Flow("windows") {
                Merge(From(north), From(south))
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10))
                Collect()
                To(rows)
            }
        }
        try await test.play("e5 e30", to: north, partition: 0)
        try await test.play("e7 e40", to: south)
        try await test.play("e6", to: north, partition: 1)
        #expect(rows.rows.isEmpty, "partition 1 of the north has come to 5 only")
        try await test.play("e10", to: north, partition: 1)
        #expect(rows.newRows().map(\.brief) == ["[0,10) {5,6,7}"])
        try await test.endAndProve()
        #expect(rows.rows.map(\.brief) == ["[0,10) {5,6,7}", "[10,20) {10}", "[30,40) {30}", "[40,50) {40}"])
    }

    @Test("time marks in the log bring time forward without data, behind a restart too")
    func timeMarks() async throws {
        let pulses = ScriptedSource("pulses", of: Pulse.self, disorder: .marks)
        let counts = Observed("counts", of: Counted<Int64>.self)
        let test = try await FlowTest {
            Flow("counts") {
                From(pulses)
                Persist(topic: "pulses")
                KeyBy(\Pulse.number)
                Tumbling(every: .nanoseconds(10))
                Count()
                To(counts)
            }
        }
        try await test.send(Pulse(number: 4), at: .nanoseconds(3), to: pulses)
        try await test.mark(.nanoseconds(8))
        #expect(counts.rows.isEmpty)
        try await test.mark(.nanoseconds(9))
        #expect(counts.newRows().map(\.value.count) == [1])
        try await test.endAndProve()
        #expect(counts.rows.count == 1)
        #expect(try await test.events(of: Topic<Pulse>("pulses")) == [[Pulse(number: 4)]])
    }

    // MARK: Lateness

    @Test(
        "case 9: lateness is independent of reading order: an event is late by its own partition",
        arguments: 0..<4)
    func independentLateness(place: Int) async throws {
        let beats = ScriptedSource("beats", of: Beat.self, disorder: .bounded(by: .nanoseconds(5)), partitions: 2)
        let late = SideOutput("late", of: Beat.self)
        let lateBeats = Observed("late", of: Beat.self)
        let test = try await FlowTest {
            Flow("windows") {
                From(beats)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10))
                LateData(to: late)
                Collect()
                To(rows)
            }
            Flow("late") {
                From(late)
                To(lateBeats)
            }
        }
        // Partition B's only event comes before, between or behind those of partition A.
        for (index, event) in ["e20", "e8", "e14", ""].enumerated() {
            if index == place { try await test.play("e3", to: beats, partition: 1) }
            try await test.play(event, to: beats, partition: 0)
        }
        try await test.endAndProve()
        #expect(rows.rows.map(\.brief) == ["[0,10) {3}", "[10,20) {14}", "[20,30) {20}"])
        #expect(lateBeats.values.map(\.number) == [8] && test.total.lateEvents == 1)
    }

    @Test("case 7: with allowed lateness there is a late row when it is over, and with a row for each event at once")
    func allowedLateness() async throws {
        let each = Observed("each", of: Beats.self)
        let test = try await FlowTest(expecting: .late) {
            Flow("on expiry") {
                From(source)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10))
                AllowedLateness(.nanoseconds(5))
                Collect()
                To(rows)
            }
            Flow("each event") {
                From(source)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10))
                AllowedLateness(.nanoseconds(5), rows: .eachEvent)
                Collect()
                To(each)
            }
        }
        func came(_ script: String) async throws -> [[String]] {
            try await test.play(script, to: source)
            return [rows, each].map { $0.newRows().map { "\($0.brief) \($0.pane.brief)" } }
        }
        let onTime = "[0,10) {3} 0 onTime, not final"
        #expect(try await came("e3") == [[], []])
        #expect(try await came("w9") == [[onTime], [onTime]])
        #expect(try await came("e4 w13") == [[], ["[0,10) {3,4} 1 late, not final"]])
        #expect(try await came("e5") == [[], ["[0,10) {3,4,5} 2 late, not final"]])
        #expect(try await came("w14") == [["[0,10) {3,4,5} 1 late"], []])
        #expect(try await came("e6") == [[], []])
        #expect(test.total.lateEvents == 2, "6 is late in both flows")
        try await test.endAndProve()
    }

    @Test("a late side output has the late events as a stream, and there is a count of them")
    func lateSideOutput() async throws {
        let late = SideOutput("late", of: Beat.self)
        let (lateRows, lateBeats) = (Observed("late rows", of: Beats.self), Observed("late", of: Beat.self))
        let test = try await FlowTest {
            Flow("windows") {
                From(source)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10))
                LateData(to: late)
                Collect()
                To(rows)
            }
            Flow("late") {
                From(late)
                To(lateBeats)
            }
            Flow("late by the hundred") {  // a stream as any other, with the times that its events have
                From(late)
                KeyBy(\Beat.key)
                Sliding(.nanoseconds(100), every: .nanoseconds(100))
                Collect()
                To(lateRows)
            }
        }
        try await test.play("e3 w9 e7 e2k2 e12", to: source)
        try await test.endAndProve()
        #expect(rows.rows.map(\.brief) == ["[0,10) {3}", "[10,20) {12}"])
        #expect(Set(lateBeats.values) == [Beat(number: 7), Beat(key: 2, number: 2)])
        #expect(lateRows.rows.map(\.brief) == ["[0,100) {7}", "[0,100) {2}"])
        #expect(test.total.lateEvents == 2)
    }
}

/// A fixed event of the tests here.
struct Pulse: FixedEvent, Hashable {
    var number: Int64
    static let schema = Schema("Pulse", fields: [.init("number", .i64)])
}
