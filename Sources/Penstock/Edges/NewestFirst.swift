internal import PenstockEngine

/// Hands on the newest event that waits when the stages behind are ready for one: a stack, whose oldest events make room.
///
/// ```swift
/// Flow("trials") {
///     proposals
///     NewestFirst(capacity: 100)
///     MapAsync(capacity: 4) { (p: Proposal) in try await tried(p) }
///     To(trials, allowLossy: true)
/// }
/// ```
///
/// The flow is cut here, and what comes before never waits for what comes behind. Events come one at a time; those behind are out of order: time
/// goes on with the newest, and an older one that is handed on behind it is behind, so that windows count it as late. Dropped events are
/// counted. What is left, and in which order, depends on how fast the stages are, so everything behind is outside the replay guarantee.
public struct NewestFirst: Stage {
    let policy: LossyEdge
    /// The name that the author gave.
    public var options = StageOptions()

    /// At most `capacity` events wait, at least 1.
    public init(capacity: Int) { policy = .newestFirst(capacity: capacity) }

    var description: StageDescription { StageDescription(.lossy(policy), label: "NewestFirst", options) }
}

extension NewestFirst: EventStage {}
extension NewestFirst: TrunkStage {}

extension FlowBuilder {
    /// The newest events first.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: NewestFirst) -> Stream<Value> {
        Stream(stages: accumulated.stages + [next.description])
    }

    /// The newest events first, whatever their keys.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: NewestFirst
    ) -> Keyed<Key, Value> {
        Keyed(stages: accumulated.stages + [next.description])
    }
}
