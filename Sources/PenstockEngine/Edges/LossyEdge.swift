/// An edge on which the sender never waits: where the receiver does not keep up, the oldest events are dropped and counted.
///
/// Watermarks, barriers, records of scans and the end are never dropped. They keep their order among each other, and among the events that
/// are left; only barriers pass by events that wait, which are then in no checkpoint. Where the newest event is taken first, time goes on with
/// it, and an older one that is taken behind it is behind.
public struct LossyEdge: Sendable, Hashable {
    /// The most keys of which an event waits, unless said otherwise.
    public static let defaultKeyLimit = 10_000

    /// How many events wait at most; of each key there is one where `isPerKey`.
    public let capacity: Int
    /// The least time between two events, of the same key where `isPerKey`, by the run's clock, in nanoseconds; nil for none.
    public let interval: Int64?
    /// Whether a newer event replaces the one of its key, instead of the oldest one.
    public let isPerKey: Bool
    /// Whether the newest event that waits is given out first, instead of the oldest.
    public let isNewestFirst: Bool

    private init(capacity: Int, interval: Int64? = nil, isPerKey: Bool = false, isNewestFirst: Bool = false) {
        self.capacity = capacity
        self.interval = interval
        self.isPerKey = isPerKey
        self.isNewestFirst = isNewestFirst
    }

    /// Holds the latest event, and gives out at most one in each interval.
    public static func latest(every interval: Int64? = nil) -> LossyEdge {
        LossyEdge(capacity: 1, interval: interval)
    }

    /// Holds the latest event of each of at most `keyLimit` keys, and gives out at most one of each in each interval.
    public static func latestPerKey(every interval: Int64? = nil, keyLimit: Int = defaultKeyLimit) -> LossyEdge {
        LossyEdge(capacity: keyLimit, interval: interval, isPerKey: true)
    }

    /// Holds the latest `capacity` events, and gives them out in order.
    public static func dropOldest(capacity: Int) -> LossyEdge {
        LossyEdge(capacity: capacity)
    }

    /// Holds the latest `capacity` events, and gives out the newest of them first, one at a time.
    public static func newestFirst(capacity: Int) -> LossyEdge {
        LossyEdge(capacity: capacity, isNewestFirst: true)
    }

    /// What is wrong with the numbers, or nil.
    var defect: String? {
        if capacity <= 0 { return "at least one \(isPerKey ? "key" : "event") has to be kept" }
        if let interval, interval <= 0 { return "the interval must be positive" }
        if let interval, interval > TimeWindows.longest { return "the interval is longer than 2^60 ns (36 years)" }
        return nil
    }

    /// The policy in words, for `explain`.
    var summary: String {
        let events =
            isPerKey
            ? "the latest event of each of at most \(capacity) keys"
            : capacity == 1 ? "the latest event" : "the latest \(capacity) events"
        let order = isNewestFirst ? ", the newest first" : ""
        return events + order + (interval.map { ", at most one every \(Double($0) / 1e9) s" } ?? "")
    }
}
