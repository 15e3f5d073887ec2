import PenstockEvents
import PenstockLog
import Testing

@testable import PenstockEngine

/// A run that goes on while its figures are looked at, by a clock that stands still unless it is told to go on.
final class WatchedRun: Sendable {
    let clock = VirtualClock()
    let run: PipelineRun
    private let task: Task<Void, any Error>

    init(_ flows: [FlowDescription], batch: Int = 1, parallelism: Int = 1) throws {
        var options = RunOptions(batchEvents: batch)
        options.clock = clock
        run = PipelineRun(try PhysicalPlan(flows, parallelism: parallelism), options: options, log: nil)
        task = Task { [run] in try await run.run() }
    }

    /// The first figures that are as wanted. A run that never gets there fails by the limit on the test's time.
    func figures(_ isWanted: (RunFigures) -> Bool) async throws -> RunFigures {
        while true {
            run.refreshStates()
            if let figures = run.figures, isWanted(figures) { return figures }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Stops the run, and gives what it says in the end.
    func stop() async throws -> RunFigures {
        run.stop()
        await #expect(throws: RunStopped.self) { try await task.value }
        return try #require(run.figures)
    }

    /// Waits for the end of the run.
    func end() async throws -> RunFigures {
        try await task.value
        return try #require(run.figures)
    }
}

extension RunFigures {
    /// The stage with the source of this name, or with an operator of it.
    func stage(of name: String) -> StageFigures? {
        stages.first { $0.label.contains(name) }
    }
}
