/// A clock that only goes forward, from any instant on. It decides nothing but which partitions are idle.
package protocol RunClock: Sendable {
    /// The present instant.
    var nanoseconds: Int64 { get }
}

/// The machine's clock.
struct MonotonicClock: RunClock {
    private let start = ContinuousClock.now

    var nanoseconds: Int64 { (ContinuousClock.now - start).nanoseconds }
}
