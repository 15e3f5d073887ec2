import PenstockEvents
import Testing

@testable import PenstockEngine

/// The scripted cases 31 and 32 of stream-semantics.md, section 15, and what section 9 says of timers.
@Suite("Scripted cases of processes")
struct ScriptedProcessTests {
    /// What a process that tells everything puts out, for every batch size and parallelism.
    private func check(
        _ partitions: [[Step]], _ process: Telling, disorder: Disorder = .marks, _ expected: [String]
    ) async throws {
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
            let collector = Collector(String.self)
            let flow = FlowDescription(
                name: "case",
                stages: [
                    .from(ScriptedSource(partitions: partitions, disorder: disorder)), .keyBy { (s: Sample) in s.key },
                    .operation(AnyOperator(process)), .to(collector),
                ])
            try await run([flow], batch: batch, parallelism: parallelism)
            #expect(collector.values == expected, "batch \(batch), parallelism \(parallelism)")
        }
    }

    @Test("case 31: a timer in the past fires right behind its event, at the clock")
    func case31() async throws {
        try await check(
            [[.e(10), .w(20), .e(12)]], Telling { event, timers, _ in timers.set(at: at(event - 5)) },
            ["e10 at 10", "timer 5 at 10", "e12 at 21 behind", "timer 7 at 21"])
    }

    @Test("case 32: a timer that renews itself ends with the input")
    func case32() async throws {
        try await check(
            [[.e(1), .e(35), .w(40)]],
            Telling { event, timers, _ in
                if event == 1 { timers.set(at: at(10)) }
            } onTimer: { timer, timers in
                timers.set(at: at(timer + 10))
            },
            [
                "e1 at 1", "timer 10 at 10", "timer 20 at 20", "timer 30 at 30", "e35 at 35", "timer 40 at 40",
                "timer 50 at 50 end, not set",
            ])
    }

    @Test("the last effective time ends timers, also where another instance has seen it")
    func lastTime() async throws {
        // Without a mark the watermark comes to 34, and only key 7 has an event at 35.
        try await check(
            [[.e(1), .e(35, key: 7)]],
            Telling { event, timers, _ in
                if event == 1 { timers.set(at: at(35)) }
            } onTimer: { timer, timers in
                timers.set(at: at(timer + 1))
            }, disorder: .ascending,
            ["e1 at 1", "timer 35 at 35", "e35 at 35", "timer 36 at 36 end, not set"])
    }

    @Test("the last watermark of a partition that has ended counts, too")
    func lastWatermark() async throws {
        try await check(
            [[.e(1), .w(50)], [.e(2, key: 3), .w(20)]],
            Telling { event, timers, _ in
                if event == 1 { timers.set(at: at(40)) }
            } onTimer: { timer, timers in
                timers.set(at: at(timer + 10))
            },
            ["e1 at 1", "e2 at 2", "timer 40 at 40", "timer 50 at 50", "timer 60 at 60 end, not set"])
    }

    @Test("a timer fires behind the events of its instant, once, and by name")
    func order() async throws {
        try await check(
            [[.e(1), .e(5), .e(5), .e(9)]],
            Telling { event, timers, _ in
                guard event == 1 else { return }
                for name in ["b", "a", "b", "gone"] { timers.set(name, at: at(5)) }
                timers.cancel("gone")
                timers.set("a", at: at(4))
                timers.set("b", at: at(7))
                timers.cancel("b", at: at(7))
            }, disorder: .ascending,
            ["e1 at 1", "timer a4 at 4", "e5 at 5", "e5 at 5", "timer a5 at 5", "timer b5 at 5", "e9 at 9"])
    }

    @Test("timers of one instant fire in the order of their keys")
    func keys() async throws {
        try await check(
            [[.e(1, key: 2), .e(2, key: -1), .e(3, key: 1), .e(9, key: 5)]],
            Telling { _, timers, key in timers.set("\(key)", at: at(6)) }, disorder: .ascending,
            [
                "e1 at 1", "e2 at 2", "e3 at 3", "timer -16 at 6", "timer 16 at 6", "timer 26 at 6", "e9 at 9",
                "timer 56 at 9",
            ])
    }

    private func at(_ time: Int64) -> Timestamp { Timestamp(nanoseconds: time) }
}

private func at(_ time: Int64) -> Timestamp { Timestamp(nanoseconds: time) }

/// Tells of every event and timer, and does what it is told.
struct Telling: KeyedProcess {
    typealias Key = Int64
    var onEvent: @Sendable (_ time: Int64, inout KeyTimers, _ key: Int64) -> Void
    var onTimer: @Sendable (_ time: Int64, inout KeyTimers) -> Bool = { _, _ in true }

    func process(
        _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int64>
    ) {
        onEvent(event.number, &timers, context.key)
        output.append("e\(event.number) at \(context.clock.nanoseconds)\(context.isBehind ? " behind" : "")")
    }

    func onTimer(
        _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int64>
    ) {
        let isSet = onTimer(timer.time.nanoseconds, &timers)
        output.append(
            "timer \(timer.name)\(timer.time.nanoseconds) at \(context.clock.nanoseconds)"
                + (timer.isEndOfInput ? " end" : "") + (isSet ? "" : ", not set"))
    }
}
