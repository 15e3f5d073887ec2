#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The time of day, as a seam: the log stamps batches with it, the fault simulator replaces it. No result depends on it.
public protocol WallClock: Sendable {
    /// The present instant. It may jump, also backwards.
    func now() -> Timestamp
}

/// The system's real-time clock.
public struct SystemWallClock: WallClock {
    /// The system's clock.
    public init() {}

    /// The present instant by `CLOCK_REALTIME`.
    public func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
