internal import PenstockEvents
internal import PenstockLog
internal import Synchronization

/// What all stages of a run share.
final class RunState: Sendable {
    let options: RunOptions
    let log: (any LogStore)?
    let progress: RunProgress
    let scan: ScanID
    private let stopping = Atomic<Bool>(false)

    init(options: RunOptions, log: (any LogStore)?, progress: RunProgress, scan: ScanID) {
        self.options = options
        self.log = log
        self.progress = progress
        self.scan = scan
    }

    /// Whether the user has asked the run to stop.
    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func stop() { stopping.store(true, ordering: .releasing) }
}

/// One instance of a stage and what it is connected to.
struct StageWiring: Sendable {
    let stage: PhysicalStage
    let instance: Int
    let run: RunState
    let inbox: Inbox?
    let outgoing: [OutgoingEdge]
    let persistedRange: TopicFeed.PersistedRange?
    let board: CommitBoard?

    func origin(partition: Int) -> Origin { Origin(stage: UInt32(stage.index), partition: UInt32(partition)) }

    func sourceContext(_ name: StageName) -> SourceContext {
        let run = run
        return SourceContext(stage: name, scan: run.scan) { run.isStopping }
    }

    func sinkContext(_ name: StageName) -> SinkContext {
        let progress = run.progress
        return SinkContext(
            stage: name, overwrite: run.options.overwrite, report: { progress.report($0) },
            count: { progress.count($0, $1) })
    }

    func makeOutlet() async throws -> any StageOutlet {
        switch stage.output {
        case .channels:
            return ChannelOutlet(outgoing)
        case .leftOut:
            return ChannelOutlet([])
        case .sink(let name, let sink):
            do { return SinkOutlet(name, try sink.open(sinkContext(name))) } catch {
                throw EngineError.stage(name, error)
            }
        case .topic(let name, let topic, let codec, _):
            guard let log = run.log else { preconditionFailure("a plan with topics ran without a log") }
            do {
                let writer = try await log.writer(for: TopicPartition(topic))
                return TopicOutlet(
                    stage: name, topic: topic, codec: codec, writer: writer, board: board, progress: run.progress)
            } catch {
                throw EngineError.stage(name, error)
            }
        }
    }

    /// The operators of the stage, ready to work.
    func makeChain() -> [any Processor] {
        var chain: [any Processor] = []
        if stage.mergesInOrder { chain.append(OrderedMerge(batchEvents: run.options.batchEvents)) }
        for (position, planned) in stage.operators.enumerated() { chain.append(makeProcessor(planned, position)) }
        return chain
    }

    private func makeProcessor(_ planned: PhysicalStage.PlannedOperator, _ position: Int) -> any Processor {
        switch planned.description.kind {
        case .map(let kernel): return KernelProcessor(stage: planned.name, kernel: kernel)
        case .filter(let kernel): return KernelProcessor(stage: planned.name, kernel: kernel)
        case .keyBy(let kernel, _): return KernelProcessor(stage: planned.name, kernel: kernel)
        case .aggregate(let window, let aggregate): return makeAggregate(planned.name, window, aggregate, position)
        case .operation(let operation):
            let progress = run.progress
            let context = OperatorContext(
                stage: planned.name, parallelism: planned.description.parallelism ?? 1, report: { progress.report($0) })
            return operation.make(context, origin(partition: position))
        case .source, .topicSource, .flow, .persist, .sink, .topicSink:
            preconditionFailure("\(planned.name) is not an operator")
        }
    }

    private func makeAggregate(
        _ name: StageName, _ window: KeyedWindow, _ aggregate: Aggregate, _ position: Int
    ) -> any Processor {
        let options = WindowStageOptions(
            stage: name, aggregate: aggregate, origin: origin(partition: position), batchEvents: run.options.batchEvents
        )
        return window.makeProcessor(options)
    }
}
