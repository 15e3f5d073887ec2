internal import PenstockEvents

/// Gathers what the instances of a run count. Reading takes each instance's lock for a moment; nothing waits for it.
final class RunMetrics: Sendable {
    let plan: PhysicalPlan
    let wirings: [StageWiring]
    private let clock: any RunClock
    private let progress: RunProgress
    private let begun: Int64
    private let ended = Guarded<Int64?>(nil)
    private let actors = Guarded<[StageActor]>([])

    init(_ plan: PhysicalPlan, _ wirings: [StageWiring], _ run: RunState) {
        self.plan = plan
        self.wirings = wirings
        clock = run.clock
        progress = run.progress
        begun = run.clock.nanoseconds
    }

    /// The instances that are asked for what their operators keep.
    func follow(_ stages: [StageActor]) { actors.withLock { $0 = stages } }

    /// The run is over: figures stay as they are.
    func end() {
        let now = clock.nanoseconds
        ended.withLock { $0 = $0 ?? now }
        actors.withLock { $0 = [] }
    }

    /// Asks the instances for what their operators keep. They answer behind the element that they are working on, or at once where they wait.
    func ask() {
        for wiring in wirings { wiring.meter.ask() }
        for stage in actors.withLock({ $0 }) { Task { await stage.answer() } }
    }

    /// Everything as it is now, or was at the end of the run.
    var figures: RunFigures {
        let end = ended.withLock { $0 }
        let view = RunView(self, now: end ?? clock.nanoseconds)
        return RunFigures(
            elapsed: .nanoseconds(view.now - begun), stages: plan.stages.map { view.figures(of: $0) },
            edges: view.edges, checkpoints: progress.checkpointFigures, isOver: end != nil)
    }
}

/// What all instances have counted up to an instant.
struct RunView {
    /// An instance and what it counts.
    struct Instance {
        let name: InstanceName
        let counts: StageMeter.Counts
        /// What its inbox counts; nil for one that reads a source.
        let inbox: InboxGauge?
        /// Who sends into its inbox, lane by lane.
        let senders: [InstanceName]
        /// How long it has had to wait for a topic that the run writes itself.
        let board: WaitTime?
    }

    let plan: PhysicalPlan
    let now: Int64
    let instances: [InstanceName: Instance]
    private let origins: [UInt32: StageName]

    init(_ metrics: RunMetrics, now: Int64) {
        plan = metrics.plan
        self.now = now
        var instances: [InstanceName: Instance] = [:]
        for wiring in metrics.wirings {
            let name = InstanceName(stage: wiring.stage.index, instance: wiring.instance)
            instances[name] = Instance(
                name: name, counts: wiring.meter.current,
                inbox: wiring.stage.input.isChannels ? wiring.inbox?.gauge : nil,
                senders: Self.senders(of: name, in: plan), board: wiring.waitingForTopic)
        }
        self.instances = instances
        origins = Dictionary(plan.origins.map { ($1, $0) }) { first, _ in first }
    }

    /// The instances that send into the inbox of an instance, in the order of its lanes.
    private static func senders(of receiver: InstanceName, in plan: PhysicalPlan) -> [InstanceName] {
        plan.edges.filter { $0.to == receiver.stage }.flatMap { edge in
            let numbers =
                edge.routing == .sameInstance
                ? receiver.instance...receiver.instance : 0...plan.stages[edge.from].instances - 1
            return numbers.map { InstanceName(stage: edge.from, instance: $0) }
        }
    }

    func instances(of stage: Int) -> [Instance] {
        (0..<plan.stages[stage].instances).compactMap { instances[InstanceName(stage: stage, instance: $0)] }
    }

    // MARK: Edges

    var edges: [EdgeFigures] {
        plan.stages.flatMap { stage in
            instances(of: stage.index).flatMap { instance -> [EdgeFigures] in
                guard let inbox = instance.inbox else { return [] }
                return instance.senders.indices.map { lane in
                    let gauge = inbox.lanes[lane]
                    return EdgeFigures(
                        from: instance.senders[lane], to: instance.name, queued: gauge.eventsQueued,
                        fill: inbox.fills[lane], events: gauge.events, bytes: gauge.bytes,
                        dropped: gauge.eventsDropped, blocked: .nanoseconds(gauge.blocked.total(at: now)),
                        isBlocked: gauge.blocked.isWaiting)
                }
            }
        }
    }

    /// The lanes in other inboxes into which an instance sends, each with its receiver.
    func lanes(from sender: InstanceName) -> [(to: InstanceName, gauge: LaneGauge)] {
        plan.edges.filter { $0.from == sender.stage }.map(\.to).uniqued.flatMap { stage in
            instances(of: stage).flatMap { receiver in
                receiver.senders.indices.filter { receiver.senders[$0] == sender }
                    .compactMap { lane in receiver.inbox.map { (receiver.name, $0.lanes[lane]) } }
            }
        }
    }

    // MARK: Stages

    func figures(of stage: PhysicalStage) -> StageFigures {
        let all = instances(of: stage.index)
        var figures = StageFigures(
            index: stage.index, label: stage.label, instances: all.map { self.figures(of: $0) },
            operators: operators(of: all), partitions: partitions(of: stage, all), watermark: watermark(of: all))
        figures.hold = hold(of: stage.index)
        figures.lag = lag(of: stage.index, figures.watermark)
        return figures
    }

