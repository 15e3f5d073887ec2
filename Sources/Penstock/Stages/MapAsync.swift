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
    ///   - answers: Whether the same event has the same result in a replay, or where results are recorded or remembered.
    ///   - transform: The request. Runs in a task of its own, which is cancelled when the run ends.
    public init(
        capacity: Int = AsyncRequests.defaultCapacity, timeout: Duration? = .seconds(5), retries: Retries = .none,
        order: AsyncRequests.Order = .ordered, answers: AsyncAnswers<In> = .repeatable,
        _ transform: @escaping @Sendable (In) async throws -> Out
    ) {
        self.init(
            AsyncRequests(capacity: capacity, timeout: timeout, retries: retries, order: order), answers, "MapAsync"
        ) { (value: In) async throws -> Out? in try await transform(value) }
    }

    init(
        _ requests: AsyncRequests, _ answers: AsyncAnswers<In>, _ label: String,
        _ transform: @escaping @Sendable (In) async throws -> Out?
    ) {
        operation = AnyOperator(requests, recording: answers.recording, remembering: answers.remembering, transform)
        self.label = label
        switch answers {
        case .recorded: unrepeatable = nil
        case .varying: unrepeatable = "async results are not recorded"
        case .repeatable, .remembered:
            unrepeatable =
                requests.order == .unordered ? "async results leave in the order in which they come" : nil
        }
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
    order: AsyncRequests.Order = .ordered, answers: AsyncAnswers<In> = .repeatable,
    _ transform: @escaping @Sendable (In) async throws -> Out?
) -> MapAsync<In, Out> {
    MapAsync(
        AsyncRequests(capacity: capacity, timeout: timeout, retries: retries, order: order), answers,
        "CompactMapAsync", transform)
}

/// Whether requests have the same results when a run is repeated.
public enum AsyncAnswers<In: Sendable>: Sendable {
    /// The same event has the same result.
    case repeatable
    /// The result depends on when it is asked for: what follows is outside the guarantee of replay, and `explain` says so.
    case varying
    /// Each result is recorded in a topic, which belongs to the stage alone, before it leaves. A replay by `--of` takes it from there, in the
    /// order in which results left, and so does a run that goes on from a checkpoint: nobody is asked twice for what was recorded. The results
    /// have to be events, plain structs or `Codable`. `missing` says what becomes of an event in a replay for which there is none.
    case recorded(in: String, missing: AnswerRecording.Missing = .fails)
    /// Events with the same key have the same result, which is remembered in a topic before it leaves: nobody is asked again for a key whose
    /// result is there, from whatever run or replay. The topic belongs to the stage alone; without it everything is asked for again, and is the
    /// same. An event whose key is nil is asked for each time. The results have to be events, plain structs or `Codable`.
    case remembered(in: String, by: @Sendable (In) -> AnswerKey?)

    fileprivate var recording: AnswerRecording? {
        if case .recorded(let topic, let missing) = self { AnswerRecording(in: topic, missing: missing) } else { nil }
    }

    fileprivate var remembering: AnswerRemembering<In>? {
        if case .remembered(let topic, let key) = self { AnswerRemembering(in: topic, by: key) } else { nil }
    }
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
