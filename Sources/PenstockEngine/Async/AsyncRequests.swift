internal import PenstockEvents

/// How a stage asks something outside of the pipeline for each event: a service, a database, another program.
public struct AsyncRequests: Sendable, Hashable {
    /// In which order results leave the stage.
    public enum Order: String, Sendable, Hashable {
        /// In that of the events.
        case ordered
        /// As they come, but none passes a watermark in either direction.
        case unordered
    }

    /// The most requests that are on their way, or whose results wait for earlier ones; then the stage takes no further event.
    public var capacity: Int
    /// How long an attempt may take by the run's clock; nil for any time.
    public var timeout: Duration?
    /// What follows an attempt that failed or took too long.
    public var retries: Retries
    /// In which order results leave the stage.
    public var order: Order

    /// The capacity unless another one is given.
    public static let defaultCapacity = 16

    /// Requests.
    public init(
        capacity: Int = defaultCapacity, timeout: Duration? = nil, retries: Retries = .none, order: Order = .ordered
    ) {
        self.capacity = capacity
        self.timeout = timeout
        self.retries = retries
        self.order = order
    }

    /// The most requests that a stage may have on their way.
    static let largestCapacity = 65_536

    /// What is wrong with the numbers, or nil.
    var defect: String? {
        guard (1...Self.largestCapacity).contains(capacity) else {
            return
                "a capacity of \(capacity) requests is not possible: it must lie between 1 and \(Self.largestCapacity)"
        }
        if let timeout, timeout <= .zero || timeout.nanoseconds > TimeWindows.longest {
            return "its timeout must lie above 0 and be at most 2^60 ns (36 years)"
        }
        return retries.defect
    }

    /// The rule in words, for `explain`.
    var summary: String { "\(order.rawValue), at most \(capacity) at a time" }
}

/// How often and when something that failed is tried again.
public struct Retries: Sendable, Hashable {
    /// The most attempts behind the first one.
    package let count: Int
    private let first: Duration
    private let factor: Double
    private let longest: Duration

    /// One attempt only.
    public static let none = Retries(count: 0, first: .zero, factor: 1, longest: .zero)

    /// At most `count` further attempts, each `delay` behind the one that failed.
    public static func constant(_ count: Int, every delay: Duration) -> Retries {
        Retries(count: count, first: delay, factor: 1, longest: delay)
    }

    /// At most `count` further attempts: the first one `first` behind the failure, and each time `factor` times as long, up to `longest`.
    public static func exponential(
        _ count: Int, first: Duration = .milliseconds(100), factor: Double = 2, longest: Duration = .seconds(30)
    ) -> Retries {
        Retries(count: count, first: first, factor: factor, longest: longest)
    }

    /// How long to wait before the retry with this number, from 0, in nanoseconds.
    package func delay(before retry: Int) -> Int64 {
        var delay = Double(first.nanoseconds)
        let limit = Double(longest.nanoseconds)
        for _ in 0..<retry where delay < limit { delay *= factor }
        return Int64(min(delay, limit))
    }

    /// What is wrong with the numbers, or nil.
    var defect: String? {
        if count < 0 { return "\(count) retries are not possible" }
        for delay in [first, longest] where delay < .zero || delay.nanoseconds > TimeWindows.longest {
            return "the time between its retries must lie between 0 and 2^60 ns (36 years)"
        }
        return factor >= 1 && factor.isFinite ? nil : "the factor of its retries is \(factor), below 1"
    }
}

/// A request got no result in the attempts that it had.
struct RequestFailed: Error, CustomStringConvertible {
    let attempts: Int
    let error: any Error

    var description: String { attempts == 1 ? "\(error)" : "\(error), the last of \(attempts) attempts" }
}

/// An attempt took longer than it may.
struct RequestTimedOut: Error, CustomStringConvertible, Equatable {
    let timeout: Duration

    var description: String { "no result within \(timeout)" }
}
