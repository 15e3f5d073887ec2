public import PenstockEngine
public import PenstockEvents

/// Work of yours on the events of each key one after the other, with states and timers: a `KeyedProcess` as a stage.
///
/// ```swift
/// KeyBy(\Reading.sensor)
/// Process(Silence(after: .seconds(60)))
/// ```
public struct Process<Key: EventKey, In: Sendable, Out: Sendable>: Stage {
    let operation: AnyOperator
    let label: String
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The events that `process` puts out. Of its states about `memoryLimit` bytes stay in memory in each instance, and those of the keys that have not
    /// been used for longest go to disk. All together they may take about `stateLimit` bytes in each instance; where they take more the run
    /// ends with an error that says so. With `order: .arrival` an event does not wait for its turn in canonical order: lower latency, but a replay may
    /// give other results.
    public init<P: KeyedProcess<Key, In, Out>>(
        _ process: P, order: EventOrder = .canonical, memoryLimit: Int? = nil, stateLimit: Int? = nil
    ) {
        operation = AnyOperator(
            process, memoryLimit: memoryLimit, stateLimit: stateLimit, isArrivalOrder: order == .arrival)
        label = "\(P.self)"
    }
}

extension Process: EventStage {}
extension Process: TrunkStage {}

extension Process {
    var description: StageDescription {
        StageDescription(.operation(operation), label: FlowBuilder.firstWord(label), options)
    }
}
