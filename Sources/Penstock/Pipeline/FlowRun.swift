public import PenstockEngine
internal import PenstockEvents
public import PenstockLog

extension Flow where Body == Closed {
    /// Runs the flow, and those that it goes on from, from the first event to the last, outside of a command line.
    ///
    /// ```swift
    /// let means = Collected<Averaged<Int>>()
    /// try await Flow("means") {
    ///     From(readings, disorder: .ascending)
    ///     KeyBy(\Reading.sensor)
    ///     Tumbling(every: .seconds(1))
    ///     Mean(\Reading.value)
    ///     To(means)
    /// }.run()
    /// ```
    /// - Parameters:
    ///   - parallelism: Instances of keyed stages and threads of heavy ones, 1 to 128; never changes a result.
    ///   - options: How it is run.
    ///   - log: The log with the topics of the flow; not needed for a flow without topics.
    /// - Returns: What the run did.
    /// - Throws: What went wrong first; outputs are then left as they were.
    @discardableResult
    public func run(
        parallelism: Int = 1, options: RunOptions = RunOptions(), log: (any LogStore)? = nil
    ) async throws -> RunProgress {
        let isReplay = options.reading != .live
        let plan = try await PhysicalPlan(
            description.withInputs, parallelism: parallelism, isReplay: isReplay, log: log)
        let run = PipelineRun(plan, options: options, log: log)
        let reporter = StatsReporter(nil, every: .seconds(1), run, pipeline: description.name)
        let telling = Task { await reporter.follow() }
        defer {
            telling.cancel()
            reporter.finish()
        }
        try await run.run()
        return run.progress
    }
}

extension FlowDescription {
    /// The flows that this one goes on from, then this one.
    fileprivate var withInputs: [FlowDescription] {
        var seen: Set<String> = []
        return (inputFlows.flatMap(\.withInputs) + [self]).filter { seen.insert($0.name).inserted }
    }
}
