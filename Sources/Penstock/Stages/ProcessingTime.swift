internal import PenstockEngine

/// Gives events the time at which they come here, by the machine's clock, in place of their own.
///
/// Everything behind it works on that time: windows, sessions, joins, timers, times to live. The clock goes on also when nothing comes, so that windows
/// close on time. Nothing behind it is late. No replay repeats it, and `explain` says so.
///
/// ```swift
/// From(readings, disorder: .ascending)
/// ProcessingTime()
/// KeyBy(\Reading.sensor)
/// Tumbling(every: .seconds(1))
/// Count()
/// ```
public struct ProcessingTime: Stage {
    let interval: Duration
    /// The name that the author gave.
    public var options = StageOptions()

    /// The clock's time, which goes on every `interval` when nothing comes: windows close so much later at most.
    public init(every interval: Duration = .milliseconds(10)) { self.interval = interval }

    func description<Value>(_ type: Value.Type) -> StageDescription {
        let operation = AnyOperator(arrivalTimesOf: ValueType(type), interval: interval.nanoseconds)
        return StageDescription(.operation(operation), label: "ProcessingTime", options)
    }
}

extension ProcessingTime: EventStage {}
extension ProcessingTime: TrunkStage {}

extension FlowBuilder {
    /// The time of arrival in place of event time.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: ProcessingTime) -> Stream<Value> {
        Stream(stages: accumulated.stages + [next.description(Value.self)])
    }

    /// The time of arrival in place of event time; the keys stay.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: ProcessingTime
    ) -> Keyed<Key, Value> {
        Keyed(stages: accumulated.stages + [next.description(Value.self)])
    }
}
