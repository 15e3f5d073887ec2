public import PenstockEvents

/// What a token says: who may do what, at which server, and until when.
public struct TokenClaims: Sendable, Hashable {
    /// Who it is (`sub`).
    public let subject: String
    /// The server it is for (`aud`).
    public let audience: String
    /// What the subject may do there (`scope`).
    public let permissions: Permissions
    /// When it was issued (`iat`), in whole seconds.
    public let issued: Timestamp
    /// From when on it is refused (`exp`), in whole seconds.
    public let expires: Timestamp
    /// Its own id (`jti`).
    public let id: String

    /// The claims of a new token with an id of 128 random bits.
    /// - Parameters:
    ///   - issued: the present instant; it counts from the whole second before.
    ///   - lifetime: for how long it is good, in whole seconds: 1 s to 24 h.
    /// - Throws: `SecurityError` with code `invalidSubject`, `invalidRequest` or `lifetimeTooLong`.
    public init(
        subject: String, audience: String, permissions: Permissions, issued: Timestamp, lifetime: Duration
    ) throws(SecurityError) {
        if let problem = PrintableName.problem(of: subject) {
            throw SecurityError(
                .invalidSubject, "\(SecurityError.quoted(subject)) cannot be a subject: \(problem)",
                hint: PrintableName.hint)
        }
        if let problem = PrintableName.problem(of: audience) {
            throw SecurityError(
                .invalidRequest, "\(SecurityError.quoted(audience)) cannot be an audience: \(problem)",
                hint: "name the id of the server that the token is for")
        }
        guard lifetime <= TokenVerifier.lifetimeMax else {
            throw SecurityError(
                .lifetimeTooLong, "a token may be good for 24 h, and not for longer",
                hint: "issue a new one before it runs out")
        }
        let start = NumericDate.floor(issued)
        let end = Timestamp(nanoseconds: start.nanoseconds + NumericDate.floor(lifetime))
        guard lifetime >= .seconds(1), NumericDate.isPossible(start), NumericDate.isPossible(end) else {
            throw SecurityError(
                .invalidRequest, "a token has to be good for a second at least, and to end before 2106",
                hint: "say for how long, for example 12h")
        }
        self.subject = subject
        self.audience = audience
        self.permissions = permissions
        self.issued = start
        expires = end
        id = Base64URL.encode((0..<16).map { _ in UInt8.random(in: 0 ... .max) })
    }

    /// The claims as JSON.
    var json: JSON {
        .members([
            "sub": .text(subject), "aud": .text(audience), "iat": NumericDate.json(issued),
            "exp": NumericDate.json(expires), "jti": .text(id), "scope": .text(permissions.description),
        ])
    }
}
