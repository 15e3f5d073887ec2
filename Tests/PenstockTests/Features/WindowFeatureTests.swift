import Penstock
import PenstockEngine
import PenstockTesting
import Testing

/// What the feature table of the stream semantics, section 17, says of windows. Expected rows follow from section 4, by hand.
@Suite("Features of windows")
struct WindowFeatureTests {
    private let source = ScriptedSource("beats", of: Beat.self, disorder: .marks)
    private let rows = Observed("rows", of: Beats.self)

    @Test("tumbling and sliding windows with an offset hold what their definition says, by slices")
    func timeWindows() async throws {
        let slid = Observed("slid", of: Beats.self)
        let test = try await FlowTest {
            Flow("tumbling") {
                From(source)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(10), offset: .nanoseconds(3))
                Collect()
                To(rows)
            }
            Flow("sliding") {  // slices of 1, for 5 is no multiple of 2
                From(source)
                KeyBy(\Beat.key)
                Sliding(.nanoseconds(5), every: .nanoseconds(2), offset: .nanoseconds(1))
                Collect()
                To(slid)
            }
        }
        try await test.play("e2 e3 e12 e13", to: source)
        try await test.endAndProve()
        #expect(rows.rows.map(\.brief) == ["[-7,3) {2}", "[3,13) {3,12}", "[13,23) {13}"])
        // All odd starts a with t − 5 < a <= t.
        #expect(
            slid.rows.map(\.brief) == [
                "[-1,4) {2,3}", "[1,6) {2,3}", "[3,8) {3}", "[9,14) {12,13}", "[11,16) {12,13}", "[13,18) {13}",
            ])
    }

    @Test("count windows: n elements, or n every k, of each key, and the rest at the end of input")
    func countWindows() async throws {
        let slid = Observed("slid", of: Beats.self)
        let beats = ScriptedSource("beats", of: Beat.self, disorder: .ascending)
        let test = try await FlowTest {
            Flow("n") {
                From(beats)
                KeyBy(\Beat.key)
                Tumbling(count: 2)
                Collect()
                To(rows)
            }
            Flow("n every k") {
                From(beats)
                KeyBy(\Beat.key)
                Sliding(count: 3, every: 2)
                Collect()
                To(slid)
            }
        }
        try await test.play("e1 e2k2 e3 e4 e5k2 e6 e7", to: beats)
        try await test.endAndProve()
        func texts(_ rows: Observed<Beats>) -> [String] {
            rows.rows.map { "\($0.value.value.map(\.number)) at \($0.time.nanoseconds) \($0.pane.isComplete)" }
        }
        // Key 1 has 1, 3, 4, 6, 7, key 2 has 2, 5.
        #expect(texts(rows) == ["[1, 3] at 3 true", "[2, 5] at 5 true", "[4, 6] at 6 true", "[7] at 7 false"])
        #expect(
            texts(slid) == ["[1, 3] at 3 true", "[2, 5] at 5 true", "[3, 4, 6] at 6 true", "[4, 6, 7] at 7 false"])
    }

    @Test("a global window answers by its trigger: n elements, an interval of event time or a marker; kept or purged")
    func globalWindow() async throws {
        let beats = ScriptedSource("beats", of: Beat.self, disorder: .ascending)
        let (counted, timed, marked) = (
            Observed("counted", of: Beats.self), Observed("timed", of: Beats.self), Observed("marked", of: Beats.self)
        )
        let test = try await FlowTest {
            Flow("each two elements") {
                From(beats)
                KeyBy(\Beat.key)
                Global(every: 2, .keep)
                Collect()
                To(counted)
            }
            Flow("each 10 ns") {
                From(beats)
                KeyBy(\Beat.key)
                Global(every: .nanoseconds(10), .purge)
                Collect()
                To(timed)
            }
            Flow("behind a marker") {
                From(beats)
                KeyBy(\Beat.key)
                Global(.keep) { (b: Beat) in b.number % 4 == 0 }
                Collect()
                To(marked)
            }
        }
        try await test.play("e1 e2 e4 e11 e12 e25", to: beats)
        try await test.endAndProve()
        func texts(_ rows: Observed<Beats>) -> [String] {
            rows.rows.map { "\($0.value.value.map(\.number)) at \($0.time.nanoseconds) \($0.pane.isComplete)" }
        }
        #expect(
            texts(counted) == ["[1, 2] at 2 true", "[1, 2, 4, 11] at 11 true", "[1, 2, 4, 11, 12, 25] at 25 true"])
        #expect(texts(timed) == ["[1, 2, 4] at 10 true", "[11, 12] at 20 true", "[25] at 25 false"])
        #expect(
            texts(marked) == [
                "[1, 2, 4] at 4 true", "[1, 2, 4, 11, 12] at 12 true", "[1, 2, 4, 11, 12, 25] at 25 false",
            ])
    }

    @Test("scan windows open and close at markers")
    func scansByMarkers() async throws {
        let beats = ScriptedSource("beats", of: Beat.self, disorder: .ascending)
        let (scans, outside) = (Observed("scans", of: String.self), SideOutput("outside", of: Beat.self))
        let between = Observed("between", of: Int.self)
        let test = try await FlowTest {
            Flow("scans") {
                From(beats)
                KeyBy(\Beat.key)
                Scans { (b: Beat) -> ScanMark<Int> in b.number == 10 ? .begin(7) : b.number == 20 ? .end(7) : .data }
                Outside(to: outside)
                Map { (s: Scan<Int, Beat>) in
                    "\(s.id) [\(s.window.start.nanoseconds),\(s.window.end.nanoseconds)) \(s.events.map(\.number)) "
                        + "\(s.isComplete)"
                }
                To(scans)
            }
            Flow("between") {
                From(outside)
                Map { (b: Beat) in b.number }
                To(between)
            }
        }
        try await test.play("e9 e10 e12 e19 e20", to: beats)
        #expect(scans.rows.isEmpty, "another marker may come at 20")
        try await test.play("e21", to: beats)
        #expect(scans.rows.map(\.description) == ["7 [10,20) [12, 19] true at 19 ns"])
        try await test.endAndProve()
        #expect(scans.rows.count == 1 && between.values == [9, 21])
    }

    @Test("scan windows by counts close when as many events have come as each producer has announced")
    func scansByCounts() async throws {
        let beats = ScriptedSource("beats", of: Beat.self, disorder: .ascending)
        let scans = Observed("scans", of: String.self)
        let surplus = SideOutput("surplus", of: Beat.self)
        let repeated = Observed("repeated", of: Beat.self)
        let test = try await FlowTest {
            Flow("scans") {
                From(beats)
                KeyBy(\Beat.key)
                // The number is the producer's, 0 or 1, then 9 for an end, then the sequence number or what was expected.
                CountedScans(producers: 2) { (b: Beat) -> ScanPart in
                    b.number / 10 % 10 == 9
                        ? .end(producer: b.number / 100, expected: b.number % 10)
                        : .event(producer: b.number / 100, number: b.number % 10)
                }
                Surplus(to: surplus)
                Map { (s: CountedScan<Int, Beat>) in "\(s.id) \(s.events.map(\.number)) \(s.isComplete)" }
                To(scans)
            }
            Flow("repeated") {
                From(surplus)
                To(repeated)
            }
        }
        for (time, number) in [0, 100, 92, 100, 1].enumerated() {
            try await test.send(Beat(key: 5, number: number), at: .nanoseconds(time), to: beats)
        }
        #expect(scans.rows.isEmpty, "producer 1 has not ended")
        try await test.send(Beat(key: 5, number: 191), at: .nanoseconds(9), to: beats)
        for (number, time) in [10, 11].enumerated() {
            try await test.send(Beat(key: 6, number: number), at: .nanoseconds(time), to: beats)
        }
        #expect(scans.rows.map(\.description) == ["5 [0, 100, 1] true at 9 ns"])
        try await test.endAndProve()
        #expect(scans.values == ["5 [0, 100, 1] true", "6 [0, 1] false"] && repeated.values.map(\.number) == [100])
    }

    @Test("windows over another axis: a step number that goes on as the events do, whatever their times")
    func otherAxis() async throws {
        let beats = ScriptedSource("beats", of: Beat.self, disorder: .bounded(by: .nanoseconds(100)))
        let windows = Observed("windows", of: String.self)
        let test = try await FlowTest {
            Flow("windows") {
                From(beats)
                AlongNumbers(40, every: 20)
                NumberSum()
                To(windows)
            }
        }
        for scan in [0, 1] {
            let (time, last) = (100 * scan, [60, 40][scan])
            try await test.send(.scanStart(ScanStart(scan: ScanID(UInt64(scan)))))
            for step in 0...(last / 10) {
                // Times go to and fro.
                let at = Duration.nanoseconds(time + (step % 2 == 0 ? 50 : 10) + step)
                try await test.send(Beat(number: 10 * step), at: at, to: beats)
            }
            try await test.send(.scanEnd(ScanEnd(scan: ScanID(UInt64(scan)), eventCount: 0)))
        }
        try await test.end()
        // Windows of 40 end at the multiples of 20; the last one of a scan holds what lies less than 40 behind its newest event.
        #expect(
            windows.values == [
                "2: 10, growing", "4: 60", "4: 140", "4: 180, last", "2: 10, growing", "4: 60", "4: 100, last",
            ])
    }
}

