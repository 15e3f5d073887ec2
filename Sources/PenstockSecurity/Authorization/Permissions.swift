/// What an identity may do: nothing but what one of its scopes grants.
public struct Permissions: Sendable, Hashable, CustomStringConvertible {
    /// The most scopes that an identity can have.
    public static let scopesMax = 64

    /// What can be done to a topic.
    public enum Action: String, Sendable, Hashable {
        /// To append records.
        case produce = "produce"
        /// To read records, and to move the positions of groups.
        case consume = "consume"
        /// To create, change and delete it.
        case administer = "administer"
    }

    /// Nothing is allowed.
    public static let none = Permissions(checked: [])

    /// The scopes, in the order in which they were given.
    public let scopes: [Scope]

    /// What these scopes grant.
    /// - Throws: `SecurityError` with code `invalidScope` where there are more than `scopesMax`.
    public init(_ scopes: [Scope]) throws(SecurityError) {
        guard scopes.count <= Self.scopesMax else {
            throw SecurityError(
                .invalidScope, "\(scopes.count) scopes are more than the \(Self.scopesMax) that an identity can have",
                hint: "use patterns that mean several topics")
        }
        self.init(checked: scopes)
    }

    /// What the scopes of a text grant, which single spaces separate (RFC 8693, section 4.2); an empty one grants
    /// nothing.
    /// - Throws: `SecurityError` with code `invalidScope`.
    public init(parsing text: String) throws(SecurityError) {
        // One more than there may be is enough to tell that there are too many.
        let words = text.utf8.split(
            separator: UInt8(ascii: " "), maxSplits: Self.scopesMax + 1, omittingEmptySubsequences: false)
        guard !text.isEmpty else {
            self = .none
            return
        }
        guard words.count <= Self.scopesMax else {
            throw SecurityError(
                .invalidScope, "there are more than the \(Self.scopesMax) scopes that an identity can have",
                hint: "use patterns that mean several topics")
        }
        var scopes: [Scope] = []
        for word in words { scopes.append(try Scope(String(decoding: word, as: UTF8.self))) }
        self.init(checked: scopes)
    }

    private init(checked scopes: [Scope]) { self.scopes = scopes }

    /// Whether the action is allowed on the topic.
    ///
    /// The topics that the log keeps for itself nobody may append to or change; who has `admin` may read them. A text
    /// that cannot be the name of a topic is never allowed anything.
    public func allows(_ action: Action, topic: String) -> Bool {
        guard TopicPattern.isName(topic) else { return false }
        if TopicPattern.isInternal(topic) { return action == .consume && allowsAdministration }
        return scopes.contains { scope in
            switch (scope, action) {
            case (.produce(let pattern), .produce), (.consume(let pattern), .consume): pattern.matches(topic)
            case (.admin, .administer): true
            default: false
            }
        }
    }

    /// Whether what is about no single topic is allowed: to see and to change how the server runs.
    public var allowsAdministration: Bool { scopes.contains(.admin) }

    /// The scopes as they are written in a token.
    public var description: String { scopes.map(\.description).joined(separator: " ") }
}
