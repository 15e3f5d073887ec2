internal import PenstockEngine
internal import PenstockEvents

// How the partitions of a source are read, and which events are refused.
extension From {
    /// Leaves a partition out of the watermark that had nothing to read for `duration`, until it has. Off unless said.
    ///
    /// Only time in which the partition could have been read counts. Events that it gives later are measured against the watermark that was
    /// reached meanwhile, so what is late depends on when they come: time marks in the stream are the better cure for a quiet partition. A run keeps that in its
    /// journal, from which `replay --of RUN` repeats it.
    public func idle(after duration: Duration) -> From {
        var source = self
        source.reading.idleAfter = duration.nanoseconds
        return source
    }

    /// Lets a partition wait while its watermark is more than `maxDrift` ahead of the least one; nil for never. 60 s for topics, never for other
    /// sources. It bounds what has to be kept in memory and changes no result.
    public func aligned(maxDrift: Duration?) -> From {
        var source = self
        source.reading.maxDrift = maxDrift?.nanoseconds
        return source
    }

    /// Reads a topic on behind its last record, and waits there for more, until its stream ends: the run that writes it has come to its end, or a
    /// producer has said so. Without it the topic is read as far as it goes when its last record is read. A replay does not wait.
    public func followed() -> From {
        var source = self
        source.reading.follows = true
        return source
    }

    /// Refuses events of a topic whose time is more than `maxAhead` ahead of the time at which they were appended; nil for none. One minute unless
    /// said otherwise. Refused events are counted and do not move the watermark, so that one wrong clock does not close every window.
    public func futureGuard(maxAhead: Duration?) -> From {
        var source = self
        source.reading.maxAhead = maxAhead?.nanoseconds
        return source
    }

    /// Gives the events of a topic that are refused, because their time is too far in the future, to a side output.
    public func future(to side: SideOutput<Value>) -> From {
        var source = self
        source.sides[.future] = side.output
        return source
    }

    /// Whether it is a feedback that is read in rounds.
    private var isInRounds: Bool { feedback?.isInRounds ?? false }

    var description: StageDescription {
        var description = StageDescription(kind, label: "From", options)
        description.reading = reading
        description.sides = sides
        description.feedback = feedback
        if feedback != nil, !isInRounds {
            description.unrepeatable =
                "events of the feedback are read as they come, which a replay repeats by the journal of a run alone"
        }
        return description
    }
}
