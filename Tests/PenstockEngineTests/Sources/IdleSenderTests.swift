import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Idle stages")
struct IdleSenderTests {
    private func time(_ nanoseconds: Int64) -> Timestamp { Timestamp(nanoseconds: nanoseconds) }

    private func batch(_ times: Int64..., watermark: Int64) -> StreamElement {
        .batch(Batch(times.map { ($0, Sample(number: $0)) }, watermark: watermark))
    }

    @Test("an idle sender is left out of the least watermark; where all are, the furthest counts")
    func leftOut() {
        var gate = InputGate(inputs: [0, 1, 1])
        _ = gate.pass(.watermark(time(5)), from: 0)
        _ = gate.pass(.watermark(time(30)), from: 1)
        #expect(gate.pass(.watermark(time(20)), from: 2)?.watermark == 5)
        gate.setIdle([true, false, false])
        #expect(gate.risen()?.watermark == 20 && !gate.isIdle)
        gate.setIdle([true, true, true])
        #expect(gate.risen()?.watermark == 30 && gate.isIdle)
        gate.setIdle([true, true, false])
        #expect(gate.risen() == nil && !gate.isIdle)
        _ = gate.pass(.end, from: 2)
        #expect(gate.isIdle, "the one that is left is idle")
    }

    @Test("the instances of a stage are left out together, as far as all of them have come")
    func instances() throws {
        var plan = PhysicalPlan()
        plan.stages = [PhysicalStage(index: 0, input: .channels)]
        plan.stages[0].reading.idleAfter = 1
        let idle = try #require(IdleSources(plan, nil))
        idle.setIdle(0)
        var gate = InputGate(inputs: [0, 0, 1], stages: [1, 1, 2])
        gate.follow(idle, [[0], [0], []])
        _ = gate.pass(.watermark(time(50)), from: 0)
        _ = gate.pass(.watermark(time(40)), from: 1)
        gate.setIdle([true, false, false])
        #expect(gate.pass(.watermark(time(70)), from: 2)?.watermark == 40, "the second instance is not idle")
        gate.setIdle([true, true, false])
        #expect(gate.risen()?.watermark == 70)
        _ = gate.pass(.watermark(time(90)), from: 0)
        gate.setIdle([true, true, true])
        #expect(gate.risen() == nil, "the second instance has not come to 90")
        // The source has come back: time goes no further before it is seen here.
        #expect(idle.comeBack(0) == time(70))
        #expect(gate.pass(.watermark(time(95)), from: 2) == nil)
        gate.setIdle([false, false, true])
        _ = gate.pass(.watermark(time(96)), from: 0)
        #expect(gate.pass(.watermark(time(92)), from: 1)?.watermark == 92)
    }

    @Test("what a sender sends when it comes back is behind the watermark that was passed on meanwhile")
    func comesBack() throws {
        var gate = InputGate(inputs: [0, 1])
        _ = gate.pass(.watermark(time(5)), from: 0)
        gate.setIdle([true, false])
        #expect(gate.pass(.watermark(time(40)), from: 1)?.watermark == 40)
        gate.setIdle([false, false])
        let first = try #require(gate.pass(batch(10, 41, 12, watermark: 20), from: 0)?.batch)
        #expect(first.behind.map(\.row) == [0, 2] && first.behind.allSatisfy { $0.watermark == time(40) })
        #expect(first.watermark == time(40))
        let second = try #require(gate.pass(batch(39, 60, watermark: 55), from: 0)?.batch)
        #expect(second.behind.map(\.row) == [0])
        let third = try #require(gate.pass(batch(39, 61, watermark: 56), from: 0)?.batch)
        #expect(third.behind.isEmpty, "it has come to the watermark itself: its source marks what is behind")
    }

    @Test("a sender that is idle again by the time that its events are taken has come back for them")
    func idleAgain() throws {
        var gate = InputGate(inputs: [0, 1])
        _ = gate.pass(.watermark(time(5)), from: 0)
        gate.setIdle([true, false])
        #expect(gate.pass(.watermark(time(40)), from: 1)?.watermark == 40)
        // Nobody has seen that it was not idle in between.
        gate.setIdle([true, false])
        let first = try #require(gate.pass(batch(10, 41, watermark: 20), from: 0)?.batch)
        #expect(first.behind.map(\.row) == [0] && first.behind.allSatisfy { $0.watermark == time(40) })
        gate.setIdle([true, false])
        #expect(gate.pass(.watermark(time(60)), from: 1)?.watermark == 60)
    }

