internal import PenstockEvents
internal import PenstockFabric
public import PenstockLog
public import PenstockSecurity

/// Decides who may use a broker, and for what: its owner for everything, whoever an authenticator knows for what it says, nobody else.
public struct BrokerAccess: Sendable {
    private let owner: OwnerToken?
    private let authenticator: Authenticator?

    /// - Parameters:
    ///   - owner: The secret that allows everything; nil where there is none.
    ///   - authenticator: Knows tokens and certificates; nil where nobody but the owner may come.
    public init(owner: OwnerToken?, authenticator: Authenticator? = nil) {
        self.owner = owner
        self.authenticator = authenticator
    }

    /// What a client may do.
    /// - Throws: `LogError` with code `notAllowed` where nothing says who it is.
    public func rights(of client: ClientIntroduction) throws(LogError) -> any ClientRights {
        if let owner, owner.isSame(client.token) { return AllRights(client: "the owner's \(client.name)") }
        guard let authenticator else {
            throw LogError(
                .notAllowed,
                client.token.isEmpty
                    ? "\(client.name) shows no token" : "\(client.name) shows a token that this broker does not know",
                hint: "set PENSTOCK_TOKEN_FILE to the file that the broker wrote when it began")
        }
        do throws(SecurityError) {
            let identity = try authenticator.identify(
                token: client.token, certificate: client.peer.identity, session: SessionKey(client.session))
            return IdentityRights(identity, client.name)
        } catch {
            throw LogError(.notAllowed, error.summary, hint: error.hint)
        }
    }
}

/// What an identity may do, by its scopes.
private struct IdentityRights: ClientRights {
    let client: String
    private let identity: Identity

    init(_ identity: Identity, _ name: String) {
        self.identity = identity
        client = "\(identity), \(name)"
    }

    var expires: Timestamp? { identity.expires }

    func mayProduce(to topic: String) -> Bool { identity.permissions.allows(.produce, topic: topic) }
    func mayConsume(from topic: String) -> Bool { identity.permissions.allows(.consume, topic: topic) }
    func mayAdminister(topic: String) -> Bool { identity.permissions.allows(.administer, topic: topic) }

    /// Whoever may consume something, and may write down how far.
    func mayUse(group: String) -> Bool {
        identity.permissions.allowsAdministration
            || identity.permissions.scopes.contains { if case .consume = $0 { true } else { false } }
    }
}
