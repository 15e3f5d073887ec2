public import PenstockEngine

// `if`, `switch` and `for` in flows: their branches are fragments, stages without a source.
extension FlowBuilder {
    /// A branch that begins with a map.
    public static func buildPartialBlock<In, Out>(first: Map<In, Out>) -> Fragment<In, Out> {
        Fragment(stages: [first.description])
    }

    /// A branch that begins with a filter.
    public static func buildPartialBlock<Value>(first: Filter<Value>) -> Fragment<Value, Value> {
        Fragment(stages: [first.description])
    }

    /// A branch that begins with an operator.
    public static func buildPartialBlock<Op: Operator>(first: Op) -> Fragment<Op.In, Op.Out> {
        Fragment(stages: [Configured(operation: first).description])
    }

    /// A branch that begins with an operator with options.
    public static func buildPartialBlock<Op: Operator>(first: Configured<Op>) -> Fragment<Op.In, Op.Out> {
        Fragment(stages: [first.description])
    }

    /// A branch that is a sink.
    public static func buildPartialBlock<Value>(first: To<Value>) -> SinkFragment<Value> {
        SinkFragment(stages: [first.description])
    }

    /// A branch in a branch that is a sink.
    public static func buildPartialBlock<Value>(first: SinkFragment<Value>) -> SinkFragment<Value> { first }

    /// A branch in a branch.
    public static func buildPartialBlock<In, Out>(first: Fragment<In, Out>) -> Fragment<In, Out> { first }

    /// A map behind other stages of a branch.
    public static func buildPartialBlock<In, Value, Out>(
        accumulated: Fragment<In, Value>, next: Map<Value, Out>
    ) -> Fragment<In, Out> {
        Fragment(stages: accumulated.stages + [next.description])
    }

    /// A filter behind other stages of a branch.
    public static func buildPartialBlock<In, Value>(
        accumulated: Fragment<In, Value>, next: Filter<Value>
    ) -> Fragment<In, Value> {
        Fragment(stages: accumulated.stages + [next.description])
    }

    /// An operator behind other stages of a branch.
    public static func buildPartialBlock<In, Op: Operator>(
        accumulated: Fragment<In, Op.In>, next: Op
    ) -> Fragment<In, Op.Out> {
        Fragment(stages: accumulated.stages + [Configured(operation: next).description])
    }

    /// An operator with options behind other stages of a branch.
    public static func buildPartialBlock<In, Op: Operator>(
        accumulated: Fragment<In, Op.In>, next: Configured<Op>
    ) -> Fragment<In, Op.Out> {
        Fragment(stages: accumulated.stages + [next.description])
    }

    /// A sink behind other stages of a branch.
    public static func buildPartialBlock<In, Value>(
        accumulated: Fragment<In, Value>, next: To<Value>
    ) -> SinkFragment<In> {
        SinkFragment(stages: accumulated.stages + [next.description])
    }

    /// One of several sinks behind other stages of a branch.
    public static func buildPartialBlock<In, Value>(
        accumulated: Fragment<In, Value>, next: SinkFragment<Value>
    ) -> SinkFragment<In> {
        SinkFragment(stages: accumulated.stages + next.stages)
    }

    /// A branch behind other stages of a branch.
    public static func buildPartialBlock<In, Value, Out>(
        accumulated: Fragment<In, Value>, next: Fragment<Value, Out>
    ) -> Fragment<In, Out> {
        Fragment(stages: accumulated.stages + next.stages)
    }

    /// A branch in a flow.
    public static func buildPartialBlock<Value, Out>(
        accumulated: Stream<Value>, next: Fragment<Value, Out>
    ) -> Stream<Out> {
        Stream(stages: accumulated.stages + next.stages)
    }

    /// A branch in a keyed flow; the keys stay.
    public static func buildPartialBlock<Key, Value, Out>(
        accumulated: Keyed<Key, Value>, next: Fragment<Value, Out>
    ) -> Keyed<Key, Out> {
        Keyed(stages: accumulated.stages + next.stages)
    }

    /// One of several sinks.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: SinkFragment<Value>) -> Closed {
        Closed(stages: accumulated.stages + next.stages)
    }

    /// One of several sinks; a topic stores the keys' hashes.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: SinkFragment<Value>
    ) -> Closed {
        Closed(stages: accumulated.stages + next.stages)
    }

    /// `if` without `else`: stages that keep the type, or nothing.
    public static func buildOptional<Value>(_ fragment: Fragment<Value, Value>?) -> Fragment<Value, Value> {
        fragment ?? Fragment(stages: [])
    }

    /// The first branch of `if` and `else`, or of a `switch`.
    public static func buildEither<Branch: FlowBranch>(first: Branch) -> Branch { first }

    /// The other branch of `if` and `else`, or of a `switch`.
    public static func buildEither<Branch: FlowBranch>(second: Branch) -> Branch { second }

    /// `for`: the stages of all turns one behind the other.
    public static func buildArray<Value>(_ fragments: [Fragment<Value, Value>]) -> Fragment<Value, Value> {
        Fragment(stages: fragments.flatMap(\.stages))
    }
}
