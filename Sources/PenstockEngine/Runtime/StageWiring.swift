internal import PenstockEvents
internal import PenstockLog
internal import Synchronization

/// What all stages of a run share.
final class RunState: Sendable {
    let options: RunOptions
    let log: (any LogStore)?
    let progress: RunProgress
    let scan: ScanID
    /// Takes checkpoints; nil in a run without any.
    let checkpoints: CheckpointCoordinator?
    /// The states with which the stages begin; nil in a run that begins at the beginning.
    let restored: StageState?
    /// What the run is called in the keys of rows; the same over restarts.
    let name: String
    /// The decisions that no replay can compute; nil in a run that keeps none.
    let journal: RunJournal?
    /// The answers that stages remember by keys.
    let memories: AnswerMemories
    /// Tells the sources of feedbacks when nothing else moves.
    let watch = LoopWatch()
    private let stopping = Atomic<Bool>(false)
    private let draining = Atomic<Bool>(false)

    init(
        options: RunOptions, log: (any LogStore)?, progress: RunProgress, scan: ScanID,
        checkpoints: CheckpointCoordinator? = nil, restored: StageState? = nil, name: String = "run",
        journal: RunJournal? = nil, memories: AnswerMemories = AnswerMemories()
    ) {
        self.name = name
        self.memories = memories
        self.journal = journal
        self.checkpoints = checkpoints
        self.restored = restored
        self.options = options
        self.log = log
        self.progress = progress
        self.scan = scan
    }

    /// By which clock a partition is idle.
    var clock: any RunClock { options.clock }

    /// Moves the run step by step; nil for one that runs by itself.
    var steps: RunSteps? { options.steps }

    /// Whether the user has asked the run to stop.
    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func stop() { stopping.store(true, ordering: .releasing) }

    /// Whether sources are to end where they are.
    var isDraining: Bool { draining.load(ordering: .acquiring) }

    func drain() { draining.store(true, ordering: .releasing) }
}

/// One instance of a stage and what it is connected to.
struct StageWiring: Sendable {
    /// The number of the instance among all of the run.
    let id: Int
    let stage: PhysicalStage
    let instance: Int
    /// The type of the events that come in.
    let element: ValueType
    let origins: [StageName: UInt32]
    /// What the origins are called.
    let sources: EventSources
    let run: RunState
    let inbox: Inbox?
    let outgoing: [OutgoingEdge]
    /// The edges of side outputs.
    let sideways: [PhysicalPlan.Port: [OutgoingEdge]]
    let persistedRange: TopicFeed.PersistedRange?
    let board: CommitBoard?
    /// What the instance counts of itself.
    let meter = StageMeter()

    /// How long the instance has waited for a topic that the run writes itself; nil where it reads none.
    var waitingForTopic: WaitTime? {
        if case .live(_, let board) = persistedRange, stage.input.isTopic { board.waited } else { nil }
    }
    /// How far time comes while sources are idle; nil where none of the plan may be.
    var idle: IdleSources?
    /// The operators and outputs of the plan before which events are put in order.
    var ordered: Set<StageName> = []
    /// The feedback that the stage reads, for its source.
    var loop: FeedbackLoop?
    /// The feedback that the stage writes, where the run repeats an earlier one.
    var repeated: FeedbackLoop?
    /// The feedback that the stage merges with other inputs, and on which sender it comes.
    var merged: (sender: Int, loop: FeedbackLoop)?

    /// The origin of what a stage or one of its operators brings forth.
    func origin(_ name: StageName, partition: Int = 0) -> Origin {
        guard let number = origins[name] else { preconditionFailure("\(name) is not in the plan") }
        return Origin(stage: number, partition: UInt32(partition))
    }

    /// What wakes this instance; nil for one that reads a source.
    var waker: Waker? { inbox.map { Waker($0, run.clock) } }

    /// The origin of the rows of an operator, which is keyed where its rows are in the order of keys.
    private func origin(_ name: StageName, isKeyed: Bool) -> Origin {
        isKeyed ? Origin(keyedStage: origin(name).stage) : origin(name)
    }

    /// The partitions of the stage's source that this instance reads.
    var partitions: [Int] { (0..<stage.partitions).filter { $0 % stage.instances == instance } }

