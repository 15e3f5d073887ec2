/// The events of a window with the largest or the smallest score.
///
/// A score that is not equal to itself, as NaN is, wins over all others, so that it is seen.
public struct ExtremeEvents<Value: Sendable, Score: Comparable & Sendable>: Aggregator {
    /// The events with the best score so far.
    public struct State: Sendable {
        /// The best score; nil before the first event.
        @usableFromInline var best: Score?
        @usableFromInline var events: [PlacedEvent<Value>] = []

        @inlinable init() {}

        /// Whether an event with this score cannot change the state.
        @inlinable @inline(__always) func excludes(_ score: Score, smallest: Bool) -> Bool {
            guard let best else { return false }
            return smallest ? best < score : score < best
        }
    }

    @usableFromInline let score: @Sendable (Value) -> Score
    @usableFromInline let smallest: Bool
    @usableFromInline let allTies: Bool

    /// Always: ties go by the place of the events.
    public var isOrderFree: Bool { true }

    /// The events for which `score` is largest, or smallest: all of them, or the first in canonical order.
    @inlinable public init(_ score: @escaping @Sendable (Value) -> Score, smallest: Bool, allTies: Bool) {
        self.score = score
        self.smallest = smallest
        self.allTies = allTies
    }

    /// No events.
    @inlinable public func makeState() -> State { State() }

    /// Takes the event if its score is not worse than the best.
    @inlinable public func add(_ value: Value, at place: EventPlace, to state: inout State) {
        let score = score(value)
        if state.excludes(score, smallest: smallest) { return }
        take(PlacedEvent(value, place), score, &state)
    }

    /// Takes the events of the other state if their score is not worse.
    @inlinable public func merge(_ later: State, into state: inout State) {
        guard let score = later.best, !state.excludes(score, smallest: smallest) else { return }
        for event in later.events { take(event, score, &state) }
    }

    /// The events in canonical order.
    @inlinable public func result(of state: State, in window: WindowSpan) -> [Value] { state.events.inOrder() }

    @usableFromInline func take(_ event: PlacedEvent<Value>, _ score: Score, _ state: inout State) {
        guard let best = state.best else {
            state.best = score
            state.events.append(event)
            return
        }
        let isTie = score == best || (score != score && best != best)
        let isBetter = smallest ? score < best : best < score
        if isBetter || (score != score && best == best) {
            state.best = score
            state.events.removeAll(keepingCapacity: true)
            state.events.append(event)
        } else if isTie, allTies {
            state.events.append(event)
        } else if isTie, event.place < state.events[0].place {
            state.events[0] = event
        }
    }
}

/// An event and its place in canonical order.
public struct PlacedEvent<Value: Sendable>: Sendable {
    /// The event.
    public let value: Value
    /// Its place.
    public let place: EventPlace

    /// An event at its place.
    @inlinable public init(_ value: Value, _ place: EventPlace) {
        self.value = value
        self.place = place
    }
}

extension Array {
    /// The events in canonical order.
    @inlinable func inOrder<Value>() -> [Value] where Element == PlacedEvent<Value> {
        var inOrder = true
        for k in indices.dropFirst() where self[k].place < self[k - 1].place { inOrder = false }
        return (inOrder ? self : sorted { $0.place < $1.place }).map(\.value)
    }
}

extension AggregateKernel {
    /// The kernel of the events with the largest or smallest score.
    @inlinable @inline(__always) public init<Value: Sendable, Score: Comparable & Sendable>(
        extreme score: @escaping @Sendable (Value) -> Score, smallest: Bool, allTies: Bool, name: String
    ) {
        let aggregator = ExtremeEvents(score, smallest: smallest, allTies: allTies)
        // The loop calls the author's closure itself, not by way of the aggregator, so that it becomes a part of the loop.
        self.init(aggregator, name: name) { rows, slots, states in
            let values = rows.values.assumingMemoryBound(to: Value.self)
            let states = states.assumingMemoryBound(to: ExtremeEvents<Value, Score>.State.self)
            return rows.forEach { k, row in
                let state = slots.map { states + Int($0[k]) } ?? states
                let score = score(values[row])
                if state.pointee.excludes(score, smallest: smallest) { return }
                aggregator.take(PlacedEvent(values[row], rows.place(row)), score, &state.pointee)
            }
        }
    }
}
