import PenstockEvents
import PenstockLog
import Testing

@testable import PenstockEngine

/// Replays of a part of a scan, against runs over the records of that part alone.
@Suite struct ReplayBoundsTests {
    /// Where a part begins and ends, and the numbers of the events in it. Event n has the time n and the offset n + 1, behind the scan's beginning.
    private static let parts: [(bounds: ReplayBounds, events: Range<Int64>)] = [
        (ReplayBounds(from: .offset(51)), 50..<200), (ReplayBounds(to: .offset(51)), 0..<50),
        (ReplayBounds(from: .offset(51), to: .offset(151)), 50..<150),
        (ReplayBounds(from: .offset(0), to: .offset(1000)), 0..<200),
        (ReplayBounds(from: .time(Timestamp(nanoseconds: 33))), 33..<200),
        (ReplayBounds(from: .time(Timestamp(nanoseconds: 33)), to: .time(Timestamp(nanoseconds: 34))), 33..<34),
        (ReplayBounds(from: .offset(101), to: .time(Timestamp(nanoseconds: 120))), 100..<120),
        (ReplayBounds(from: .time(Timestamp(nanoseconds: 500))), 200..<200),
        (ReplayBounds(from: .offset(51), topic: "readings"), 50..<200),
        (ReplayBounds(from: .offset(51), topic: "others"), 0..<200),
    ]

    private static func replay(
        _ recording: Recording, _ bounds: ReplayBounds, batch: Int = 7, parallelism: Int = 1
    ) async throws -> Recording.Outputs {
        let outputs = Recording.Outputs()
        let flows = Recording.flows(ScriptedSource(partitions: [[]]), outputs)
        let plan = try await PhysicalPlan(flows, parallelism: parallelism, isReplay: true, log: recording.log)
        var options = RunOptions(batchEvents: batch, reading: .replay(nil))
        options.replayBounds = bounds
        try await PipelineRun(plan, options: options, log: recording.log).run()
        return outputs
    }

    @Test("a replay of a part gives what a run over its records alone gives", arguments: parts.indices)
    func equalsRun(_ index: Int) async throws {
        let (bounds, wanted) = Self.parts[index]
        let recording = try await Recording()
        let steps = Recording.scan(1, 200)
        try await run(
            Recording.flows(ScriptedSource(partitions: [steps]), Recording.Outputs()), log: recording.log)

        let alone = Recording.Outputs()
        let part = [steps[0]] + steps[(1 + Int(wanted.lowerBound))..<(1 + Int(wanted.upperBound))] + [steps[201]]
        let other = try await Recording()
        try await run(Recording.flows(ScriptedSource(partitions: [part]), alone), log: other.log)
        #expect(alone.readings.values.count == wanted.count)

        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 1)] {
            let outputs = try await Self.replay(recording, bounds, batch: batch, parallelism: parallelism)
            #expect(outputs.readings.values == alone.readings.values, "batch \(batch)")
            #expect(outputs.readings.times == Array(wanted))
            #expect(outputs.sums.values == alone.sums.values)
            #expect(outputs.sums.times == alone.sums.times)
            #expect(outputs.readings.controls.count == 2, "the scan begins and ends")
        }
    }

    @Test("bounds between which nothing can be are refused")
    func mistakes() async throws {
        let recording = try await Recording()
        try await run(
            Recording.flows(ScriptedSource(partitions: [Recording.scan(1, 20)]), Recording.Outputs()),
            log: recording.log)
        let later = Timestamp(nanoseconds: 9)
        for (bounds, problem) in [
            (ReplayBounds(from: .offset(5), to: .offset(5)), "nothing lies between 5 and 5"),
            (ReplayBounds(from: .time(later), to: .time(Timestamp(nanoseconds: 8))), "nothing lies between 1970"),
            (ReplayBounds(from: .offset(21)), "has the offsets 0 to 21"),
        ] {
            let error = await #expect(throws: EngineError.self) { _ = try await Self.replay(recording, bounds) }
            #expect(error?.summary.contains(problem) == true, "\(error?.summary ?? "")")
        }
        let error = #expect(throws: EngineError.self) {
            try ReplayBounds(from: .offset(1)).check(["one", "two"])
        }
        #expect(error?.hint?.contains("--topic") == true)
    }
}
