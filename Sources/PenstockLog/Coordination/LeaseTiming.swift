/// For how long a claim holds without a sign of life, and how long others wait beyond that. All processes of one coordinator use the same.
public struct LeaseTiming: Sendable, Hashable {
    /// The shortest lease that can be asked for.
    public static let shortestLease = Duration.milliseconds(100)
    /// The longest.
    public static let longestLease = Duration.seconds(3600)
    /// Signs of life within one lease.
    static let renewalsPerLease = 4

    /// How long a holder may act after the beginning of its last successful renewal.
    public var lease: Duration
    /// How much longer than the lease others wait before they take over: for clocks that run at different rates, and for file systems that
    /// show a change late.
    public var margin: Duration
    /// How often a back-end that cannot be told of changes looks for them.
    public var pollInterval: Duration

    /// - Parameters:
    ///   - margin: half of the lease where it is nil.
    ///   - pollInterval: a tenth of the lease, and at most a second, where it is nil.
    public init(lease: Duration = .seconds(10), margin: Duration? = nil, pollInterval: Duration? = nil) {
        self.lease = lease
        self.margin = margin ?? lease / 2
        self.pollInterval = pollInterval ?? min(lease / 10, .seconds(1))
    }

    /// The time between two signs of life.
    package var renewalInterval: Duration { lease / Self.renewalsPerLease }

    /// - Throws: `CoordinatorError` with code `invalidConfiguration`.
    package func validate() throws(CoordinatorError) {
        guard lease >= Self.shortestLease, lease <= Self.longestLease, margin >= .zero, margin <= Self.longestLease,
            pollInterval > .zero
        else {
            throw CoordinatorError(
                .invalidConfiguration, "a lease of \(lease) with a margin of \(margin) cannot be kept",
                hint: "a lease lasts from \(Self.shortestLease) to \(Self.longestLease), the margin at most as long")
        }
    }
}
