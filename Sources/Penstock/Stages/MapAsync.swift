public import PenstockEngine

/// Asks something outside of the pipeline for each event: a service, a database, another program. Several requests are on their way at a time.
///
/// ```swift
/// MapAsync(capacity: 32, timeout: .seconds(2), retries: .exponential(3)) { (s: Sample) in
///     Named(s, name: try await registry.name(of: s.id))
/// }
/// ```
///
/// The time and the key of a result are those of its event. What the function throws, or an attempt that takes too long, ends the run once the
/// last retry has failed, and names the event. After a crash requests that were on their way are made again: the outside sees each at
/// least once.
public struct MapAsync<In: Sendable, Out: Sendable>: Stage {
    let operation: AnyOperator
    let unrepeatable: String?
    let label: String
    /// The name that the author gave.
    public var options = StageOptions()

    /// One result for each event.
    /// - Parameters:
    ///   - capacity: The most requests at a time; then the stage takes no further event.
    ///   - timeout: How long an attempt may take; then its task is cancelled. Nil for any time.
    ///   - retries: What follows an attempt that failed or took too long.
    ///   - order: Results in the order of events, or as they come between two watermarks.
    ///   - answers: Whether the same event has the same result in a replay.
    ///   - transform: The request. Runs in a task of its own, which is cancelled when the run ends.
    public init(
        capacity: Int = AsyncRequests.defaultCapacity, timeout: Duration? = .seconds(5), retries: Retries = .none,
        order: AsyncRequests.Order = .ordered, answers: AsyncAnswers = .repeatable,
        _ transform: @escaping @Sendable (In) async throws -> Out
    ) {
        self.init(
            AsyncRequests(capacity: capacity, timeout: timeout, retries: retries, order: order), answers, "MapAsync"
        ) { (value: In) async throws -> Out? in try await transform(value) }
    }

    init(
        _ requests: AsyncRequests, _ answers: AsyncAnswers, _ label: String,
        _ transform: @escaping @Sendable (In) async throws -> Out?
    ) {
        operation = AnyOperator(requests, transform)
        self.label = label
        unrepeatable =
            answers == .varying
            ? "async results are not recorded"
            : requests.order == .unordered ? "async results leave in the order in which they come" : nil
    }

    var description: StageDescription {
        var description = StageDescription(.operation(operation), label: label, options)
        description.isWaking = true
        description.unrepeatable = unrepeatable
        return description
    }
}

/// The same as `MapAsync`, for requests that may have no result: an event for which the function gives nil is left out.
public func CompactMapAsync<In: Sendable, Out: Sendable>(
    capacity: Int = AsyncRequests.defaultCapacity, timeout: Duration? = .seconds(5), retries: Retries = .none,
    order: AsyncRequests.Order = .ordered, answers: AsyncAnswers = .repeatable,
    _ transform: @escaping @Sendable (In) async throws -> Out?
) -> MapAsync<In, Out> {
    MapAsync(
        AsyncRequests(capacity: capacity, timeout: timeout, retries: retries, order: order), answers,
        "CompactMapAsync", transform)
}

/// Whether requests have the same results when a run is repeated.
public enum AsyncAnswers: Sendable, Hashable {
    /// The same event has the same result.
    case repeatable
    /// The result depends on when it is asked for: what follows is outside the guarantee of replay, and `explain` says so.
    case varying
}

extension MapAsync: EventStage {}

extension FlowBuilder {
    /// One result of a request for each event.
    public static func buildPartialBlock<Value, Out>(
        accumulated: Stream<Value>, next: MapAsync<Value, Out>
    ) -> Stream<Out> {
        Stream(stages: accumulated.stages + [next.description])
    }

    /// One result of a request for each event; the keys stay.
    public static func buildPartialBlock<Key, Value, Out>(
        accumulated: Keyed<Key, Value>, next: MapAsync<Value, Out>
    ) -> Keyed<Key, Out> {
        Keyed(stages: accumulated.stages + [next.description])
    }

    /// A branch that begins with requests.
    public static func buildPartialBlock<In, Out>(first: MapAsync<In, Out>) -> Fragment<In, Out> {
        Fragment(stages: [first.description])
    }

    /// Requests behind other stages of a branch.
    public static func buildPartialBlock<In, Value, Out>(
        accumulated: Fragment<In, Value>, next: MapAsync<Value, Out>
    ) -> Fragment<In, Out> {
        Fragment(stages: accumulated.stages + [next.description])
    }
}
