public import PenstockEvents

/// A wall clock that stands still until it is told otherwise.
public final class ManualClock: WallClock {
    private struct State {
        var time: Timestamp
        /// What is to be done when the clock has come to an instant.
        var calls: [(instant: Int64, body: @Sendable () -> Void)] = []

        mutating func takeDue() -> [@Sendable () -> Void] {
            let now = time.nanoseconds
            defer { calls.removeAll { $0.instant <= now } }
            // Those of one instant in the order in which they were asked for.
            return calls.enumerated().filter { $0.element.instant <= now }
                .sorted { ($0.element.instant, $0.offset) < ($1.element.instant, $1.offset) }.map(\.element.body)
        }
    }

    private let state: Guarded<State>

    /// A clock that shows `start`.
    public init(_ start: Timestamp = Timestamp(nanoseconds: 0)) { state = Guarded(State(time: start)) }

    /// The instant that the clock was set to.
    public func now() -> Timestamp { state.withLock { $0.time } }

    /// Sets the clock; it may go backwards, as real ones do.
    public func set(_ now: Timestamp) {
        let due = state.withLock { state in
            state.time = now
            return state.takeDue()
        }
        for call in due { call() }
    }

    /// Moves the clock by `nanoseconds`, which may be negative.
    public func advance(nanoseconds: Int64) { set(Timestamp(nanoseconds: now().nanoseconds &+ nanoseconds)) }

    /// Calls `body` once, when the clock has come to an instant; at once where it has already.
    package func call(at nanoseconds: Int64, _ body: @escaping @Sendable () -> Void) {
        let due = state.withLock { state in
            state.calls.append((nanoseconds, body))
            return state.takeDue()
        }
        for call in due { call() }
    }

    /// The next instant at which something is to be done, or nil.
    var nextCall: Int64? { state.withLock { $0.calls.map(\.instant).min() } }
}
