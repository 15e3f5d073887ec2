public import PenstockEngine

/// Hands on the latest event only, when the stages behind are ready for one: for previews and displays that must not hold anything up.
///
/// ```swift
/// Flow("preview") {
///     volumes
///     Latest(every: .milliseconds(500))
///     To(Preview("pictures"))
/// }
/// ```
///
/// The flow is cut here, and what comes before never waits for what comes behind. An event that waits is replaced by a newer one; those that
/// are replaced are counted. What is left depends on how fast the stages are, so everything behind is outside the replay guarantee.
public struct Latest: Stage {
    let policy: LossyEdge
    /// The name that the author gave.
    public var options = StageOptions()

    /// The latest event, and at most one in each `interval` of the run's clock; without an interval as fast as the stages behind take them.
    /// What waits at the end of the input comes then.
    public init(every interval: Duration? = nil) { policy = .latest(every: interval?.nanoseconds) }

    /// The latest event of each key, and at most one of each in each interval. Of at most `keyLimit` keys an event waits; one of a further key
    /// replaces the oldest.
    public func perKey(keyLimit: Int = LossyEdge.defaultKeyLimit) -> LatestPerKey {
        LatestPerKey(policy: .latestPerKey(every: policy.interval, keyLimit: keyLimit), options: options)
    }

    var description: StageDescription { StageDescription(.lossy(policy), label: "Latest", options) }
}

/// Hands on the latest event of each key, made by `Latest(...).perKey()`.
public struct LatestPerKey: Stage {
    let policy: LossyEdge
    /// The name that the author gave.
    public var options: StageOptions

    var description: StageDescription { StageDescription(.lossy(policy), label: "Latest", options) }
}

extension Latest: EventStage {}
extension Latest: TrunkStage {}
extension LatestPerKey: EventStage {}
extension LatestPerKey: TrunkStage {}

extension FlowBuilder {
    /// The latest event.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Latest) -> Stream<Value> {
        Stream(stages: accumulated.stages + [next.description])
    }

    /// The latest event, whatever its key.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: Latest
    ) -> Keyed<Key, Value> {
        Keyed(stages: accumulated.stages + [next.description])
    }

    /// The latest event of each key.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: LatestPerKey
    ) -> Keyed<Key, Value> {
        Keyed(stages: accumulated.stages + [next.description])
    }

    /// Not possible: an event of each key without keys.
    @available(*, unavailable, message: "Latest(...).perKey() needs a key: put KeyBy(...) before it")
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: LatestPerKey) -> Broken { Broken() }
}
