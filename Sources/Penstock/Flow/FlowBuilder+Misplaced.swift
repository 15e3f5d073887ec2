public import PenstockEngine

// Stages in places where they cannot stand: at the beginning, in the middle, behind the end, in a branch.
extension FlowBuilder {
    // MARK: The beginning

    /// Not possible: a flow without stages.
    @available(*, unavailable, message: "A flow begins with From(...) or with the name of another flow")
    public static func buildBlock() -> Broken { Broken() }

    /// Not possible: a flow that begins in the middle.
    @available(*, unavailable, message: "A flow begins with From(...) or with the name of another flow")
    public static func buildFinalResult<In, Out>(_ fragment: Fragment<In, Out>) -> Broken { Broken() }

    /// Not possible: a flow that is only a sink.
    @available(*, unavailable, message: "A flow begins with From(...) or with the name of another flow")
    public static func buildFinalResult<In>(_ fragment: SinkFragment<In>) -> Broken { Broken() }

    /// Not possible: a flow or a branch that begins with a stage of its trunk.
    @available(
        *, unavailable,
        message:
            "A flow begins with From(...) or with the name of another flow; keys, windows and aggregates cannot stand in a branch"
    )
    public static func buildPartialBlock<First: TrunkStage>(first: First) -> Broken { Broken() }

    /// Not possible: a flow or a branch that begins with a window operator.
    @available(*, unavailable, message: "A window operator needs a window before it")
    public static func buildPartialBlock<Op: WindowOperator>(first: Op) -> Broken { Broken() }