    /// The sides of an operator that somebody reads.
    func sides(of operatorIndex: Int) -> Set<SidePort> {
        Set(sideways.keys.filter { $0.operatorIndex == operatorIndex }.map(\.side))
    }

    /// What reads a partition of the stage's source, and how far out of order its events can be.
    /// - Parameter bell: Wakes the stage where a topic is followed; nil where it is not.
    func makeFeed(_ partition: Int, following bell: SourceBell? = nil) throws -> (
        feed: any SourceFeed, disorder: Disorder
    ) {
        switch stage.input {
        case .source(let name, let source):
            return (try source.open(partition, sourceContext(name)), source.disorder)
        case .topic(let name, let topic, let codec, let disorder, let isPersisted):
            let feed = TopicFeed(
                TopicPartition(topic, partition), codec, range: isPersisted ? persistedRange : nil, run: run,
                following: bell)
            guard let loop, let rule = stage.feedback else { return (feed, disorder) }
            return (FeedbackFeed(feed, name, loop, rounds: rule.rounds, run.journal), .marks)
        case .channels: preconditionFailure("stage \(stage.index) has no source")
        }
    }

    func sourceContext(_ name: StageName) -> SourceContext {
        let run = run
        return SourceContext(stage: name, scan: run.scan, log: run.log) { run.isStopping }
    }

    func sinkContext(_ name: StageName) -> SinkContext {
        let progress = run.progress
        return SinkContext(
            stage: name, overwrite: run.options.overwrite, report: { progress.report($0) },
            count: { progress.count($0, $1) }, run: run.name)
    }

    func makeOutlet() async throws -> any StageOutlet {
        switch stage.output {
        case .channels:
            return ChannelOutlet(outgoing)
        case .leftOut:
            return ChannelOutlet([])
        case .sink(let name, let sink):
            do {
                let context = sinkContext(name)
                guard let state = restored(StateOwner(stage: name, part: .sink)) else {
                    return SinkOutlet(name, try sink.open(context), sink.delivery, isKept: false)
                }
                guard let state = state.first else { throw SinkCannotGoOn(sink: sink.summary) }
                if sink.delivery == .atLeastOnce {
                    var decoder = StateDecoder(state)
                    let rows: UInt64 = try decoder.integer()
                    return SinkOutlet(name, try sink.open(context), sink.delivery, isKept: false, rows: rows)
                }
                return SinkOutlet(name, try sink.reopen(context, state.bytes), sink.delivery, isKept: true)
            } catch {
                throw EngineError.stage(name, error)
            }
        case .topic(let name, let topic, let codec, _):
            guard let log = run.log else { preconditionFailure("a plan with topics ran without a log") }
            do {
                if let repeated {
                    return RepeatedFeedback(
                        name, TopicPartition(topic), codec, log, repeated, run.progress,
                        from: restored(StateOwner(stage: name, part: .sink))?.first)
                }
                if stage.delivery == .transactions, let checkpoints = run.checkpoints {
                    return try await TransactionalOutlet(
                        name, topic, codec, log, checkpoints.transactions, run.progress,
                        from: restored(StateOwner(stage: name, part: .sink))?.first)
                }
                return try await openTopic(name, topic, codec, log)
            } catch {
                throw EngineError.stage(name, error)
            }
        }
    }

    private func openTopic(
        _ name: StageName, _ topic: String, _ codec: EventCodec, _ log: any LogStore
    ) async throws -> TopicOutlet {
        let known = try await log.describe(topic).partitions
        var partitions: [TopicOutletPartition] = []
        var state = restored(StateOwner(stage: name, part: .sink))?.first.map { StateDecoder($0) }
        for number in known.indices {
            let writer = try await log.writer(for: TopicPartition(topic, number))
            // Once more, because the writer may have cut what its last owner left.
            let end = try await log.describe(topic).partitions[number].nextOffset
            let next = try state?.integer(UInt64.self) ?? end
            guard next <= end else {
                throw TopicTooShort(topic: topic, partition: number, end: end, checkpoint: next)
            }
            // What may come out differently is not told from what is there by its number.
            partitions.append(TopicOutletPartition(writer, nextOffset: stage.isRepeatable ? next : end, end: end))
        }
        let outlet = TopicOutlet(
            stage: name, topic: topic, codec: codec, partitions, board: board, progress: run.progress)
        outlet.waits = (meter, run.clock)
        return outlet
    }

