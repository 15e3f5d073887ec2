import Penstock
import PenstockEngine
import PenstockTesting
import Testing

/// What the feature table of the stream semantics, section 17, says of aggregates, states and timers. Expected rows follow from sections 6, 9
/// and 10, by hand.
@Suite("Features of aggregates and state")
struct StateFeatureTests {
    private let source = ScriptedSource("beats", of: Beat.self, disorder: .bounded(by: .nanoseconds(5)))

    @Test("an incremental aggregate and a function of the whole window give the same, the one bit by bit")
    func aggregates() async throws {
        let (sums, squares) = (Observed("sums", of: Summed<Int, Int>.self), Observed("squares", of: String.self))
        let whole = Observed("whole", of: String.self)
        let test = try await FlowTest {
            let slid = Flow("beats") {
                From(source)
                KeyBy(\Beat.key)
            }
            Flow("sums") {
                slid
                Sliding(.nanoseconds(10), every: .nanoseconds(5))
                Sum(\Beat.number)
                To(sums)
            }
            Flow("squares") {  // an aggregate of the author's own, with merge
                slid
                Sliding(.nanoseconds(10), every: .nanoseconds(5))
                Aggregate(SquareSum())
                Map { (r: KeyedResult<Int, Int>) in "\(r.window.end.nanoseconds): \(r.value)" }
                To(squares)
            }
            Flow("whole") {
                slid
                Sliding(.nanoseconds(10), every: .nanoseconds(5))
                WholeWindow { (window: WindowSpan, beats: [Beat]) in
                    "\(beats.map(\.number)) \(beats.reduce(0) { $0 + $1.number * $1.number })"
                }
                Map { (r: KeyedResult<Int, String>) in "\(r.window.end.nanoseconds): \(r.value)" }
                To(whole)
            }
        }
        try await test.play("e4 e2 e7 e6 e12", to: source)
        try await test.endAndProve()
        // Windows [-5, 5), [0, 10), [5, 15), [10, 20); the whole window has its events in the order of their times.
        #expect(sums.values.map(\.sum) == [6, 19, 25, 12])
        #expect(squares.values == ["5: 20", "10: 105", "15: 229", "20: 144"])
        #expect(
            whole.values == ["5: [2, 4] 20", "10: [2, 4, 6, 7] 105", "15: [6, 7, 12] 229", "20: [12] 144"])
    }

    @Test("keyed state: a value, a list, a map and a reducing state for each key, over a crash and a rescaling")
    func keyedState() async throws {
        let lines = Observed("lines", of: String.self)
        let test = try await FlowTest {
            Flow("lines") {
                From(source)
                KeyBy(\Beat.key)
                Process(Diary())
                To(lines)
            }
        }
        try await test.play("e1 e2k2 e3 e13", to: source)
        #expect(
            lines.newRows().map(\.value) == [
                "1: nil [1] [odd: 1] 1", "2: nil [2] [even: 1] 2", "1: 1 [1, 3] [odd: 2] 4",
            ])
        try await test.checkpoint()
        try await test.play("e20k2", to: source)
        try await test.crashAndRestore(parallelism: 3, batch: 1)
        try await test.end()
        #expect(
            lines.newRows().map(\.value) == ["1: 3 [3, 13] [odd: 3] 17", "2: 2 [2, 20] [even: 2] 22"])
    }

    @Test("event-time timers fire by the data's time, processing-time timers by the clock")
    func timers() async throws {
        let fired = Observed("fired", of: String.self)
        let test = try await FlowTest {
            Flow("fired") {
                From(source)
                KeyBy(\Beat.key)
                Process(Reminder(), order: .arrival)
                To(fired)
            }
        }
        try await test.play("e1", to: source)
        try await test.play("w10", to: source)
        #expect(fired.newRows().isEmpty)
        try await test.play("w11", to: source)
        #expect(fired.newRows().map(\.value) == ["event time 11"])
        try await test.advance(by: .seconds(4))
        #expect(fired.newRows().isEmpty)
        try await test.advance(by: .seconds(1))
        #expect(fired.newRows().map(\.value) == ["clock 5"])
        try await test.end()
        #expect(fired.newRows().isEmpty)
    }

    @Test("a state's time to live is event time: gone at the instant, unless written or, where asked for, read")
    func timeToLive() async throws {
        let seen = Observed("seen", of: String.self)
        let beats = ScriptedSource("beats", of: Beat.self, disorder: .ascending)
        let test = try await FlowTest {
            Flow("seen") {
                From(beats)
                KeyBy(\Beat.key)
                Process(Memory())
                To(seen)
            }
        }
        // Both states are written at 1 and live for 10; only the second one is renewed by reading.
        try await test.play("e1 e10 e11 e20 e30", to: beats)
        try await test.endAndProve()
        #expect(
            seen.values == ["1: - -", "10: 1 1", "11: - 1", "20: - 1", "30: - -"])
    }

    @Test("rescaling by key groups is by restart: 40 keys go on with 4, 3 and 1 instances")
    func rescaling() async throws {
        let counts = Observed("counts", of: Counted<Int>.self)
        let beats = ScriptedSource("beats", of: Beat.self, disorder: .ascending)
        let test = try await FlowTest(parallelism: 2) {
            Flow("counts") {
                From(beats)
                KeyBy(\Beat.key)
                Tumbling(every: .nanoseconds(1000))
                Count()
                To(counts)
            }
        }
        for (time, parallelism) in [(1, 4), (2, 3), (3, 1), (4, nil)] {
            for key in 1...40 where key % time == 0 { try await test.play("e\(time)k\(key)", to: beats) }
            guard let parallelism else { continue }
            try await test.checkpoint()
            try await test.crashAndRestore(parallelism: parallelism)
        }
        try await test.end()
        #expect(counts.values.map(\.key) == Array(1...40))
        #expect(counts.values.map(\.count) == (1...40).map { key in (1...4).count { key % $0 == 0 } })
    }
}

