import Penstock
import PenstockEngine
import PenstockTesting
import Testing

/// What the feature table of the stream semantics, section 17, says of emission and latency. Expected rows follow from section 5, by hand.
@Suite("Features of emission")
struct EmissionFeatureTests {
    private let source = ScriptedSource("beats", of: Beat.self, disorder: .marks)
    private let rows = Observed("rows", of: Beats.self)

    @Test("early firing by count: rows that replace each other, then the one at closing")
    func earlyByCount() async throws {
        let test = try await FlowTest {
            Flow("windows") {
                From(source)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10))
                Early(every: 2)
                Collect()
                To(rows)
            }
        }
        try await test.play("e1 e2 e3", to: source)
        #expect(
            rows.newRows().map { "\($0.brief) \($0.pane.brief)" } == ["[0,10) {1,2} 0 early, not final, incomplete"])
        try await test.play("w9", to: source)
        #expect(rows.newRows().map { "\($0.brief) \($0.pane.brief)" } == ["[0,10) {1,2,3} 1 onTime"])
        try await test.end()
    }

    @Test("early firing by interval: at each second of the clock, where there is something new")
    func earlyByInterval() async throws {
        let test = try await FlowTest {
            Flow("windows") {
                From(source)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10))
                Early(every: .seconds(1))
                Collect()
                To(rows)
            }
        }
        func came() -> [String] { rows.newRows().map { "\($0.brief) \($0.pane.brief)" } }
        try await test.play("e1", to: source)
        #expect(came() == [])
        try await test.advance(by: .seconds(1))
        #expect(came() == ["[0,10) {1} 0 early, not final, incomplete"])
        try await test.advance(by: .seconds(1))
        #expect(came() == [], "nothing is new")
        try await test.play("e2", to: source)
        try await test.advance(by: .seconds(1))
        #expect(came() == ["[0,10) {1,2} 1 early, not final, incomplete"])
        try await test.play("w9", to: source)
        #expect(came() == ["[0,10) {1,2} 2 onTime"])
        try await test.end()
    }

    @Test("the emit policy is one final row on close, or where it is asked for an update on every change")
    func emitPolicy() async throws {
        let updates = Observed("updates", of: Beats.self)
        let test = try await FlowTest {
            Flow("on close") {
                From(source)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10))
                Collect()
                To(rows)
            }
            Flow("on every change") {
                From(source)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10))
                Early(every: 1)
                Collect()
                To(updates)
            }
        }
        try await test.play("e1 e2", to: source)
        #expect(rows.rows.isEmpty && updates.rows.map(\.brief) == ["[0,10) {1}", "[0,10) {1,2}"])
        try await test.play("w9", to: source)
        #expect(rows.rows.map(\.pane) == [Pane()] && updates.rows.map(\.pane.isFinal) == [false, false, true])
        try await test.end()
        #expect(rows.rows.count == 1)
    }

    @Test("latency mode is continuous: an event goes through all stages when it comes, however large batches may be")
    func continuousLatency() async throws {
        let halves = Observed("halves", of: Beats.self)
        let test = try await FlowTest(parallelism: 2, batch: 4096) {
            Flow("halves") {
                From(source)
                Map { (b: Beat) in Beat(key: b.key, number: b.number / 2) }
                KeyBy(\Beat.key)
                Tumbling(count: 1, order: .arrival)
                Collect()
                To(halves)
            }
        }
        for number in [2, 4, 6] {
            // The mark says that no row of another instance comes before.
            try await test.play("e\(number) w\(number)", to: source)
            #expect(halves.newRows().map { $0.value.value.map(\.number) } == [[number / 2]])
        }
        try await test.end()
    }
}
