internal import PenstockEvents

/// One window for each key, which never closes by itself: a trigger says when it gives a row.
///
/// Events count in canonical order. At the end of input a key with events behind its last row gives one row more, which is not complete.
public struct GlobalWindows: Sendable {
    /// When a row is given.
    public enum Trigger: Sendable {
        /// After each so many events of the key.
        case count(Int)
        /// At the multiples of so many nanoseconds of event time, over the events up to there, if there are new ones.
        case interval(Int64)
        /// Behind each event that is kept by the filter.
        case marker(FilterKernel)
    }

    /// When a row is given.
    public let trigger: Trigger
    /// Whether a row is over the events behind the row before it only, and not over all.
    public let isPurging: Bool

    /// One window a key.
    public init(_ trigger: Trigger, isPurging: Bool) {
        self.trigger = trigger
        self.isPurging = isPurging
    }

    /// What is wrong with the numbers, or nil.
    var defect: String? {
        switch trigger {
        case .count(let number): number > 0 ? nil : "a trigger needs a positive number of events, not \(number)"
        case .interval(let interval):
            interval > 0 && interval <= TimeWindows.longest
                ? nil : "a trigger's interval must lie between 1 ns and 2^60 ns (36 years), but it is \(interval) ns"
        case .marker: nil
        }
    }

    /// The rule in words, for `explain`.
    var summary: String {
        let when =
            switch trigger {
            case .count(let number): "every \(number) events"
            case .interval(let interval): "every \(interval) ns"
            case .marker: "at each marker"
            }
        return "one window, a row \(when), \(isPurging ? "of the events since the last" : "of all events")"
    }
}
