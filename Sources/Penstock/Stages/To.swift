public import PenstockEngine
public import PenstockEvents

/// Ends a flow: puts its events into a sink or a topic.
public struct To<Value: Sendable>: Stage {
    let kind: StageDescription.Kind
    let allowsLossy: Bool
    var delivery = TopicDelivery.repeatable
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Puts the events into a sink. One that keeps each row exactly once, such as a file, takes what `Latest`, `DropOldest` or `NewestFirst` have left
    /// only with `allowLossy`.
    public init<S: Sink<Value>>(_ sink: S, allowLossy: Bool = false) {
        kind = .sink(AnySink(sink))
        allowsLossy = allowLossy
    }

    /// Appends the events to a topic, which is made where it is not there. What `Latest`, `DropOldest` or `NewestFirst` have left it
    /// takes only with `allowLossy`.
    /// - Parameter delivery: How the rows get there so that each is there once whatever happens: at once, or in transactions that become
    ///   visible with the checkpoints. Rows that a restarted run may give differently always get there in transactions.
    public init(
        _ topic: Topic<Value>, delivery: TopicDelivery = .repeatable, allowLossy: Bool = false
    ) where Value: Event {
        kind = .topicSink(topic: topic.name, codec: EventCodec(Value.self))
        allowsLossy = allowLossy
        self.delivery = delivery
    }

    /// Puts the events into a feedback, from which another flow reads them. What a lossy edge has left it takes only with `allowLossy`: behind a
    /// restart the loop then goes on with what the feedback had, though other events may come out.
    public init(_ feedback: Feedback<Value>, allowLossy: Bool = false) where Value: Event {
        kind = .topicSink(topic: feedback.name, codec: EventCodec(Value.self))
        allowsLossy = allowLossy
    }

    private var takesUpdates = false

    /// The topic or file takes rows that come more than once, such as those of `Early(every:)` and `AllowedLateness(_:)`: its readers let each
    /// replace the one before it of the same key and window. Write the row's pane with it, so that they can.
    public func takingUpdates() -> To {
        var end = self
        end.takesUpdates = true
        return end
    }

    var description: StageDescription {
        var description = StageDescription(kind, label: "To", options)
        description.takesUpdates = takesUpdates
        description.allowsLossy = allowsLossy
        description.delivery = delivery
        return description
    }
}
