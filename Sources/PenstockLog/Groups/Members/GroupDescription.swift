/// Who consumes as a group, and what each has.
public struct GroupDescription: Sendable, Hashable {
    /// A member.
    public struct Member: Sendable, Hashable {
        /// What tells it from the others.
        public let id: String
        /// What its program calls itself.
        public let client: String
        /// The name under which it comes back; nil for none.
        public let instance: String?
        /// The topics that it shares.
        public let topics: [String]
        /// The partitions that it has, by topic and number.
        public let partitions: [TopicPartition]
        /// Those of them that it is giving back.
        public let leaving: [TopicPartition]
        /// Whether it is connected; one that is not is waited for.
        public let isConnected: Bool

        /// A member.
        public init(
            id: String, client: String, instance: String?, topics: [String], partitions: [TopicPartition],
            leaving: [TopicPartition], isConnected: Bool
        ) {
            self.id = id
            self.client = client
            self.instance = instance
            self.topics = topics
            self.partitions = partitions
            self.leaving = leaving
            self.isConnected = isConnected
        }
    }

    /// The group's name.
    public let group: String
    /// Counts the changes of who has what.
    public let generation: UInt64
    /// The members, in the order in which they came; none where nobody consumes as this group, or one owner has all of
    /// it.
    public let members: [Member]

    /// A description.
    public init(group: String, generation: UInt64, members: [Member]) {
        self.group = group
        self.generation = generation
        self.members = members
    }
}
