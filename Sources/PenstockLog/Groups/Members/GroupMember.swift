/// How a consumer takes part in a group.
public struct GroupMember: Sendable, Hashable {
    /// The topics whose partitions it shares with the other members that name them; one that is not there is taken up
    /// when it is created through the same log or broker.
    public var topics: [String]
    /// The name under which it comes back: who joins under it within the session time-out has the same partitions, and
    /// nothing moves meanwhile. Nil for a member that is a new one each time.
    public var instance: String?
    /// How long a member whose connection has ended, or one with a name that has left, keeps its partitions.
    public var sessionTimeout: Duration
    /// How long it may take to give partitions back that are wanted; then they are lost to it.
    public var rebalanceTimeout: Duration

    /// A member.
    public init(
        topics: [String], instance: String? = nil, sessionTimeout: Duration = .seconds(10),
        rebalanceTimeout: Duration = .seconds(300)
    ) {
        self.topics = topics
        self.instance = instance
        self.sessionTimeout = sessionTimeout
        self.rebalanceTimeout = rebalanceTimeout
    }

    static let longestTimeout = Duration.seconds(24 * 3600)

    func validate() throws(LogError) {
        for (timeout, what) in [(sessionTimeout, "session"), (rebalanceTimeout, "rebalance")] {
            guard timeout >= .zero, timeout <= Self.longestTimeout else {
                throw LogError(
                    .invalidConfiguration, "a member of a group cannot have a \(what) time-out of \(timeout)",
                    hint: "choose one between zero and a day")
            }
        }
    }
}