    /// The chunks of a state with which this instance begins: those of its key groups, and those that belong to none. Nil where the run does not
    /// begin with a checkpoint, or the checkpoint does not know the owner.
    func restored(_ owner: StateOwner) -> [StateChunk]? {
        guard let state = run.restored, state.forms[owner] != nil else { return nil }
        return (state.chunks[owner] ?? []).filter { chunk in
            guard let group = chunk.group else { return true }
            return KeyRouter.instance(ofGroup: UInt64(group), among: stage.instances) == instance
        }
    }

    /// What the states of the operators in the chain belong to, and their forms; nil for an operator that keeps nothing.
    var chainOwners: [(owner: StateOwner, form: String)?] {
        let operators = stage.operators.map { planned in
            planned.description.stateForm.map { (StateOwner(stage: planned.name, part: .operation), $0) }
        }
        return stage.prelude.map { $0 } + operators
    }

    /// What becomes of the events that the operators of the chain cannot handle, one by one, and in the end those of the source.
    func makeFailures() -> (chain: [FailedEvents], source: FailedEvents?) {
        let operators = stage.operators.enumerated().map { index, planned in
            failures(planned.name, planned.description.onError, index)
        }
        let chain = stage.prelude.map { failures($0.owner.stage, .fail, nil) } + operators
        return (chain, stage.input.sourceName.map { failures($0, stage.onError, PhysicalPlan.Port.source) })
    }

    private func failures(_ name: StageName, _ policy: ErrorPolicy, _ operatorIndex: Int?) -> FailedEvents {
        let failures = FailedEvents(
            name, policy,
            origin: origins[name].map { Origin(stage: $0, partition: 0) }
                ?? Origin(stage: 0, partition: 0), sources)
        if let operatorIndex { failures.isRead = sides(of: operatorIndex).contains(.deadLetter) }
        return failures
    }

    /// The operators of the stage, ready to work.
    func makeChain() -> [any Processor] {
        var chain: [any Processor] = []
        if let merged { chain.append(FeedbackTime(merged.loop)) }
        if let scope = stage.order {
            chain.append(OrderedMerge(batchEvents: run.options.batchEvents, of: element, scope))
        }
        var input = element
        for planned in stage.operators {
            chain.append(makeProcessor(planned, input))
            input = planned.description.output ?? input
        }
        return chain
    }

    private func makeProcessor(_ planned: PhysicalStage.PlannedOperator, _ input: ValueType) -> any Processor {
        switch planned.description.kind {
        case .map(let kernel): return KernelProcessor(stage: planned.name, kernel: kernel)
        case .filter(let kernel): return KernelProcessor(stage: planned.name, kernel: kernel)
        case .keyBy(let kernel, _): return KernelProcessor(stage: planned.name, kernel: kernel)
        case .lossy:
            guard let inbox else { preconditionFailure("\(planned.name) stands behind no edge") }
            return LossyInput(inbox)
        case .aggregate(let window, let aggregate): return makeAggregate(planned.name, input, window, aggregate)
        case .operation(let operation):
            let progress = run.progress
            var context = OperatorContext(
                stage: planned.name, parallelism: planned.description.parallelism ?? 1,
                batchEvents: run.options.batchEvents, spillFolder: run.options.spillFolder,
                report: { progress.report($0) })
            context.answers = run.journal?.answers(to: planned.name)
            context.memory = run.memories.answers(to: planned.name)
            return operation.make(context, origin(planned.name, isKeyed: operation.isKeyed))
        case .source, .topicSource, .flow, .inputs, .side, .watermark, .persist, .sink, .topicSink:
            preconditionFailure("\(planned.name) is not an operator")
        }
    }

    private func makeAggregate(
        _ name: StageName, _ input: ValueType, _ window: KeyedWindow, _ aggregate: Aggregate
    ) -> any Processor {
        let options = WindowStageOptions(
            stage: name, aggregate: aggregate, origin: origin(name, isKeyed: aggregate.isKeyed),
            batchEvents: run.options.batchEvents, input: input)
        return window.makeProcessor(options)
    }
}
