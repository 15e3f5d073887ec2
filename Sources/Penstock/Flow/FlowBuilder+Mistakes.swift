// Mistakes of structure, each with a message that says what is missing. They give `Broken`, and everything behind `Broken` is accepted, so
// that the first mistake is the only one that is reported.
extension FlowBuilder {
    /// Behind a mistake nothing is looked at.
    public static func buildPartialBlock<Next>(accumulated: Broken, next: Next) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(
        *, unavailable, message: "Count needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"
    )
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Count) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(*, unavailable, message: "Sum needs a window: put Tumbling(...), Sliding(...) or Session(...) before it")
    public static func buildPartialBlock<Value, In, Number>(
        accumulated: Stream<Value>, next: Sum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(
        *, unavailable, message: "Mean needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"
    )
    public static func buildPartialBlock<Value, In, Number>(
        accumulated: Stream<Value>, next: Mean<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(
        *, unavailable, message: "Minimum needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"
    )
    public static func buildPartialBlock<Value, In, Number>(
        accumulated: Stream<Value>, next: Minimum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(
        *, unavailable, message: "Maximum needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"
    )
    public static func buildPartialBlock<Value, In, Number>(
        accumulated: Stream<Value>, next: Maximum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(
        *, unavailable,
        message: "An aggregate needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"
    )
    @_disfavoredOverload
    public static func buildPartialBlock<Value, Next: AggregateStage>(
        accumulated: Stream<Value>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(
        *, unavailable,
        message: "An aggregate needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"
    )
    @_disfavoredOverload
    public static func buildPartialBlock<Key, Value, Next: AggregateStage>(
        accumulated: Keyed<Key, Value>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: saying when the rows of a window come where there is none.
    @available(
        *, unavailable, message: "This stage belongs right behind a window: Tumbling(...), Sliding(...) or Session(...)"
    )
    public static func buildPartialBlock<Value, Next: WindowModifier>(
        accumulated: Stream<Value>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: saying when the rows of a window come where there is none.
    @available(
        *, unavailable, message: "This stage belongs right behind a window: Tumbling(...), Sliding(...) or Session(...)"
    )
    public static func buildPartialBlock<Key, Value, Next: WindowModifier>(
        accumulated: Keyed<Key, Value>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(
        *, unavailable, message: "Count needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"
    )
    public static func buildPartialBlock<Key, Value>(accumulated: Keyed<Key, Value>, next: Count) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(*, unavailable, message: "Sum needs a window: put Tumbling(...), Sliding(...) or Session(...) before it")
    public static func buildPartialBlock<Key, Value, In, Number>(
        accumulated: Keyed<Key, Value>, next: Sum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(
        *, unavailable, message: "Mean needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"
    )
    public static func buildPartialBlock<Key, Value, In, Number>(
        accumulated: Keyed<Key, Value>, next: Mean<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(
        *, unavailable, message: "Minimum needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"
    )
    public static func buildPartialBlock<Key, Value, In, Number>(
        accumulated: Keyed<Key, Value>, next: Minimum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(
        *, unavailable, message: "Maximum needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"
    )
    public static func buildPartialBlock<Key, Value, In, Number>(
        accumulated: Keyed<Key, Value>, next: Maximum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: a stage between a window and its aggregate.
    @available(
        *, unavailable,
        message:
            "A window needs an aggregate right behind it, such as Count(), Sum(...), Largest(by: ...) or WholeWindow { ... }"
    )
    public static func buildPartialBlock<Key, Value, Next: EventStage>(
        accumulated: KeyedWindows<Key, Value>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: a flow that ends in a window.
    @available(
        *, unavailable,
        message:
            "A window needs an aggregate right behind it, such as Count(), Sum(...), Largest(by: ...) or WholeWindow { ... }"
    )
    public static func buildFinalResult<Key, Value>(_ windows: KeyedWindows<Key, Value>) -> Broken { Broken() }

    /// Not possible: a stage between a window and its aggregate.
    @available(
        *, unavailable,
        message:
            "A window needs an aggregate right behind it, such as Count(), Sum(...), Largest(by: ...) or WholeWindow { ... }"
    )
    public static func buildPartialBlock<Value, Next: EventStage>(
        accumulated: StreamWindows<Value>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: a flow that ends in a window.
    @available(
        *, unavailable,
        message:
            "A window needs an aggregate right behind it, such as Count(), Sum(...), Largest(by: ...) or WholeWindow { ... }"
    )
    public static func buildFinalResult<Value>(_ windows: StreamWindows<Value>) -> Broken { Broken() }

    /// Not possible: a stage between a window by position and its operator.
    @available(*, unavailable, message: "A window by position needs a window operator right behind it")
    public static func buildPartialBlock<Value, Next: EventStage>(
        accumulated: Windows<Value>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: an aggregate over windows by position.
    @available(
        *, unavailable,
        message:
            "A window by position needs a window operator; aggregates work on windows of time or of a number of events"
    )
    public static func buildPartialBlock<Value, Next: AggregateStage>(
        accumulated: Windows<Value>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: a flow that ends in a window by position.
    @available(*, unavailable, message: "A window by position needs a window operator right behind it")
    public static func buildFinalResult<Value>(_ windows: Windows<Value>) -> Broken { Broken() }

    /// Not possible: recording values that are not events.
    @available(
        *, unavailable, message: "Persist needs events: let the type of the stream conform to Event or FixedEvent"
    )
    @_disfavoredOverload
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Persist) -> Broken { Broken() }

    /// Not possible: recording keys.
    @available(*, unavailable, message: "Persist records a stream without keys: put it before KeyBy(...)")
    public static func buildPartialBlock<Key, Value>(accumulated: Keyed<Key, Value>, next: Persist) -> Broken {
        Broken()
    }
}
