import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("What sessions refuse")
struct SessionMistakeTests {
    private let key = StageDescription.keyBy { (s: Sample) in s.key }
    private let count = Aggregate(.count, .nothing)

    private func flow(_ window: SessionWindows, _ aggregate: Aggregate, _ steps: [Step] = []) -> FlowDescription {
        FlowDescription(
            name: "f",
            stages: [
                .from(ScriptedSource(partitions: [steps])), key,
                .aggregate(.session(window), aggregate).named("visits"),
                .to(Collector(Row.self)),
            ])
    }

    private func planError(_ window: SessionWindows, _ aggregate: Aggregate) -> String? {
        let error = #expect(throws: EngineError.self) { try PhysicalPlan([flow(window, aggregate)]) }
        return error?.summary
    }

    @Test("a gap that is not positive or too long is refused when the pipeline is planned")
    func gaps() {
        for (gap, reason) in [
            (Int64(0), "gap must be positive"), (-1, "gap must be positive"),
            (SessionWindows.longest + 1, "gap is longer than"),
        ] {
            let message = planError(SessionWindows(gap: .fixed(gap)), count)
            #expect(message?.contains("in the flow \"f\": a session's \(reason)") == true, "\(message ?? "")")
        }
    }

    @Test("early rows and a row for each late event are refused: a session answers once")
    func emissions() {
        let gap = SessionWindows(gap: .fixed(1))
        let early = planError(gap, Aggregate(.count, .nothing, emission: Emission(earlyEvery: 2)))
        #expect(early?.contains("a session has no early rows") == true, "\(early ?? "")")
        let each = planError(
            gap, Aggregate(.count, .nothing, emission: Emission(allowedLateness: 1, lateRows: .eachEvent)))
        #expect(each?.contains("a session has no row for each late event") == true, "\(each ?? "")")
        let negative = planError(gap, Aggregate(.count, .nothing, emission: Emission(allowedLateness: -1)))
        #expect(negative?.contains("allowed lateness must not be negative") == true, "\(negative ?? "")")
    }

    @Test("a gap of an event that is not positive ends the run and names the event", arguments: [Int64(0), -7])
    func ownGap(gap: Int64) async throws {
        let gaps = SessionWindows(
            gap: .each(
                NumberKernel(integers: { rows, input, gaps in
                    for k in 0..<rows.count {
                        gaps[rows[k]] = input.assumingMemoryBound(to: Sample.self)[rows[k]].number
                    }
                    return KernelOutcome(processed: rows.count)
                })))
        let steps: [Step] = [
            .event(1, Sample(number: 5)), .event(2, Sample(number: 5)), .event(30, Sample(number: gap)),
        ]
        for (batch, parallelism) in [(1, 1), (7, 2)] {
            let error = await #expect(throws: EngineError.self) {
                try await run([flow(gaps, count, steps)], batch: batch, parallelism: parallelism)
            }
            #expect(
                error?.summary
                    == "stage f/visits: event 2 of its source, at 30 ns, gives a session a gap of \(gap) ns")
            #expect(error?.hint == "a session's gap must be positive, but it is \(gap) ns")
            #expect(error?.category == .data)
        }
    }

    @Test("an integer sum that overflows names the session, whether events are added or sessions merged")
    func overflow() async throws {
        let sum = Aggregate(.sum, .integer)
        let gap = SessionWindows(gap: .fixed(10))
        let large = Int64.max - 1
        for steps: [Step] in [
            [.event(0, Sample(number: large)), .event(5, Sample(number: 2))],
            [.event(0, Sample(number: large)), .event(15, Sample(number: 1)), .event(7, Sample(number: 1))],
        ] {
            let source = StageDescription.from(ScriptedSource(partitions: [steps], disorder: .marks))
            let flow = FlowDescription(
                name: "f",
                stages: [source, key, .aggregate(.session(gap), sum).named("visits"), .to(Collector(Row.self))])
            let error = await #expect(throws: EngineError.self) { try await run([flow]) }
            guard case .overflow(let stage, let window)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(stage.description == "f/visits")
            #expect(window.start.nanoseconds == 0)
            #expect(window.end.nanoseconds == (steps.count == 2 ? 15 : 25))
        }
    }

    @Test("an author's aggregate that throws names the event, though that is folded when its session has ended")
    func throwing() async throws {
        let aggregate = Aggregate(AggregateKernel(Picky(), name: "picky"), row: ValueType(Row.self)) { _, _ in }
        let steps: [Step] = [.e(1), .e(2), .event(3, Sample(number: -1)), .e(4)]
        let error = await #expect(throws: EngineError.self) {
            try await run([flow(SessionWindows(gap: .fixed(10)), aggregate, steps)])
        }
        guard case .stageFailed(let stage, let sequence, let time, let failure, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(stage.description == "f/visits")
        #expect(sequence == 2)
        #expect(time.nanoseconds == 3)
        #expect(failure as? Failure == Failure())
    }

    @Test("values that are kept until their session ends live no longer, also where the run ends before")
    func lives() throws {
        let lives = Tally()
        do {
            let store = AggregateStore(AggregateKernel(Longest(), name: "longest"))
            let kept = KeptEvents(stage: testStage, nil, of: ValueType(Counted.self))
            let slots = (0..<2).map { _ in store.allocate() }
            do {
                var builder = ColumnBuilder<Counted>(capacity: 1)
                for number in 0..<1_000 { builder.append(Counted(number, lives), time: Int64(number)) }
                let (values, times, count) = builder.take(capacity: 1)
                let batch = Batch(
                    origin: Origin(stage: 0, partition: 0), baseSequence: 0, rowCount: count, times: times,
                    values: values, watermark: .distantPast)
                let rowSlots = (0..<count).map { slots[$0 % 2] }
                try kept.keep(batch, slots: rowSlots)
            }
            #expect(lives.value == 1_000)
            try kept.fold(slots[0], in: store)
            #expect(lives.value == 500)
        }
        #expect(lives.value == 0)
    }
}

/// Refuses negative numbers, and depends on order.
private struct Picky: Aggregator {
    func makeState() -> Int64 { 0 }

    func add(_ sample: Sample, at place: EventPlace, to state: inout Int64) throws {
        guard sample.number >= 0 else { throw Failure() }
        state += sample.number
    }

    func merge(_ later: Int64, into state: inout Int64) { state += later }

    func result(of state: Int64, in window: WindowSpan) -> Int64 { state }
}

/// Depends on order and keeps no event.
private struct Longest: Aggregator {
    func makeState() -> Int { 0 }

    func add(_ value: Counted, at place: EventPlace, to state: inout Int) { state = max(state, value.number) }

    func merge(_ later: Int, into state: inout Int) { state = max(state, later) }

    func result(of state: Int, in window: WindowSpan) -> Int { state }
}
