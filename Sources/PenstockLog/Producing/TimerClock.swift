#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The clock of producers and consumers, as a seam: how long records linger, when to try again, when to commit. No
/// result depends on it.
public protocol TimerClock: Sendable {
    /// Nanoseconds since some moment in the past; never goes back.
    var nanoseconds: Int64 { get }

    /// Suspends until `nanoseconds` is at or behind `deadline`, or the task is cancelled.
    func sleep(until deadline: Int64) async
}

/// The system's clock that is never set.
public struct SystemTimerClock: TimerClock {
    /// The system's clock.
    public init() {}

    /// Nanoseconds by `CLOCK_MONOTONIC`.
    public var nanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Suspends the task; other tasks have its thread meanwhile.
    public func sleep(until deadline: Int64) async {
        while !Task.isCancelled {
            let now = nanoseconds
            guard now < deadline else { return }
            // In pieces: an instant far in the future is beyond what the system can sleep for.
            try? await Task.sleep(for: .nanoseconds(min(deadline - now, 3_600_000_000_000)))
        }
    }
}