    private func figures(of instance: Instance) -> InstanceFigures {
        let counts = instance.counts
        var figures = InstanceFigures(number: instance.name.instance)
        let incoming = instance.inbox?.lanes ?? []
        figures.eventsIn = counts.eventsRead + incoming.reduce(0) { $0 + $1.eventsTaken }
        figures.bytesIn = counts.bytesRead + incoming.reduce(0) { $0 + $1.bytesTaken }
        (figures.eventsOut, figures.bytesOut) = (counts.output.events, counts.output.bytes)
        figures.watermark = watermark(of: instance)
        figures.hasEnded = counts.ended != nil
        guard let begun = counts.begun else { return figures }
        let end = counts.ended ?? now
        let idle =
            counts.idle(at: end) + (instance.inbox?.idle.total(at: end) ?? 0)
            + (instance.board?.total(at: end) ?? 0)
        let blocked =
            counts.blocked.total(at: end)
            + lanes(from: instance.name).reduce(0) { $0 + $1.gauge.blocked.total(at: end) }
        (figures.idle, figures.blocked) = (.nanoseconds(idle), .nanoseconds(blocked))
        figures.busy = .nanoseconds(max(end - begun - idle - blocked, 0))
        return figures
    }

    private func operators(of instances: [Instance]) -> [OperatorFigures] {
        var names: [StageName] = []
        var figures: [StageName: OperatorFigures] = [:]
        for gauge in instances.flatMap(\.counts.operators) {
            if figures[gauge.name] == nil { names.append(gauge.name) }
            var sum = figures[gauge.name] ?? OperatorFigures(name: gauge.name)
            sum.statistics = sum.statistics + gauge.statistics
            sum.stateKeys += gauge.state.keys
            sum.stateEvents += gauge.state.events
            sum.stateBytes += gauge.state.bytes
            sum.openWindows += gauge.state.openWindows
            if let end = gauge.state.firstEnd.map(Timestamp.init(nanoseconds:)) {
                sum.firstEnd = min(sum.firstEnd ?? end, end)
            }
            for (origin, count) in gauge.late {
                guard let stage = origins[origin.stage] else { continue }
                let name = SourcePartitionName(stage: stage, partition: Int(origin.partition))
                sum.lateByPartition[name, default: 0] += count
            }
            figures[gauge.name] = sum
        }
        return names.compactMap { figures[$0] }
    }

    private func partitions(of stage: PhysicalStage, _ instances: [Instance]) -> [PartitionFigures] {
        guard let source = stage.input.sourceName else { return [] }
        return instances.flatMap { instance in
            instance.counts.partitions.map { gauge in
                PartitionFigures(
                    name: SourcePartitionName(stage: source, partition: gauge.number), events: gauge.events,
                    bytes: gauge.bytes, futureEvents: gauge.futureEvents,
                    watermark: gauge.hasEnded ? .distantFuture : gauge.watermark,
                    latest: gauge.latest == .distantPast ? nil : gauge.latest,
                    reading: gauge.reading(at: now, begun: instance.counts.begun ?? now),
                    paused: .nanoseconds(gauge.paused.total(at: now)), held: .nanoseconds(gauge.held),
                    largestLead: .nanoseconds(gauge.largestLead))
            }
        }.sorted { $0.name < $1.name }
    }

    // MARK: Time

    /// How far time has come in an instance.
    func watermark(of instance: Instance) -> Timestamp {
        if let inbox = instance.inbox {
            return inbox.lanes.map { $0.hasEnded ? .distantFuture : $0.watermarkTaken }.min() ?? .distantFuture
        }
        let open = instance.counts.partitions.filter { !$0.hasEnded }
        // Where all are left out, the one that has come furthest counts.
        return open.filter { !$0.isIdle }.map(\.watermark).min() ?? open.map(\.watermark).max() ?? .distantFuture
    }

    private func watermark(of instances: [Instance]) -> Timestamp {
        instances.map { watermark(of: $0) }.min() ?? .distantFuture
    }

    private func lag(of stage: Int, _ watermark: Timestamp) -> Duration? {
        guard watermark > .distantPast, watermark < .distantFuture else { return nil }
        let seen = sources(before: stage).flatMap { instances(of: $0) }.flatMap(\.counts.partitions).map(\.latest)
        guard let latest = seen.max(), latest > .distantPast else { return nil }
        return .nanoseconds(max(latest.nanoseconds - watermark.nanoseconds, 0))
    }

    /// The stages with sources from which events come to a stage, with itself where it has one.
    private func sources(before stage: Int) -> Set<Int> {
        var found: Set<Int> = []
        var next = [stage]
        while let stage = next.popLast() {
            if plan.stages[stage].input.isChannels {
                next += plan.edges.filter { $0.to == stage }.map(\.from)
            } else {
                found.insert(stage)
            }
        }
        return found
    }
}

extension PartitionGauge {
    /// What is done with the partition.
    func reading(at now: Int64, begun: Int64) -> PartitionReading {
        let without = Duration.nanoseconds(max(now - (lastRead ?? begun), 0))
        if hasEnded { return .ended }
        if isIdle { return .idle(without) }
        if let since = paused.since { return .paused(.nanoseconds(max(now - since, 0))) }
        guard let lastRead else { return .noRecordYet }
        let isWaiting = wasEmpty || readingSince != nil
        return isWaiting && now - lastRead >= Self.patience ? .quiet(without) : .reading
    }
}

extension PhysicalStage {
    /// The names of its first and last step.
    var label: String {
        var names = [input.sourceName?.description].compactMap(\.self) + operators.map(\.name.description)
        switch output {
        case .sink(let name, _), .topic(let name, _, _, _), .leftOut(let name, _): names.append(name.description)
        case .channels: break
        }
        guard let first = names.first, let last = names.last else { return "stage \(index)" }
        return names.count == 1 ? first : "\(first) ... \(last)"
    }
}

extension PhysicalStage.Input {
    /// Whether events come from other stages.
    var isChannels: Bool { sourceName == nil }
}

extension Array where Element: Hashable {
    /// Each element where it stands first.
    fileprivate var uniqued: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
