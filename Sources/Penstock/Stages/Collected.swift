public import PenstockEngine
public import PenstockEvents

/// A sink that keeps the events of a run in memory, in order: for tests, notebooks and benchmarks.
///
/// It is bounded: a run that puts more than `limit` events into it ends with an error.
public final class Collected<Value: Sendable>: Sink {
    private let limit: Int
    private let collected = Guarded<[(value: Value, time: Timestamp)]>([])

    /// The most events that are kept unless another limit is given.
    public static var defaultLimit: Int { 10_000_000 }

    /// An empty collection for at most `limit` events.
    public init(limit: Int = defaultLimit) { self.limit = limit }

    /// The values so far, in order.
    public var values: [Value] { collected.withLock { $0.map(\.value) } }

    /// The event times so far, in order.
    public var times: [Timestamp] { collected.withLock { $0.map(\.time) } }

    /// What it is.
    public var summary: String { "memory" }

    /// Always possible.
    public func check(_ context: SinkContext) {}

    /// Begins with nothing collected.
    public func open(_ context: SinkContext) -> any SinkWriter<Value> {
        collected.withLock { $0 = [] }
        return Writer(collection: self)
    }

    private struct Writer: SinkWriter {
        let collection: Collected<Value>

        mutating func write(_ events: Events<Value>) throws {
            try collection.collected.withLock { collected in
                guard collected.count + events.count <= collection.limit else {
                    throw EngineError.option(
                        problem: "more than \(collection.limit) events were to be collected in memory",
                        hint: "write them to a file or a topic, or raise the limit")
                }
                for event in events { collected.append((event.value, event.time)) }
            }
        }

        mutating func finish() {}

        mutating func abandon() {}
    }
}
