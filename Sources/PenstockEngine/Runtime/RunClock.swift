internal import Dispatch

/// The clock of the engine, which only goes forward, from any instant on. No result depends on it but those whose author asks for it, such
/// as windows over processing time, and which partitions are idle.
protocol RunClock: Sendable {
    /// The present instant.
    var nanoseconds: Int64 { get }

    /// Calls `body` once, on any thread, when the clock has come to an instant; soon where it has already.
    func call(at nanoseconds: Int64, _ body: @escaping @Sendable () -> Void)
}

/// The machine's clock.
struct MonotonicClock: RunClock {
    private let start = ContinuousClock.now

    var nanoseconds: Int64 { (ContinuousClock.now - start).nanoseconds }

    func call(at instant: Int64, _ body: @escaping @Sendable () -> Void) {
        // A microsecond later, so that the clock has come that far also where the timer rounds down.
        let wait = max(instant - nanoseconds, 0) + 1_000
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(wait)), execute: body)
    }
}