extension StateFeatureTests {
    @Test("rescaling to one instance gives the rows first that waited for those of other instances")
    func waitingRows() async throws {
        let marked = ScriptedSource("marked", of: Beat.self, disorder: .marks)
        let rows = Observed("rows", of: Beats.self)
        let numbered = Observed("numbered", of: String.self)
        let test = try await FlowTest(parallelism: 3) {
            Flow("rows") {
                From(marked)
                KeyBy(\Beat.key)
                Tumbling(count: 1, order: .arrival)
                Collect()
                To(rows)
            }
            Flow("numbered") {  // rows that wait before an operator
                From(marked)
                KeyBy(\Beat.key)
                Tumbling(count: 1, order: .arrival)
                Collect()
                Map { (row: Beats) in row.value[0] }
                Numbering()
                To(numbered)
            }
        }
        try await test.play("e3 e2k2 e1k3", to: marked)
        #expect(rows.rows.isEmpty, "no watermark says that no row of another instance comes before")
        try await test.checkpoint()
        try await test.crashAndRestore(parallelism: 1)
        #expect(rows.newRows().map { $0.value.value.map(\.number) } == [[1], [2], [3]])
        try await test.play("e5 e4k2", to: marked)
        #expect(rows.newRows().map { $0.value.value.map(\.number) } == [[5], [4]], "one instance need not wait")
        try await test.checkpoint()
        try await test.crashAndRestore(parallelism: 2)
        try await test.end()
        #expect(rows.rows.map { $0.value.value.map(\.number) } == [[1], [2], [3], [5], [4]])
        #expect(numbered.values == ["1: 1", "2: 2", "3: 3", "4: 5", "5: 4"])
    }
}

/// Numbers the beats as they come.
private struct Numbering: Operator {
    struct State: Snapshotable, FixedEvent {
        var count: Int64 = 0
        static let schema = Schema("Numbering.State", fields: [.init("count", .i64)])

        init() {}

        func snapshot(into records: inout RecordWriter) { records.append(self) }

        init(restoring records: [RecordReader]) throws(RecordError) {
            for var record in records { self = try State(reading: &record) }
        }
    }

    func makeState() -> State { State() }

    func process(
        _ events: Events<Beat>, state: inout State, into output: inout Output<String>, context: OperatorContext
    ) {
        for event in events {
            state.count += 1
            output.append("\(state.count): \(event.value.number)", time: event.time)
        }
    }
}

/// The sum of the squares of numbers.
private struct SquareSum: Aggregator {
    func makeState() -> Int { 0 }
    func add(_ beat: Beat, at place: EventPlace, to state: inout Int) { state += beat.number * beat.number }
    func merge(_ later: Int, into state: inout Int) { state += later }
    func result(of state: Int, in window: WindowSpan) -> Int { state }
}

/// Writes every beat into a state of each kind, and tells what is there: the last number, the last two, how many were odd or even, the sum.
private struct Diary: KeyedProcess {
    let last = ValueState("last", of: Int.self)
    let recent = ListState("recent", of: Int.self)
    let kinds = MapState("kinds", of: String.self, Int.self)
    let sum = ReducingState("sum", of: Int.self) { $0 + $1 }

    func process(
        _ beat: Beat, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int>
    ) throws {
        state.append(beat.number, to: recent)
        if state.count(of: recent) > 2 { state.removeFirst(of: recent) }
        state[kinds, beat.number % 2 == 0 ? "even" : "odd", default: 0] += 1
        try state.add(beat.number, to: sum)
        let kinds = state.entries(of: kinds).map { "\($0.key): \($0.value)" }
        output.append(
            "\(context.key): \(state[last].map { "\($0)" } ?? "nil") \(state[recent]) "
                + "[\(kinds.joined(separator: ", "))] \(state[sum] ?? 0)")
        state[last] = beat.number
    }
}

/// Sets a timer for 10 ns of event time later, and one for 5 s of the clock later.
private struct Reminder: KeyedProcess {
    let usesProcessingTime = true

    func process(
        _ beat: Beat, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int>
    ) {
        timers.set("event time", at: Timestamp(nanoseconds: context.clock.nanoseconds + 10))
        timers.setProcessing("clock", at: Timestamp(nanoseconds: timers.processingTime.nanoseconds + 5_000_000_000))
    }

    func onTimer(
        _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int>
    ) {
        let unit: Int64 = timer.isProcessingTime ? 1_000_000_000 : 1
        output.append("\(timer.name) \(timer.time.nanoseconds / unit)")
    }
}

/// Remembers its first number for 10 ns, and in another state for 10 ns behind the last look at it.
private struct Memory: KeyedProcess {
    let written = ValueState("written", of: Int.self, timeToLive: TimeToLive(.nanoseconds(10)))
    let renewed = ValueState(
        "renewed", of: Int.self, timeToLive: TimeToLive(.nanoseconds(10), isRenewedByReading: true))

    func process(
        _ beat: Beat, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int>
    ) {
        func text(_ value: Int?) -> String { value.map { "\($0)" } ?? "-" }
        output.append("\(beat.number): \(text(state[written])) \(text(state[renewed]))")
        guard beat.number == 1 else { return }
        state[written] = beat.number
        state[renewed] = beat.number
    }
}
