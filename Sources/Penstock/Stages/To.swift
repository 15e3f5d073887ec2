public import PenstockEngine
public import PenstockEvents

/// Ends a flow: puts its events into a sink or a topic.
public struct To<Value: Sendable>: Stage {
    let kind: StageDescription.Kind
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Puts the events into a sink.
    public init<S: Sink<Value>>(_ sink: S) {
        kind = .sink(AnySink(sink))
    }

    /// Appends the events to a topic, which is made where it is not there.
    public init(_ topic: Topic<Value>) where Value: Event {
        kind = .topicSink(topic: topic.name, codec: EventCodec(Value.self))
    }

    /// Puts the events into a feedback, from which another flow reads them.
    public init(_ feedback: Feedback<Value>) where Value: Event {
        kind = .topicSink(topic: feedback.name, codec: EventCodec(Value.self))
    }

    var description: StageDescription { StageDescription(kind, label: "To", options) }
}
