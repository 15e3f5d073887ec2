internal import PenstockEngine

extension FlowBuilder {
    /// Work on the events of each key one after the other.
    public static func buildPartialBlock<Key, In, Out>(
        accumulated: Keyed<Key, In>, next: Process<Key, In, Out>
    ) -> Stream<Out> {
        Stream(stages: accumulated.stages + [next.description])
    }

    /// Not possible: states by key without a key.
    @available(*, unavailable, message: "Process keeps states for each key: put KeyBy(...) before it")
    public static func buildPartialBlock<Key, Value, In, Out>(
        accumulated: Stream<Value>, next: Process<Key, In, Out>
    ) -> Broken { Broken() }

    /// The name of a type without its parameters.
    static func firstWord(_ text: String) -> String { String(text.prefix { $0 != "<" }) }
}
