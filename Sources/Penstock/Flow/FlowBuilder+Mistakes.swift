public import PenstockEngine

// Mistakes of structure, each with a message that says what is missing. They give `Broken`, and everything behind `Broken` is accepted, so
// that the first mistake is the only one that is reported.
extension FlowBuilder {
    /// Behind a mistake nothing is looked at.
    public static func buildPartialBlock<Next>(accumulated: Broken, next: Next) -> Broken { Broken() }

    /// Not possible: an aggregate without key and window.
    @available(*, unavailable, message: "Count needs a key: put KeyBy(...) and a window before it")
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Count) -> Broken { Broken() }

    /// Not possible: an aggregate without key and window.
    @available(*, unavailable, message: "Sum needs a key: put KeyBy(...) and a window before it")
    public static func buildPartialBlock<Value, In, Number>(
        accumulated: Stream<Value>, next: Sum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without key and window.
    @available(*, unavailable, message: "Mean needs a key: put KeyBy(...) and a window before it")
    public static func buildPartialBlock<Value, In, Number>(
        accumulated: Stream<Value>, next: Mean<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without key and window.
    @available(*, unavailable, message: "Minimum needs a key: put KeyBy(...) and a window before it")
    public static func buildPartialBlock<Value, In, Number>(
        accumulated: Stream<Value>, next: Minimum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without key and window.
    @available(*, unavailable, message: "Maximum needs a key: put KeyBy(...) and a window before it")
    public static func buildPartialBlock<Value, In, Number>(
        accumulated: Stream<Value>, next: Maximum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: a window without a key.
    @available(*, unavailable, message: "Tumbling needs a key: put KeyBy(...) before it")
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Tumbling) -> Broken { Broken() }

    /// Not possible: a window without a key.
    @available(*, unavailable, message: "Sliding needs a key: put KeyBy(...) before it")
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Sliding) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(*, unavailable, message: "Count needs a window: put Tumbling(...) or Sliding(...) before it")
    public static func buildPartialBlock<Key, Value>(accumulated: Keyed<Key, Value>, next: Count) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(*, unavailable, message: "Sum needs a window: put Tumbling(...) or Sliding(...) before it")
    public static func buildPartialBlock<Key, Value, In, Number>(
        accumulated: Keyed<Key, Value>, next: Sum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(*, unavailable, message: "Mean needs a window: put Tumbling(...) or Sliding(...) before it")
    public static func buildPartialBlock<Key, Value, In, Number>(
        accumulated: Keyed<Key, Value>, next: Mean<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(*, unavailable, message: "Minimum needs a window: put Tumbling(...) or Sliding(...) before it")
    public static func buildPartialBlock<Key, Value, In, Number>(
        accumulated: Keyed<Key, Value>, next: Minimum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: an aggregate without a window.
    @available(*, unavailable, message: "Maximum needs a window: put Tumbling(...) or Sliding(...) before it")
    public static func buildPartialBlock<Key, Value, In, Number>(
        accumulated: Keyed<Key, Value>, next: Maximum<In, Number>
    ) -> Broken { Broken() }

    /// Not possible: windows whose events go nowhere.
    @available(*, unavailable, message: "A window needs an aggregate: put Count(), Sum(...), Mean(...) between it and To")
    public static func buildPartialBlock<Key, Value, In>(
        accumulated: KeyedWindows<Key, Value>, next: To<In>
    ) -> Broken { Broken() }

    /// Not possible: windows whose events go nowhere.
    @available(*, unavailable, message: "A window needs an operator over its events between it and To")
    public static func buildPartialBlock<Value, In>(accumulated: Windows<Value>, next: To<In>) -> Broken { Broken() }

    /// Not possible: a window operator on a stream.
    @available(*, unavailable, message: "A window operator needs a window before it")
    public static func buildPartialBlock<Op: WindowOperator>(accumulated: Stream<Op.In>, next: Op) -> Broken { Broken() }

    /// Not possible: recording values that are not events.
    @available(*, unavailable, message: "Persist needs events: let the type of the stream conform to Event or FixedEvent")
    @_disfavoredOverload
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Persist) -> Broken { Broken() }

    /// Not possible: a stage behind the end.
    @available(*, unavailable, message: "Nothing can follow To: name the flow before it and use the name in two flows")
    public static func buildPartialBlock<Next>(accumulated: Closed, next: Next) -> Broken { Broken() }

    /// Not possible: a flow that begins in the middle.
    @available(*, unavailable, message: "A flow begins with From(...) or with the name of another flow")
    public static func buildFinalResult<In, Out>(_ fragment: Fragment<In, Out>) -> Broken { Broken() }

    /// Not possible: a flow that is only a sink.
    @available(*, unavailable, message: "A flow begins with From(...) or with the name of another flow")
    public static func buildFinalResult<In>(_ fragment: SinkFragment<In>) -> Broken { Broken() }

    /// Not possible: a flow that begins with a key.
    @available(*, unavailable, message: "A flow begins with From(...) or with the name of another flow")
    public static func buildPartialBlock<Value, Key>(first: KeyBy<Value, Key>) -> Broken { Broken() }

    /// Not possible: a flow that ends in a window.
    @available(*, unavailable, message: "A window needs an aggregate behind it: Count(), Sum(...), Mean(...)")
    public static func buildFinalResult<Key, Value>(_ windows: KeyedWindows<Key, Value>) -> Broken { Broken() }

    /// A flow that is right.
    public static func buildFinalResult<Body: FlowBody>(_ body: Body) -> Body { body }
}
