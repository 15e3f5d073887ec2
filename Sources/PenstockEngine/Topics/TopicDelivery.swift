/// How the rows of a sink get into a topic, so that each is there once whatever happens.
public enum TopicDelivery: String, Sendable, Hashable, CaseIterable {
    /// At once. Behind a restart the same rows come again in the same order, and those that the topic has already are passed over: for rows
    /// that a replay repeats.
    case repeatable
    /// In transactions: the rows between two checkpoints become visible together, over all partitions, when the second one is complete. For
    /// rows that may come out differently behind a restart. A run without checkpoints appends at once.
    case transactions
}
