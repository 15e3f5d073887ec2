internal import PenstockEvents

/// How a consumer takes part in a group.
public struct GroupMember: Sendable, Hashable {
    /// The topics whose partitions it shares with the other members that name them; one that is not there is taken up
    /// when it is created.
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

/// The bounds of what a group of members holds.
public struct GroupLimits: Sendable, Hashable {
    /// Members of one group, those included that are waited for.
    public var membersPerGroup = 1_000
    /// Topics of one member.
    public var topicsPerMember = 1_000
    /// Partitions of all topics of a group.
    public var partitionsPerGroup = 65_536
    /// Bytes of the name of an instance, and of what a member is called.
    public var nameBytes = 200

    /// The default limits.
    public init() {}
}

/// A consumer's wish to be a member, which it repeats where its connection was lost.
package struct JoinRequest: Sendable, Hashable {
    /// Chosen by the consumer at random: who joins under it again is the same member.
    package let id: String
    /// What the program calls itself.
    package let client: String
    package let member: GroupMember
    /// Whether it was a member before. Who returns and finds somebody else under its name has been replaced.
    package var isReturning: Bool

    package init(id: String, client: String, member: GroupMember, isReturning: Bool = false) {
        self.id = id
        self.client = client
        self.member = member
        self.isReturning = isReturning
    }

    /// An id that nobody else has.
    package static func newID() -> String {
        (0..<2).map { _ in String(UInt64.random(in: 1 << 60...UInt64.max), radix: 16) }.joined()
    }
}
