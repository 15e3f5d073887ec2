public import PenstockEvents
internal import Synchronization

/// A wall clock that stands still until it is told otherwise.
public final class ManualClock: WallClock {
    private let time: Mutex<Timestamp>

    /// A clock that shows `start`.
    public init(_ start: Timestamp = Timestamp(nanoseconds: 0)) { time = Mutex(start) }

    /// The instant that the clock was set to.
    public func now() -> Timestamp { time.withLock { $0 } }

    /// Sets the clock; it may go backwards, as real ones do.
    public func set(_ now: Timestamp) { time.withLock { $0 = now } }

    /// Moves the clock by `nanoseconds`, which may be negative.
    public func advance(nanoseconds: Int64) {
        time.withLock { $0 = Timestamp(nanoseconds: $0.nanoseconds &+ nanoseconds) }
    }
}
