public import PenstockEngine
public import PenstockEvents

/// Ends a flow: puts its events into a sink or a topic.
public struct To<Value: Sendable>: Stage {
    let kind: StageDescription.Kind
    var delivery = TopicDelivery.repeatable
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Puts the events into a sink.
    public init<S: Sink<Value>>(_ sink: S) {
        kind = .sink(AnySink(sink))
    }

    /// Appends the events to a topic, which is made where it is not there.
    /// - Parameter delivery: How the rows get there so that each is there once whatever happens: at once, or in transactions that become
    ///   visible with the checkpoints.
    public init(_ topic: Topic<Value>, delivery: TopicDelivery = .repeatable) where Value: Event {
        kind = .topicSink(topic: topic.name, codec: EventCodec(Value.self))
        self.delivery = delivery
    }

    var description: StageDescription {
        var description = StageDescription(kind, label: "To", options)
        description.delivery = delivery
        return description
    }
}
