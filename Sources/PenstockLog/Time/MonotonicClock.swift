#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// An instant of a clock that only goes forward. Two of them compare only where they are of the same clock of the same machine.
public struct MonotonicInstant: Sendable, Hashable, Comparable {
    /// Nanoseconds since a moment that differs between machines.
    public let nanoseconds: Int64

    /// The instant so many nanoseconds behind the clock's zero.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// By time.
    public static func < (a: MonotonicInstant, b: MonotonicInstant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The instant that lies `duration` behind this one; the last one that there is where that is further than the clock counts.
    public static func + (instant: MonotonicInstant, duration: Duration) -> MonotonicInstant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return MonotonicInstant(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// The time from one instant to a later one; negative where it is an earlier one.
    public static func - (later: MonotonicInstant, earlier: MonotonicInstant) -> Duration {
        .nanoseconds(later.nanoseconds) - .nanoseconds(earlier.nanoseconds)
    }
}

/// The time by which everything waits: leases, deadlines, silence, lingering, retries. A seam: tests move it by hand, and simulations let it
/// jump from one event to the next.
///
/// It counts on while the machine sleeps and is never set. The time of day plays no part in what waits.
public protocol MonotonicClock: Sendable {
    /// The present instant.
    func now() -> MonotonicInstant
    /// Suspends until the clock has come to `instant`, or throws `CancellationError` when the task is cancelled.
    func sleep(until instant: MonotonicInstant) async throws
    /// Calls `body` once when the clock has come to `instant`, also where every thread of Swift concurrency is busy. It must not block.
    func call(at instant: MonotonicInstant, _ body: @escaping @Sendable () -> Void)
}

extension MonotonicClock {
    /// Calls `body` in a task that sleeps until `instant`.
    public func call(at instant: MonotonicInstant, _ body: @escaping @Sendable () -> Void) {
        Task { if (try? await sleep(until: instant)) != nil { body() } }
    }

    /// Calls `body` every `pause` until it returns false. It must not block.
    package func call(every pause: Duration, _ body: @escaping @Sendable () -> Bool) {
        call(at: now() + pause) { if body() { call(every: pause, body) } }
    }

    /// Suspends for a time, or until the task is cancelled.
    package func sleep(for pause: Duration) async { try? await sleep(until: now() + pause) }

    /// The present instant as a number.
    var nanoseconds: Int64 { now().nanoseconds }

    /// Suspends until an instant that is given as a number, or the task is cancelled.
    func sleep(until nanoseconds: Int64) async { try? await sleep(until: MonotonicInstant(nanoseconds: nanoseconds)) }
}

/// The system's clock since its start, with the time for which the machine was suspended.
public struct SystemMonotonicClock: MonotonicClock {
    /// The system's clock.
    public init() {}

    /// The present instant by `CLOCK_BOOTTIME`.
    public func now() -> MonotonicInstant {
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_BOOTTIME, &time)
        #else
            clock_gettime(CLOCK_MONOTONIC, &time)
        #endif
        return MonotonicInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Suspends until `instant`.
    public func sleep(until instant: MonotonicInstant) async throws {
        while true {
            try Task.checkCancellation()
            let rest = instant - now()
            if rest <= .zero { return }
            await Pulse.sleep(for: rest)
        }
    }

    /// Calls `body` on a thread that does nothing else than such calls.
    public func call(at instant: MonotonicInstant, _ body: @escaping @Sendable () -> Void) {
        Pulse.after(instant - now(), body)
    }
}
