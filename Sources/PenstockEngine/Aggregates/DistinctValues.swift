/// The different values that the events of a window have, in ascending order.
public struct DistinctValues<Value: Sendable, Element: Hashable & Comparable & Sendable>: Aggregator {
    @usableFromInline let element: @Sendable (Value) -> Element

    /// Always: it is a set.
    public var isOrderFree: Bool { true }

    /// The different results of `element`.
    @inlinable public init(_ element: @escaping @Sendable (Value) -> Element) { self.element = element }

    /// The empty set.
    @inlinable public func makeState() -> Set<Element> { [] }

    /// Puts the event's value into the set.
    @inlinable public func add(_ value: Value, at place: EventPlace, to state: inout Set<Element>) {
        state.insert(element(value))
    }

    /// The union of both sets.
    @inlinable public func merge(_ later: Set<Element>, into state: inout Set<Element>) { state.formUnion(later) }

    /// The values in ascending order.
    @inlinable public func result(of state: Set<Element>, in window: WindowSpan) -> [Element] { state.sorted() }
}