/// Windows of the number of a beat, as a module adds them to the language.
private struct AlongNumbers: Stage {
    let size: Int64
    let every: Int64
    var options = StageOptions()

    init(_ size: Int64, every: Int64) {
        self.size = size
        self.every = every
    }
}

extension FlowBuilder {
    fileprivate static func buildPartialBlock(
        accumulated: Penstock.Stream<Beat>, next: AlongNumbers
    ) -> Windows<Beat> {
        Windows(accumulated, PositionWindows(.sliding(size: next.size, every: next.every))) { beat, _ in
            Int64(beat.number)
        }
    }
}

/// Adds the numbers of a window up, one after the other, as they enter and leave it.
private struct NumberSum: WindowOperator {
    struct State: Snapshotable, FixedEvent {
        var sum: Int64 = 0
        static let schema = Schema("NumberSum.State", fields: [.init("sum", .i64)])

        init() {}

        func snapshot(into records: inout RecordWriter) { records.append(self) }

        init(restoring records: [RecordReader]) throws(RecordError) {
            for var record in records { self = try State(reading: &record) }
        }
    }

    func makeState() -> State { State() }

    func add(_ event: Beat, state: inout State, context: OperatorContext) { state.sum += Int64(event.number) }

    func remove(_ event: Beat, state: inout State, context: OperatorContext) { state.sum -= Int64(event.number) }

    func emit(
        _ pane: WindowPane, part: Int, state: inout State, into output: inout Output<String>, context: OperatorContext
    ) -> EmitProgress {
        output.append(
            "\(pane.count): \(state.sum)\(pane.isComplete ? "" : ", growing")\(pane.isLast ? ", last" : "")",
            time: pane.time)
        return .complete
    }
}
