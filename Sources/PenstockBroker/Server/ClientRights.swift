/// What the client of a connection may do with a topic. What is not allowed is denied.
public protocol ClientRights: Sendable {
    /// What the client is called in messages and in the audit topic.
    var client: String { get }

    /// Whether the client may append to a topic.
    func mayProduce(to topic: String) -> Bool

    /// Whether the client may read a topic.
    func mayConsume(from topic: String) -> Bool

    /// Whether the client may create, change, truncate and delete a topic.
    func mayAdminister(topic: String) -> Bool

    /// Whether the client may consume as a group, and see or delete its positions.
    func mayUse(group: String) -> Bool
}

/// Everything is allowed: for clients of the same process.
public struct AllRights: ClientRights {
    /// What the client is called.
    public let client: String

    /// All rights for whoever is called this.
    public init(client: String) { self.client = client }

    /// Always.
    public func mayProduce(to topic: String) -> Bool { true }
    /// Always.
    public func mayConsume(from topic: String) -> Bool { true }
    /// Always.
    public func mayAdminister(topic: String) -> Bool { true }
    /// Always.
    public func mayUse(group: String) -> Bool { true }
}
