public import PenstockEngine
public import PenstockEvents

/// Puts the stages of a flow together, line by line.
///
/// There is one overload for each stage and what it may follow, all of them concrete, so that a mistake is reported on its own line in the
/// words of the types involved. Mistakes of structure are in `FlowBuilder+Mistakes`.
@resultBuilder public enum FlowBuilder {
    /// A flow begins with a source.
    public static func buildPartialBlock<Value>(first: From<Value>) -> Stream<Value> {
        Stream(stages: [first.description])
    }

    /// A flow begins with several sources or flows at once.
    public static func buildPartialBlock<Value>(first: Merge<Value>) -> Stream<Value> {
        Stream(stages: [first.description])
    }

    /// A flow goes on where another ends.
    public static func buildPartialBlock<Value>(first: Flow<Stream<Value>>) -> Stream<Value> {
        Stream(stages: [StageDescription(.flow(first.description), label: first.description.name)])
    }

    /// A flow goes on where a keyed one ends.
    public static func buildPartialBlock<Key, Value>(first: Flow<Keyed<Key, Value>>) -> Keyed<Key, Value> {
        Keyed(stages: [StageDescription(.flow(first.description), label: first.description.name)])
    }

    /// What the branches of an `if` or `switch` at the beginning of a flow give.
    public static func buildPartialBlock<Value>(first: Stream<Value>) -> Stream<Value> { first }

    /// What the branches of an `if` or `switch` at the beginning of a keyed flow give.
    public static func buildPartialBlock<Key, Value>(first: Keyed<Key, Value>) -> Keyed<Key, Value> { first }

    // MARK: Streams

    /// One event for each event.
    public static func buildPartialBlock<Value, Out>(accumulated: Stream<Value>, next: Map<Value, Out>) -> Stream<Out> {
        Stream(stages: accumulated.stages + [next.description])
    }

    /// Some of the events.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Filter<Value>) -> Stream<Value> {
        Stream(stages: accumulated.stages + [next.description])
    }

    /// Gives the events a key.
    public static func buildPartialBlock<Value, Key>(
        accumulated: Stream<Value>, next: KeyBy<Value, Key>
    ) -> Keyed<Key, Value> {
        Keyed(stages: accumulated.stages + [next.description])
    }

    /// Records the stream; what follows reads the record.
    public static func buildPartialBlock<Value: Event>(accumulated: Stream<Value>, next: Persist) -> Stream<Value> {
        Stream(
            stages: accumulated.stages + [
                StageDescription(
                    .persist(topic: next.topic, codec: EventCodec(Value.self)), label: "Persist", next.options)
            ])
    }

    /// An operator of the author's or of a library.
    public static func buildPartialBlock<Op: Operator>(accumulated: Stream<Op.In>, next: Op) -> Stream<Op.Out> {
        buildPartialBlock(accumulated: accumulated, next: Configured(operation: next))
    }

    /// An operator with options.
    public static func buildPartialBlock<Op: Operator>(
        accumulated: Stream<Op.In>, next: Configured<Op>
    ) -> Stream<Op.Out> {
        Stream(stages: accumulated.stages + [next.description])
    }

    /// The flow's end.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: To<Value>) -> Closed {
        Closed(stages: accumulated.stages + [next.description])
    }

    // MARK: Keyed streams

    /// One event for each event; the keys stay.
    public static func buildPartialBlock<Key, Value, Out>(
        accumulated: Keyed<Key, Value>, next: Map<Value, Out>
    ) -> Keyed<Key, Out> {
        Keyed(stages: accumulated.stages + [next.description])
    }

    /// Some of the events.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: Filter<Value>
    ) -> Keyed<Key, Value> {
        Keyed(stages: accumulated.stages + [next.description])
    }

    /// Another key in place of the first.
    public static func buildPartialBlock<Key, Value, Other>(
        accumulated: Keyed<Key, Value>, next: KeyBy<Value, Other>
    ) -> Keyed<Other, Value> {
        Keyed(stages: accumulated.stages + [next.description])
    }

    /// Cuts the stream into windows that follow each other.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: Tumbling
    ) -> KeyedWindows<Key, Value> {
        KeyedWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }

    /// Cuts the stream into windows that overlap.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: Sliding
    ) -> KeyedWindows<Key, Value> {
        KeyedWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }

    /// The flow's end; a topic stores the keys' hashes.
    public static func buildPartialBlock<Key, Value>(accumulated: Keyed<Key, Value>, next: To<Value>) -> Closed {
        Closed(stages: accumulated.stages + [next.description])
    }

    /// Says when the rows of a window come.
    public static func buildPartialBlock<Key, Value, Modifier: WindowModifier>(
        accumulated: KeyedWindows<Key, Value>, next: Modifier
    ) -> KeyedWindows<Key, Value> {
        var windows = accumulated
        next.modify(&windows.emission)
        return windows
    }

    // MARK: Windows without keys

    /// Cuts the stream into windows that follow each other.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Tumbling) -> StreamWindows<Value> {
        StreamWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }

    /// Cuts the stream into windows that overlap.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Sliding) -> StreamWindows<Value> {
        StreamWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }

    /// Says when the rows of a window come.
    public static func buildPartialBlock<Value, Modifier: WindowModifier>(
        accumulated: StreamWindows<Value>, next: Modifier
    ) -> StreamWindows<Value> {
        var windows = accumulated
        next.modify(&windows.emission)
        return windows
    }

    // MARK: Windows by position

    /// Work over each window.
    public static func buildPartialBlock<Op: WindowOperator>(accumulated: Windows<Op.In>, next: Op) -> Stream<Op.Out> {
        buildPartialBlock(accumulated: accumulated, next: Configured(operation: next))
    }

    /// Work over each window, with options.
    public static func buildPartialBlock<Op: WindowOperator>(
        accumulated: Windows<Op.In>, next: Configured<Op>
    ) -> Stream<Op.Out> {
        let operation = AnyOperator(next.operation, windows: accumulated.windows, position: accumulated.position)
        var stage = StageDescription(.operation(operation), label: "\(Op.self)", next.options)
        stage.sides = accumulated.sides
        return Stream(stages: accumulated.stages + [stage])
    }
}

extension Map {
    var description: StageDescription { StageDescription(.map(kernel), label: "Map", options) }
}

extension Filter {
    var description: StageDescription { StageDescription(.filter(kernel), label: "Filter", options) }
}

extension KeyBy {
    var description: StageDescription {
        StageDescription(.keyBy(kernel, keyType: "\(Key.self)"), label: "KeyBy", options)
    }
}

extension Configured where Operation: Operator {
    var description: StageDescription {
        StageDescription(.operation(AnyOperator(operation)), label: "\(Operation.self)", options)
    }
}
