internal import PenstockEngine

/// Hands on the latest events, in order, when the stages behind are ready for them: so many wait at most, and the oldest make room.
///
/// ```swift
/// Flow("display") {
///     readings
///     DropOldest(capacity: 1000)
///     To(display)
/// }
/// ```
///
/// The flow is cut here, and what comes before never waits for what comes behind. Dropped events are counted. What is left depends on how fast
/// the stages are, so everything behind is outside the replay guarantee.
public struct DropOldest: Stage {
    let policy: LossyEdge
    /// The name that the author gave.
    public var options = StageOptions()

    /// At most `capacity` events wait, at least 1.
    public init(capacity: Int) { policy = .dropOldest(capacity: capacity) }

    var description: StageDescription { StageDescription(.lossy(policy), label: "DropOldest", options) }
}

extension DropOldest: EventStage {}
extension DropOldest: TrunkStage {}

extension FlowBuilder {
    /// The latest events.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: DropOldest) -> Stream<Value> {
        Stream(stages: accumulated.stages + [next.description])
    }

    /// The latest events, whatever their keys.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: DropOldest
    ) -> Keyed<Key, Value> {
        Keyed(stages: accumulated.stages + [next.description])
    }
}
