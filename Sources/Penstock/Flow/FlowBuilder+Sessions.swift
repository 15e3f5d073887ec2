extension FlowBuilder {
    /// Cuts the stream into sessions.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: Sessions
    ) -> KeyedWindows<Key, Value> {
        KeyedWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }

    /// Cuts the stream into sessions by the gaps of its events.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: SessionsByEvent<Value>
    ) -> KeyedWindows<Key, Value> {
        KeyedWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }
}
