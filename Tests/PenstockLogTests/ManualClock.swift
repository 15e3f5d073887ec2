import PenstockEvents

/// A clock that stands until it is told the time.
final class ManualClock: WallClock {
    private let time: Guarded<Int64>

    init(seconds: Int64) { time = Guarded(seconds * 1_000_000_000) }

    func now() -> Timestamp { Timestamp(nanoseconds: time.withLock { $0 }) }

    func set(seconds: Int64) { time.withLock { $0 = seconds * 1_000_000_000 } }
}
