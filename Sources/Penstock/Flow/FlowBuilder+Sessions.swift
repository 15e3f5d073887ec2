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

    /// Cuts the stream into sessions, without keys.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Sessions) -> StreamWindows<Value> {
        StreamWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }

    /// Cuts the stream into sessions by the gaps of its events, without keys.
    public static func buildPartialBlock<Value>(
        accumulated: Stream<Value>, next: SessionsByEvent<Value>
    ) -> StreamWindows<Value> {
        StreamWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }
}
