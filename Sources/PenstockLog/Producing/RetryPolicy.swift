internal import PenstockEvents

/// How often and for how long something that failed is tried again.
public struct RetryPolicy: Sendable, Hashable {
    /// How often it is tried again before it counts as failed; 0 for never. Progress begins the count anew.
    public var attempts: Int
    /// The wait before the first attempt; it doubles with each.
    public var backoff: Duration
    /// The longest wait between two attempts.
    public var longestBackoff: Duration
    /// How long after the first failure no new attempt begins.
    public var deadline: Duration

    /// A policy.
    public init(
        attempts: Int = 20, backoff: Duration = .milliseconds(20), longestBackoff: Duration = .seconds(2),
        deadline: Duration = .seconds(120)
    ) {
        self.attempts = attempts
        self.backoff = backoff
        self.longestBackoff = longestBackoff
        self.deadline = deadline
    }

    /// A failure is final at once.
    public static let never = RetryPolicy(attempts: 0)

    /// The wait before attempt `number`, from 1, in nanoseconds.
    func wait(before number: Int) -> Int64 {
        let doubled = backoff.nanoseconds.multipliedReportingOverflow(by: 1 << min(max(number - 1, 0), 30))
        return min(doubled.overflow ? .max : doubled.partialValue, longestBackoff.nanoseconds)
    }

    func validate(for object: String) throws(LogError) {
        guard attempts >= 0, backoff >= .zero, longestBackoff >= .zero, deadline >= .zero else {
            throw LogError(
                .invalidConfiguration, "\(object) cannot be tried again \(attempts) times or after less than no time",
                hint: "choose an attempts, backoff, longestBackoff and deadline of 0 or more")
        }
    }
}

/// The failures in a row of one thing that is tried again.
struct RetryState: Sendable {
    private(set) var failures = 0
    private var first: Int64 = 0

    /// Notes a failure; the moment of the next attempt, or nil where there is to be none.
    mutating func fail(at now: Int64, _ policy: RetryPolicy) -> Int64? {
        if failures == 0 { first = now }
        failures += 1
        let due = now.addingReportingOverflow(policy.wait(before: failures))
        guard failures <= policy.attempts, !due.overflow, due.partialValue - first <= policy.deadline.nanoseconds else {
            return nil
        }
        return due.partialValue
    }

    mutating func succeed() { failures = 0 }
}

extension LogError {
    /// Whether the same thing may go well later, over a new writer, reader or connection.
    var mayPass: Bool {
        switch code {
        case .producerFenced, .cancelled, .permissionDenied: false
        case .closed: true
        // What they say is set right by a new session of the producer.
        case .unknownProducer, .sequenceGap, .partlyWritten, .offsetMismatch: true
        default: category == .temporary || category == .unavailable || category == .inputOutput
        }
    }

    /// Whether it says that the batch did not get into the log, and would not in another attempt.
    var refusesBatch: Bool { code == .invalidBatch }

    /// Whether it says that nothing was appended.
    var provesNothingWritten: Bool {
        switch code {
        case .closed, .transactionOpen, .partitionOwned, .invalidBatch, .unknownProducer, .sequenceGap,
            .offsetMismatch:
            true
        default: false
        }
    }
}
