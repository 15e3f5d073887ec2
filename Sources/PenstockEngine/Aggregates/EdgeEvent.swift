/// The first or the last event of a window in canonical order.
public struct EdgeEvent<Value: Sendable>: Aggregator {
    @usableFromInline let isLast: Bool

    /// Always: the place of the event decides.
    public var isOrderFree: Bool { true }

    /// The first event, or the last.
    @inlinable public init(isLast: Bool) { self.isLast = isLast }

    /// No event.
    @inlinable public func makeState() -> PlacedEvent<Value>? { nil }

    /// Keeps the event if it stands before, or behind, the one that is kept.
    @inlinable public func add(_ value: Value, at place: EventPlace, to state: inout PlacedEvent<Value>?) {
        if let kept = state?.place, isLast ? place < kept : kept < place { return }
        state = PlacedEvent(value, place)
    }

    /// Keeps the event of the other state if it stands before, or behind, the one that is kept.
    @inlinable public func merge(_ later: PlacedEvent<Value>?, into state: inout PlacedEvent<Value>?) {
        guard let later else { return }
        add(later.value, at: later.place, to: &state)
    }

    /// The event.
    @inlinable public func result(of state: PlacedEvent<Value>?, in window: WindowSpan) -> Value {
        guard let state else { preconditionFailure("a window without events has no row") }
        return state.value
    }
}
