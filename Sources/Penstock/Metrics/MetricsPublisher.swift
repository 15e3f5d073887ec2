internal import Metrics
internal import PenstockEngine
internal import PenstockEvents

/// Hands the figures of a run to swift-metrics. Labels and dimensions are those of `docs/metrics.md`.
///
/// A backend that adds up gets what has come since the figures before; levels are set as they are.
struct MetricsPublisher {
    private typealias Dimensions = [(String, String)]

    private struct Key: Hashable {
        let label: String
        let dimensions: [String]
    }

    private let pipeline: String
    private let factory: any MetricsFactory
    private var counters: [Key: (counter: Counter, published: Int)] = [:]
    private var gauges: [Key: Gauge] = [:]
    /// By whom and why each stage was last held.
    private var holds: [Int: Dimensions] = [:]

    /// A publisher for a run of the pipeline with this name.
    init(_ pipeline: String, factory: any MetricsFactory = MetricsSystem.factory) {
        self.pipeline = pipeline
        self.factory = factory
    }

    /// Whether there is somebody to publish to.
    static var hasBackend: Bool { !(MetricsSystem.factory is NOOPMetricsHandler) }

    mutating func publish(_ figures: RunFigures) {
        for stage in figures.stages { publish(stage) }
        for edge in figures.edges {
            let names: Dimensions = [("from", "\(edge.from)"), ("to", "\(edge.to)")]
            set("edge.queued", names, Double(edge.queued))
            set("edge.fill", names, edge.fill)
            count("edge.blocked_nanoseconds", names, Int(edge.blocked.nanoseconds))
            count("edge.dropped", names, edge.dropped)
        }
        guard let checkpoints = figures.checkpoints else { return }
        count("checkpoint.kept", [], checkpoints.kept)
        count("checkpoint.abandoned", [], checkpoints.abandoned)
        count("checkpoint.bytes", [], checkpoints.totalBytes)
        set("checkpoint.last_bytes", [], Double(checkpoints.lastBytes))
        set("checkpoint.last_seconds", [], checkpoints.lastDuration / .seconds(1))
    }

    private mutating func publish(_ stage: StageFigures) {
        let name: Dimensions = [("stage", "\(stage.index)")]
        for instance in stage.instances {
            let names = name + [("instance", "\(instance.number)")]
            count("stage.events_in", names, instance.eventsIn)
            count("stage.events_out", names, instance.eventsOut)
            count("stage.bytes_in", names, instance.bytesIn)
            count("stage.bytes_out", names, instance.bytesOut)
            count("stage.busy_nanoseconds", names, Int(instance.busy.nanoseconds))
            count("stage.blocked_nanoseconds", names, Int(instance.blocked.nanoseconds))
            count("stage.idle_nanoseconds", names, Int(instance.idle.nanoseconds))
        }
        set("stage.watermark_seconds", name, stage.watermark)
        if let lag = stage.lag { set("stage.watermark_lag_seconds", name, lag / .seconds(1)) }
        publish(stage.hold, of: stage.index, name)
        for partition in stage.partitions {
            let names: Dimensions = [
                ("source", "\(partition.name.stage)"), ("partition", "\(partition.name.partition)"),
            ]
            count("partition.events", names, partition.events)
            count("partition.bytes", names, partition.bytes)
            count("partition.future_events", names, partition.futureEvents)
            count("partition.paused_nanoseconds", names, Int(partition.paused.nanoseconds))
            count("partition.held_nanoseconds", names, Int(partition.held.nanoseconds))
            set("partition.watermark_seconds", names, partition.watermark)
        }
        for step in stage.operators {
            let names: Dimensions = [("operator", "\(step.name)")]
            count("operator.late_events", names, step.statistics.lateEvents)
            count("operator.late_windows", names, step.statistics.lateWindows)
            count("operator.outside_events", names, step.statistics.outsideEvents)
            count("operator.remembered_events", names, step.statistics.rememberedEvents)
            count("operator.asked_events", names, step.statistics.askedEvents)
            set("operator.state_bytes", names, Double(step.stateBytes))
            set("operator.spilled_bytes", names, Double(step.spilledBytes))
            set("operator.state_keys", names, Double(step.stateKeys))
            set("operator.state_events", names, Double(step.stateEvents))
            set("operator.open_windows", names, Double(step.openWindows))
        }
    }

    /// 1 for who holds the stage's watermark now and why, 0 for who did before.
    private mutating func publish(_ hold: WatermarkHold?, of stage: Int, _ name: Dimensions) {
        let names = hold.map { hold in
            name + [
                ("source", "\(hold.partition.stage)"), ("partition", "\(hold.partition.partition)"),
                ("reason", hold.reason.label),
            ]
        }
        if let before = holds[stage], before.map(\.1) != names?.map(\.1) { set("stage.held", before, 0) }
        if let names { set("stage.held", names, 1) }
        holds[stage] = names
    }

    // MARK: Backends

    private mutating func count(_ label: String, _ names: Dimensions, _ total: Int) {
        let (label, dimensions, key) = place(label, names)
        var known =
            counters[key] ?? (Counter(label: label, dimensions: dimensions, factory: factory), 0)
        if total > known.published { known.counter.increment(by: total - known.published) }
        known.published = max(total, known.published)
        counters[key] = known
    }

    private mutating func set(_ label: String, _ names: Dimensions, _ value: Double) {
        let (label, dimensions, key) = place(label, names)
        let gauge = gauges[key] ?? Gauge(label: label, dimensions: dimensions, factory: factory)
        gauges[key] = gauge
        gauge.record(value)
    }

    /// An instant in seconds since 1970; nothing while it is infinite.
    private mutating func set(_ label: String, _ names: Dimensions, _ time: Timestamp) {
        guard time > .distantPast, time < .distantFuture else { return }
        set(label, names, Double(time.nanoseconds) / 1e9)
    }

    private func place(_ label: String, _ names: Dimensions) -> (String, Dimensions, Key) {
        let dimensions = [("pipeline", pipeline)] + names
        return ("penstock.\(label)", dimensions, Key(label: label, dimensions: dimensions.map(\.1)))
    }
}

extension WatermarkHold.Reason {
    /// The reason in a word.
    var label: String {
        switch self {
        case .noRecordYet: "no_record_yet"
        case .quiet: "quiet"
        case .paused: "paused"
        case .blocked: "blocked"
        case .queued: "queued"
        case .reading: "reading"
        }
    }
}