    /// Not possible: a branch with a stage of the trunk.
    @available(
        *, unavailable,
        message:
            "A flow begins with From(...) or with the name of another flow; keys, windows and aggregates cannot stand in a branch"
    )
    public static func buildPartialBlock<In, Out, Next: TrunkStage>(
        accumulated: Fragment<In, Out>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: going on behind another flow's sink.
    @available(
        *, unavailable,
        message: "This flow ends in a sink: name what comes before its To(...) and use that name in both"
    )
    public static func buildPartialBlock(first: Flow<Closed>) -> Broken { Broken() }

    /// A flow that is wrong already: its own mistake is reported where it is.
    public static func buildPartialBlock(first: Flow<Broken>) -> Broken { Broken() }

    /// What follows from a mistake in a branch at the beginning.
    public static func buildPartialBlock(first: Broken) -> Broken { first }

    // MARK: The middle

    /// Not possible: a second source.
    @available(*, unavailable, message: "From(...) and the names of flows stand at the beginning of a flow only")
    public static func buildPartialBlock<Value, Next: FlowBeginning>(
        accumulated: Stream<Value>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: a second source.
    @available(*, unavailable, message: "From(...) and the names of flows stand at the beginning of a flow only")
    public static func buildPartialBlock<Key, Value, Next: FlowBeginning>(
        accumulated: Keyed<Key, Value>, next: Next
    ) -> Broken { Broken() }

    /// Not possible: a window operator on a stream.
    @available(*, unavailable, message: "A window operator needs a window before it")
    public static func buildPartialBlock<Value, Op: WindowOperator>(accumulated: Stream<Value>, next: Op) -> Broken {
        Broken()
    }

    /// Not possible: a window operator on a stream.
    @available(*, unavailable, message: "A window operator needs a window before it")
    public static func buildPartialBlock<Value, Op: WindowOperator>(accumulated: Stream<Value>, next: Configured<Op>)
        -> Broken
    { Broken() }

    /// Not possible: a window operator on a keyed stream.
    @available(*, unavailable, message: "A window operator works on windows by position of a stream without keys")
    public static func buildPartialBlock<Key, Value, Op: WindowOperator>(accumulated: Keyed<Key, Value>, next: Op)
        -> Broken
    { Broken() }

    /// Not possible: a window operator on a keyed stream.
    @available(*, unavailable, message: "A window operator works on windows by position of a stream without keys")
    public static func buildPartialBlock<Key, Value, Op: WindowOperator>(
        accumulated: Keyed<Key, Value>, next: Configured<Op>
    ) -> Broken { Broken() }

    /// Not possible: a window operator on windows of keys.
    @available(*, unavailable, message: "A window operator works on windows by position, not on windows of keys")
    public static func buildPartialBlock<Key, Value, Op: WindowOperator>(
        accumulated: KeyedWindows<Key, Value>, next: Op
    ) -> Broken { Broken() }

    /// Not possible: a window operator on windows of keys.
    @available(*, unavailable, message: "A window operator works on windows by position, not on windows of keys")
    public static func buildPartialBlock<Key, Value, Op: WindowOperator>(
        accumulated: KeyedWindows<Key, Value>, next: Configured<Op>
    ) -> Broken { Broken() }

    /// Not possible: an operator on a keyed stream.
    @available(*, unavailable, message: "An operator takes a stream without keys: put it before KeyBy(...)")
    public static func buildPartialBlock<Key, Value, Op: Operator>(accumulated: Keyed<Key, Value>, next: Op) -> Broken {
        Broken()
    }

    /// Not possible: an operator on a keyed stream.
    @available(*, unavailable, message: "An operator takes a stream without keys: put it before KeyBy(...)")
    public static func buildPartialBlock<Key, Value, Op: Operator>(accumulated: Keyed<Key, Value>, next: Configured<Op>)
        -> Broken
    { Broken() }

    /// Not possible: an operator on windows of keys.
    @available(
        *, unavailable,
        message:
            "A window needs an aggregate right behind it, such as Count(), Sum(...), Largest(by: ...) or WholeWindow { ... }"
    )
    public static func buildPartialBlock<Key, Value, Op: Operator>(accumulated: KeyedWindows<Key, Value>, next: Op)
        -> Broken
    { Broken() }

    /// Not possible: an operator on windows of keys.
    @available(
        *, unavailable,
        message:
            "A window needs an aggregate right behind it, such as Count(), Sum(...), Largest(by: ...) or WholeWindow { ... }"
    )
    public static func buildPartialBlock<Key, Value, Op: Operator>(
        accumulated: KeyedWindows<Key, Value>, next: Configured<Op>
    ) -> Broken { Broken() }

    /// Not possible: an operator on windows without keys.
    @available(
        *, unavailable,
        message:
            "A window needs an aggregate right behind it, such as Count(), Sum(...), Largest(by: ...) or WholeWindow { ... }"
    )
    public static func buildPartialBlock<Value, Op: Operator>(accumulated: StreamWindows<Value>, next: Op)
        -> Broken
    { Broken() }

    /// Not possible: an operator on windows without keys.
    @available(
        *, unavailable,
        message:
            "A window needs an aggregate right behind it, such as Count(), Sum(...), Largest(by: ...) or WholeWindow { ... }"
    )
    public static func buildPartialBlock<Value, Op: Operator>(
        accumulated: StreamWindows<Value>, next: Configured<Op>
    ) -> Broken { Broken() }

    /// Not possible: a window operator on windows over time.
    @available(
        *, unavailable, message: "A window operator works on windows by position; over time use WholeWindow { ... }"
    )
    public static func buildPartialBlock<Value, Op: WindowOperator>(
        accumulated: StreamWindows<Value>, next: Op
    ) -> Broken { Broken() }

    /// Not possible: a window operator on windows over time.
    @available(
        *, unavailable, message: "A window operator works on windows by position; over time use WholeWindow { ... }"
    )
    public static func buildPartialBlock<Value, Op: WindowOperator>(
        accumulated: StreamWindows<Value>, next: Configured<Op>
    ) -> Broken { Broken() }

    // MARK: The end

    /// Not possible: a stage behind the end.
    @available(*, unavailable, message: "Nothing can follow To: name the flow before it and use the name in two flows")
    public static func buildPartialBlock<Next>(accumulated: Closed, next: Next) -> Broken { Broken() }

    /// Not possible: a stage behind the end of a branch.
    @available(*, unavailable, message: "Nothing can follow To: name the flow before it and use the name in two flows")
    public static func buildPartialBlock<In, Next>(accumulated: SinkFragment<In>, next: Next) -> Broken { Broken() }

    /// A flow that is right.
    public static func buildFinalResult<Body: FlowBody>(_ body: Body) -> Body { body }

    // MARK: Branches

    /// Not possible: another type if a condition holds.
    @available(
        *, unavailable, message: "Without `else` the stages of an `if` must give the type of event that they take"
    )
    @_disfavoredOverload
    public static func buildOptional<In, Out>(_ fragment: Fragment<In, Out>?) -> Broken { Broken() }

    /// Not possible: a sink if a condition holds.
    @available(*, unavailable, message: "To(...) in an `if` needs an `else` with another To(...)")
    public static func buildOptional<In>(_ fragment: SinkFragment<In>?) -> Broken { Broken() }

    /// What follows from a mistake in a branch.
    public static func buildOptional(_ fragment: Broken?) -> Broken { Broken() }

    /// Not possible: turns of a loop that do not follow each other.
    @available(*, unavailable, message: "The stages of a `for` must give the type of event that they take")
    @_disfavoredOverload
    public static func buildArray<In, Out>(_ fragments: [Fragment<In, Out>]) -> Broken { Broken() }

    /// Not possible: a loop of sinks.
    @available(
        *, unavailable, message: "Nothing can follow To: make one flow for each sink, with the `for` around the flows"
    )
    public static func buildArray<In>(_ fragments: [SinkFragment<In>]) -> Broken { Broken() }

    /// What follows from a mistake in a loop.
    public static func buildArray(_ fragments: [Broken]) -> Broken { Broken() }

    /// What follows from a mistake in a branch.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Broken) -> Broken { next }

    /// What follows from a mistake in a branch.
    public static func buildPartialBlock<Key, Value>(accumulated: Keyed<Key, Value>, next: Broken) -> Broken { next }

    /// What follows from a mistake in a branch.
    public static func buildPartialBlock<In, Out>(accumulated: Fragment<In, Out>, next: Broken) -> Broken { next }
}
