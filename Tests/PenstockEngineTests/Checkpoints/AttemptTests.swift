import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

/// A trap in user code: nobody can catch it, so the run is begun again with the checkpoint, by whoever restarts it, and not for ever.
@Suite("Attempts at an event that traps")
struct AttemptTests {
    private static let steps = (Int64(0)..<400).map { Step.e($0) }

    /// A run over the log at `path` whose function traps, throws, or does neither at event 300.
    private static func run(_ path: String, at bad: @escaping @Sendable () throws -> Void, attempts: Int?) async throws
    {
        var checkpoints = CheckpointOptions(name: "trap", interval: .zero)
        checkpoints.attempts = attempts
        let source = ScriptedSource(partitions: [steps], pauseMicroseconds: 100)
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(source),
                // A topic of the same log outlives the process.
                .map { (s: Sample) -> Reading in
                    if s.number == 300 { try bad() }
                    return Reading(s.key, s.float)
                }, .to("out", Reading.self),
            ])
        let run = PipelineRun(
            try PhysicalPlan([flow]),
            options: RunOptions(batchEvents: 10, topicDurability: .pageCache, checkpoints: checkpoints),
            log: try await EmbeddedLog(directory: path))
        try await run.run()
    }

    private static func trap(_ path: String) async throws {
        try await run(path, at: { preconditionFailure("the author's trap") }, attempts: nil)
    }

    @Test("a run that traps again and again is given up, and the error says where it goes on")
    func trap() async throws {
        let folder = try TestFolder()
        let path = folder.path
        var given: EngineError?
        var processes = 0
        while given == nil, processes < 20 {
            await #expect(processExitsWith: .failure) { [path = path as String] in
                // The memory of a run is gone with its process; only the folder stays. A given-up run does not trap.
                try await AttemptTests.trap(path)
            }
            processes += 1
            do { try await Self.run(path, at: { throw Failure() }, attempts: 4) } catch let error as EngineError {
                if case .option = error { given = error }
            }
        }
        let error = try #require(given)
        #expect(error.summary.contains("ended without coming further than checkpoint"))
        #expect(error.summary.contains("of partition 0 of f/From"), "\(error.summary)")
        #expect(error.hint?.contains("--fresh") == true && error.hint?.contains("--attempts") == true)
    }

    @Test(
        "attempts count the runs from one checkpoint: the one that kept it, and those that began with it",
        arguments: [1, 2, 4])
    func counting(limit: Int) async throws {
        let folder = try TestFolder()
        // Fails before its first checkpoint but one: the one of its beginning is that of all attempts.
        let source = ScriptedSource(partitions: [Self.steps], failure: nil)
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(source), .map { (_: Sample) -> Sample in throw Failure() }, .to(DurableCollector(Sample.self)),
            ])
        var failures = 0
        for _ in 0..<10 {
            var checkpoints = CheckpointOptions(name: "count", interval: .seconds(3600))
            checkpoints.attempts = limit
            let run = PipelineRun(
                try PhysicalPlan([flow]),
                options: RunOptions(topicDurability: .pageCache, checkpoints: checkpoints),
                log: try await EmbeddedLog(directory: folder.path))
            let error = await #expect(throws: EngineError.self) { try await run.run() }
            guard case .stageFailed = error else { break }
            failures += 1
        }
        #expect(failures == limit)
    }

    @Test("runs that remember more answers come further, though their checkpoints do not")
    func remembering() async throws {
        let folder = try TestFolder()
        /// How a run ends that gets so many answers and then none.
        func end(after answers: Int64) async throws -> EngineError? {
            let stage = RememberedAnswerTests.asking(
                "ask", by: RememberedAnswerTests.byNumber, AsyncRequests(capacity: 1)
            ) { (sample: Sample) -> Sample? in
                guard sample.number < answers else { throw Failure() }
                return sample
            }
            var checkpoints = CheckpointOptions(name: "remember", interval: .seconds(3600))
            checkpoints.attempts = 2
            let flow = FlowDescription(
                name: "f",
                stages: [.from(ScriptedSource(partitions: [Self.steps])), stage, .to(DurableCollector(Sample.self))])
            let run = PipelineRun(
                try PhysicalPlan([flow]),
                options: RunOptions(topicDurability: .pageCache, checkpoints: checkpoints),
                log: try await EmbeddedLog(directory: folder.path))
            return await #expect(throws: EngineError.self) { try await run.run() }
        }
        func isRefused(_ error: EngineError?) -> Bool { if case .option = error { true } else { false } }
        for answers in Int64(1)...6 { #expect(!isRefused(try await end(after: answers)), "\(answers)") }
        // Nothing new: once more, and no further time.
        #expect(!isRefused(try await end(after: 6)))
        let last = try await end(after: 6)
        #expect(isRefused(last) && last?.summary.contains("with 6 remembered answers") == true)
    }

    @Test("a run that the user stops is no attempt")
    func stopped() async throws {
        let folder = try TestFolder()
        for attempt in 0..<5 {
            var checkpoints = CheckpointOptions(name: "stop", interval: .seconds(3600))
            checkpoints.attempts = 2
            let stopper = Stopper()
            let source = ScriptedSource(partitions: [Self.steps], isEndless: true)
            let collector = DurableCollector(Sample.self)
            let flow = FlowDescription(
                name: "f",
                stages: [
                    .from(source),
                    .map { (s: Sample) in
                        if s.number == 399 { stopper.stop() }
                        return s
                    }, .to(collector),
                ])
            let run = PipelineRun(
                try PhysicalPlan([flow]),
                options: RunOptions(topicDurability: .pageCache, checkpoints: checkpoints),
                log: try await EmbeddedLog(directory: folder.path))
            stopper.run.withLock { $0 = run }
            await #expect(throws: RunStopped.self, "attempt \(attempt)") { try await run.run() }
        }
    }

    @Test("fewer attempts than one are refused")
    func none() async throws {
        let folder = try TestFolder()
        let error = await #expect(throws: EngineError.self) {
            try await Self.run(folder.path, at: {}, attempts: 0)
        }
        #expect(error?.summary == "a run cannot be attempted 0 times")
    }
}
