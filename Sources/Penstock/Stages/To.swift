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

    private var takesUpdates = false

    /// The topic takes rows that come more than once, such as those of `Early(every:)`: its readers let each replace the one before it of the
    /// same key and window.
    public func takingUpdates() -> To {
        var end = self
        end.takesUpdates = true
        return end
    }

    var description: StageDescription {
        var description = StageDescription(kind, label: "To", options)
        description.takesUpdates = takesUpdates
        return description
    }
}
