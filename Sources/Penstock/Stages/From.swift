public import PenstockEngine
public import PenstockEvents

/// Begins a flow with the events of a source or of a topic.
public struct From<Value: Sendable>: Stage {
    let kind: StageDescription.Kind
    var reading = SourceReading()
    var sides: [SidePort: SideOutputName] = [:]
    var feedback: FeedbackRule?
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The events of a source, which says itself how far out of order they can be.
    public init<S: Source<Value>>(_ source: S) {
        kind = .source(AnySource(source))
    }

    /// The events of a source that can be out of order as far as `disorder` says.
    public init<S: Source<Value>>(_ source: S, disorder: Disorder) {
        kind = .source(AnySource(source, disorder: disorder))
    }

    /// The events of a topic from its earliest to its last one. How far out of order they can be has to be said: topics have no default.
    public init(_ topic: Topic<Value>, disorder: Disorder) where Value: Event {
        kind = .topicSource(topic: topic.name, codec: EventCodec(Value.self), disorder: disorder)
        reading = .topic
    }

    /// The events that the run itself puts into a feedback. They are merged with those of another input.
    public init(_ feedback: Feedback<Value>) where Value: Event {
        kind = .topicSource(topic: feedback.name, codec: EventCodec(Value.self), disorder: .marks)
        self.feedback = feedback.rule
    }

    /// The events that a stage of another flow gives to a side output.
    public init(_ side: SideOutput<Value>) { kind = .side(side.output) }

    /// Not possible: a topic does not know how far out of order its events are.
    @available(
        *, unavailable,
        message:
            "Say how far out of order the topic can be: From(topic, disorder: .bounded(by: .seconds(2))) or .ascending"
    )
    public init(_ topic: Topic<Value>) where Value: Event {
        kind = .topicSource(topic: topic.name, codec: EventCodec(Value.self), disorder: .ascending)
    }
}
