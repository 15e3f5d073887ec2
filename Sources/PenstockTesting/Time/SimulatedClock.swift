internal import PenstockEvents
public import PenstockLog

/// The time of a simulation: it stands while anything is to be done, and jumps to the next moment for which something was asked.
public struct SimulatedClock: MonotonicClock {
    let scheduler: SimulatedScheduler
    let process: String

    /// The present instant.
    public func now() -> MonotonicInstant { MonotonicInstant(nanoseconds: scheduler.nanoseconds) }

    /// Suspends until the clock has come to `instant`, or throws `CancellationError` when the task is cancelled.
    public func sleep(until instant: MonotonicInstant) async throws {
        let isOver = Latch<Bool>()
        scheduler.call(at: instant.nanoseconds, of: process) { isOver.set(true) }
        _ = await isOver.wait()
        try Task.checkCancellation()
    }

    /// Calls `body` once when the clock has come to `instant`.
    public func call(at instant: MonotonicInstant, _ body: @escaping @Sendable () -> Void) {
        scheduler.call(at: instant.nanoseconds, of: process, body)
    }
}
