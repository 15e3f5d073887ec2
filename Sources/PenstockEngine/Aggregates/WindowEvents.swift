/// All events of a window in canonical order, or what a function makes of them.
public struct WindowEvents<Value: Sendable, Result: Sendable>: Aggregator {
    @usableFromInline let transform: @Sendable (WindowSpan, [Value]) throws -> Result

    /// Always: the events are put in order at the end.
    public var isOrderFree: Bool { true }

    /// What `transform` makes of the events.
    @inlinable public init(_ transform: @escaping @Sendable (WindowSpan, [Value]) throws -> Result) {
        self.transform = transform
    }

    /// No events.
    @inlinable public func makeState() -> [PlacedEvent<Value>] { [] }

    /// Keeps the event.
    @inlinable public func add(_ value: Value, at place: EventPlace, to state: inout [PlacedEvent<Value>]) {
        state.append(PlacedEvent(value, place))
    }

    /// Keeps the events of both states.
    @inlinable public func merge(_ later: [PlacedEvent<Value>], into state: inout [PlacedEvent<Value>]) {
        state += later
    }

    /// The function's result.
    @inlinable public func result(of state: [PlacedEvent<Value>], in window: WindowSpan) throws -> Result {
        try transform(window, state.inOrder())
    }
}