    @Test("an instance that only hears of time does not fall behind the others of its stage that come back")
    func otherInstances() throws {
        var gate = InputGate(inputs: [0, 0, 1], stages: [5, 5, 6])
        for sender in 0...1 { _ = gate.pass(.watermark(time(5)), from: sender) }
        gate.setIdle([true, true, false])
        #expect(gate.pass(.watermark(time(40)), from: 2)?.watermark == 40)
        gate.setIdle([false, true, false])
        _ = gate.pass(batch(70, watermark: 69), from: 0)
        #expect(gate.pass(.watermark(time(90)), from: 2) == nil, "the other instance has not come there")
        let second = try #require(gate.pass(batch(50, 60, watermark: 69), from: 1)?.batch)
        #expect(second.behind.isEmpty && second.watermark == time(69))
        // One that has not come back with its stage would be left out again.
        gate.setIdle([true, true, false])
        #expect(gate.risen()?.watermark == 90)
    }

    @Test("an inbox tells that a sender is idle once all that it sent has been taken")
    func inbox() async throws {
        let inbox = Inbox(inputs: [0, 0])
        try await inbox.send(batch(1, watermark: 1), from: 0)
        inbox.setIdle(true, 0)
        #expect(inbox.idleSenders == [false, false])
        #expect(try await inbox.receive().element.batch?.count == 1)
        #expect(try await inbox.receiveUnlessWoken(except: []) == nil)
        #expect(inbox.idleSenders == [true, false])
        inbox.setIdle(false, 0)
        #expect(inbox.idleSenders == [false, false])
    }

    /// Some events, then nothing until somebody has seen a row, then others.
    private struct Waiting: Source {
        let disorder = Disorder.ascending
        let first: [Int64]
        let last: [Int64]
        let isSeen: Flag
        /// Goes on while there is nothing.
        var clock: VirtualClock?
        var summary: String { "waiting" }

        func open(_ partition: Int, context: SourceContext) -> any SourceReader<Sample> { Reader(source: self) }

        private struct Reader: SourceReader {
            let source: Waiting
            var reads = 0
            var hasGivenLast = false

            mutating func read(into batch: inout SourceBatch<Sample>) -> SourceProgress {
                reads += 1
                if reads == 1 {
                    for time in source.first { batch.append(Sample(number: time), time: Timestamp(nanoseconds: time)) }
                    return .more
                }
                if reads == 20_000 { source.isSeen.giveUp() }
                guard source.isSeen.isSet || source.isSeen.hasGivenUp else {
                    source.clock?.advance(by: 10)
                    return .more
                }
                if hasGivenLast { return .end }
                hasGivenLast = true
                for time in source.last { batch.append(Sample(number: time), time: Timestamp(nanoseconds: time)) }
                return .more
            }
        }
    }

    private final class Flag: Sendable {
        private let state = Guarded((isSet: false, hasGivenUp: false))
        var isSet: Bool { state.withLock { $0.isSet } }
        var hasGivenUp: Bool { state.withLock { $0.hasGivenUp } }
        func set() { state.withLock { $0.isSet = true } }
        func giveUp() { state.withLock { $0.hasGivenUp = true } }
    }

    @Test(
        "a merge of an idle source with one that speaks goes on, and what is then of long ago is late",
        arguments: [1, 3])
    func merged(parallelism: Int) async throws {
        let (clock, isSeen) = (VirtualClock(), Flag())
        var quiet = StageDescription.from(Waiting(first: [1], last: [7], isSeen: isSeen, clock: clock))
        quiet.reading.idleAfter = 50
        let busy = StageDescription.from(
            Waiting(first: (0...9).map { $0 * 10 }, last: [], isSeen: isSeen))
        let late = SideOutputName("late", of: Sample.self)
        var windows = StageDescription.aggregate(.time(TimeWindows(size: 20, every: 20)), Aggregate(.sum, .integer))
        windows.sides[.late] = late
        let (rows, lateEvents) = (Collector(Row.self, observe: { _ in isSeen.set() }), Collector(Sample.self))
        // The quiet side goes through a stage of its own, so that its idleness has a way to go.
        let named = FlowDescription(name: "quiet", stages: [quiet, .filter { (s: Sample) in s.number >= 0 }])
        let flows = [
            named,
            FlowDescription(
                name: "main",
                stages: [
                    StageDescription(
                        .inputs([
                            FlowDescription(name: "1", stages: [.flow(named)]),
                            FlowDescription(name: "2", stages: [busy]),
                        ]), label: "Merge"), .keyBy { (s: Sample) in s.key }, windows, .to(rows),
                ]),
            FlowDescription(name: "other", stages: [.flow(named), .to(Collector(Sample.self))]),
            FlowDescription(name: "late", stages: [StageDescription(.side(late), label: "From"), .to(lateEvents)]),
        ]
        var options = RunOptions(batchEvents: 16)
        options.clock = clock
        try await PipelineRun(try PhysicalPlan(flows, parallelism: parallelism), options: options, log: nil).run()
        #expect(!isSeen.hasGivenUp, "the quiet source held the windows")
        #expect(rows.values.map(\.integer) == [11, 50, 90, 130, 170])
        #expect(lateEvents.values.map(\.number) == [7])
    }
}
