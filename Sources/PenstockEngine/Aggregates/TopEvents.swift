/// The events of a window with the largest scores, the largest first; ties by canonical order.
///
/// A score that is not equal to itself, as NaN is, is larger than all others, so that it is seen.
public struct TopEvents<Value: Sendable, Score: Comparable & Sendable>: Aggregator {
    /// The best events so far, the best first.
    public struct State: Sendable {
        @usableFromInline var events: [Entry] = []

        @inlinable init() {}
    }

    @usableFromInline struct Entry: Sendable {
        @usableFromInline let score: Score
        @usableFromInline let event: PlacedEvent<Value>

        @inlinable init(_ score: Score, _ event: PlacedEvent<Value>) {
            self.score = score
            self.event = event
        }

        /// Whether this entry stands before the other.
        @inlinable func precedes(_ other: Entry) -> Bool {
            let (isNaN, otherIsNaN) = (score != score, other.score != other.score)
            if isNaN != otherIsNaN { return isNaN }
            if !isNaN, score != other.score { return score > other.score }
            return event.place < other.event.place
        }
    }

    @usableFromInline let count: Int
    @usableFromInline let score: @Sendable (Value) -> Score

    /// Always: ties go by the place of the events.
    public var isOrderFree: Bool { true }

    /// The `count` events for which `score` is largest.
    @inlinable public init(_ count: Int, _ score: @escaping @Sendable (Value) -> Score) {
        self.count = count
        self.score = score
    }

    /// No events.
    @inlinable public func makeState() -> State { State() }

    /// Puts the event in its place among the best, if it is one of them.
    @inlinable public func add(_ value: Value, at place: EventPlace, to state: inout State) {
        let score = score(value)
        if state.events.count == count, let last = state.events.last, score < last.score { return }
        insert(Entry(score, PlacedEvent(value, place)), &state)
    }

    /// Puts the events of the other state in their places.
    @inlinable public func merge(_ later: State, into state: inout State) {
        for entry in later.events { insert(entry, &state) }
    }

    /// The events, the best first.
    @inlinable public func result(of state: State, in window: WindowSpan) -> [Value] {
        state.events.map(\.event.value)
    }

    @usableFromInline func insert(_ entry: Entry, _ state: inout State) {
        guard count > 0 else { return }
        if state.events.count == count {
            guard let last = state.events.last, entry.precedes(last) else { return }
            state.events.removeLast()
        }
        var (low, high) = (0, state.events.count)
        while low < high {
            let middle = (low + high) / 2
            if state.events[middle].precedes(entry) { low = middle + 1 } else { high = middle }
        }
        state.events.insert(entry, at: low)
    }
}
