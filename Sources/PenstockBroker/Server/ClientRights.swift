public import PenstockEvents
public import PenstockFabric

/// How a client has introduced itself.
public struct ClientIntroduction: Sendable {
    /// What it calls itself.
    public let name: String
    /// The token that it shows; empty for none.
    public let token: String
    /// What tells it from other clients that show the same token.
    public let session: [UInt8]
    /// Where it connects from, and what the connection has proven.
    public let peer: FabricPeer
}

/// What the client of a connection may do with a topic. What is not allowed is denied.
public protocol ClientRights: Sendable {
    /// What the client is called in messages and in the audit.
    var client: String { get }

    /// When the connection is to end, because what was proven holds no longer; nil for never.
    var expires: Timestamp? { get }

    /// Whether the client may append to a topic.
    func mayProduce(to topic: String) -> Bool

    /// Whether the client may read a topic.
    func mayConsume(from topic: String) -> Bool

    /// Whether the client may create, change, truncate and delete a topic.
    func mayAdminister(topic: String) -> Bool

    /// Whether the client may consume as a group, and see or delete its positions.
    func mayUse(group: String) -> Bool
}

extension ClientRights {
    /// Never.
    public var expires: Timestamp? { nil }
}

/// Everything is allowed.
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
