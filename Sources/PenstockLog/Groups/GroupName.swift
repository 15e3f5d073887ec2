/// The rules for names of consumer groups: those of topics, and so short that the name of the group's own topic is one as well.
enum GroupName {
    /// What the name of a group's topic begins with.
    static let topicPrefix = TopicName.internalPrefix + "positions."
    static let longest = TopicName.longest - topicPrefix.utf8.count

    static func validate(_ name: String) throws(LogError) {
        let problem = name.utf8.count > longest ? "it has \(name.utf8.count) bytes" : TopicName.problem(of: name)
        guard let problem else { return }
        throw LogError(
            .invalidConfiguration, "\(TopicName.quoted(name)) cannot be the name of a consumer group: \(problem)",
            hint: "use 1 to \(longest) letters, digits, '.', '_' and '-', and no dot at the beginning")
    }

    /// The topic that holds the positions of a group.
    static func topic(of group: String) -> String { topicPrefix + group }

    /// The group whose positions a topic holds; nil where it is another topic.
    static func group(of topic: String) -> String? {
        topic.hasPrefix(topicPrefix) ? String(topic.dropFirst(topicPrefix.count)) : nil
    }
}

extension TopicPartition {
    /// The partition that holds the positions of a group: who owns the one owns the other.
    package init(positionsOf group: String) { self.init(GroupName.topic(of: group)) }
}
