internal import Dispatch
internal import PenstockEvents

/// The clock of the engine, which only goes forward, from any instant on. No result depends on it but those whose author asks for it, such
/// as windows over processing time, and which partitions are idle.
package protocol RunClock: Sendable {
    /// The present instant.
    var nanoseconds: Int64 { get }

    /// How many nanoseconds after 1970-01-01T00:00:00Z the clock's instant 0 was, so that an instant can be told as a time of day.
    var epoch: Int64 { get }

    /// Calls `body` once, on any thread, when the clock has come to an instant; soon where it has already.
    func call(at nanoseconds: Int64, _ body: @escaping @Sendable () -> Void)
}

extension RunClock {
    /// The beginning of 1970.
    var epoch: Int64 { 0 }

    /// The present instant as a time of day, which goes forward as evenly as the clock does.
    var timeOfDay: Int64 { epoch + nanoseconds }
}

/// The machine's clock.
struct MonotonicClock: RunClock {
    private let start = ContinuousClock.now

    let epoch = SystemWallClock().now().nanoseconds

    var nanoseconds: Int64 { (ContinuousClock.now - start).nanoseconds }

    func call(at instant: Int64, _ body: @escaping @Sendable () -> Void) {
        // A microsecond later, so that the clock has come that far also where the timer rounds down.
        let wait = max(instant - nanoseconds, 0) + 1_000
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(wait)), execute: body)
    }
}
