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
