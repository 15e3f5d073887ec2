import PenstockEvents
import PenstockLog
import Testing

@testable import PenstockEngine

@Suite("Stopping and failing")
struct FailureTests {
    private let steps = (Int64(0)..<50).map { Step.e($0) }

    private func expectFailure(
        _ flows: [FlowDescription], stage: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let error = await #expect(throws: EngineError.self, sourceLocation: sourceLocation) {
            try await run(flows, batch: 8)
        }
        #expect(error?.summary.contains(stage) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.summary.contains("the author's error") == true, sourceLocation: sourceLocation)
    }

    private func flows(_ stages: [StageDescription], _ sinks: [StageDescription]) -> [FlowDescription] {
        let shared = FlowDescription(name: "shared", stages: stages)
        return [shared] + sinks.enumerated().map { FlowDescription(name: "out\($0)", stages: [.flow(shared), $1]) }
    }

    @Test("a failing stage ends the run with its name, and every sink is abandoned")
    func failingStages() async throws {
        let failing: [StageDescription] = [
            .map { (s: Sample) in
                guard s.number < 30 else { throw Failure() }
                return s
            },
            .filter { (s: Sample) in
                guard s.number < 30 else { throw Failure() }
                return true
            },
            .operation(AnyOperator(Summing(poison: 30), windows: PositionWindows(.whole)) { s, _ in s.number }),
            .operation(
                AnyOperator(Summing(), windows: PositionWindows(.whole)) { s, _ in
                    guard s.number < 30 else { throw Failure() }
                    return s.number
                }),
        ]
        for stage in failing {
            let sinks = [Collector(Sample.self), Collector(Sample.self)]
            let sums = Collector(WindowSum.self)
            let isWindow = if case .operation = stage.kind { true } else { false }
            let source = ScriptedSource(partitions: [steps])
            try await expectFailure(
                flows([.from(source), stage.named("broken")], isWindow ? [.to(sums)] : sinks.map { .to($0) }),
                stage: "shared/broken")
            for calls in isWindow ? [sums.calls] : sinks.map(\.calls) { #expect(calls == ["abandon"]) }
        }
    }

    @Test("an operator that fails names its stage; its state does not matter")
    func failingOperator() async throws {
        let collector = Collector(Int64.self)
        let source = ScriptedSource(partitions: [steps + [.event(60, Sample(number: -99))]])
        try await expectFailure(
            [
                FlowDescription(
                    name: "f", stages: [.from(source), .operation(AnyOperator(Running())).named("sum"), .to(collector)])
            ], stage: "f/sum")
        #expect(collector.calls == ["abandon"])
    }

    @Test("a source that cannot be opened and a sink that cannot be checked, opened or written to name their stages")
    func failingEnds() async throws {
        let source = ScriptedSource(partitions: [steps], failure: Failure())
        try await expectFailure(
            [FlowDescription(name: "f", stages: [.from(source), .to(Collector(Sample.self))])], stage: "f/From")
        for fault in [Collector<Sample>.Fault.check, .open, .write] {
            let (good, bad) = (Collector(Sample.self), Collector(Sample.self, fault: fault))
            try await expectFailure(
                flows([.from(ScriptedSource(partitions: [steps]))], [.to(good), .to(bad).named("bad")]),
                stage: "out1/bad")
            #expect(good.calls == (fault == .check ? [] : ["abandon"]))
            #expect(bad.calls == (fault == .write ? ["abandon"] : []))
        }
    }

    @Test("where a sink cannot finish, those before it stay finished and the others are abandoned")
    func failingFinish() async throws {
        let sinks = [Collector(Sample.self), Collector(Sample.self, fault: .finish), Collector(Sample.self)]
        try await expectFailure(
            flows([.from(ScriptedSource(partitions: [steps]))], sinks.map { .to($0) }), stage: "out1/To")
        #expect(sinks[0].calls == ["finish"])
        #expect(sinks[1].calls == ["finish", "abandon"])
        #expect(sinks[2].calls == ["abandon"])
    }

    @Test("an event with an impossible time is refused", arguments: [Int64.min, .max, (1 << 62) + 1])
    func impossibleTimes(time: Int64) async throws {
        let source = ScriptedSource(partitions: [[.e(0), .e(time)]], disorder: .bounded(by: .seconds(1)))
        let error = await #expect(throws: EngineError.self) {
            try await run([FlowDescription(name: "f", stages: [.from(source), .to(Collector(Sample.self))])])
        }
        #expect(error?.category == .data)
        #expect(
            error?.summary.contains("f/From: an event has \(time == .min ? "no time" : "the time \(time) ns")") == true)
    }

    @Test("stop keeps what was recorded, abandons the sinks, and the scan can be replayed")
    func stopping() async throws {
        let recording = try await Recording()
        let outputs = Recording.Outputs()
        let source = ScriptedSource(partitions: [Recording.scan(1, 100, ended: false)], isEndless: true)
        let stopper = Stopper()
        let watched = Collector(Reading.self) { count in
            if count == 100 { stopper.stop() }
        }
        var flows = Recording.flows(source, outputs)
        flows.append(FlowDescription(name: "watched", stages: [.flow(flows[0]), .to(watched)]))
        let run = try makeRun(flows, batch: 7, log: recording.log)
        stopper.run.withLock { $0 = run }
        await #expect(throws: RunStopped.self) { try await run.run() }
        #expect(watched.calls == ["abandon"] && outputs.sums.calls == ["abandon"])
        #expect(run.progress.counts["readings_acknowledged"] == 60)
        let replayed = Recording.Outputs()
        try await PenstockEngineTests.run(
            Recording.flows(source, replayed), log: recording.log, reading: .replay(ScanID(1)))
        #expect(replayed.readings.values.count == 100 && replayed.readings.calls == ["finish"])
    }

    @Test("a run that is stopped before it begins reads nothing")
    func stoppedEarly() async throws {
        let collector = Collector(Sample.self)
        let flow = FlowDescription(
            name: "f", stages: [.from(ScriptedSource(partitions: [steps], isEndless: true)), .to(collector)])
        let run = try makeRun([flow])
        run.stop()
        await #expect(throws: RunStopped.self) { try await run.run() }
        #expect(collector.values.isEmpty && collector.calls == ["abandon"])
    }
}
