public import PenstockEvents

/// Tells whether a token is good, and whose it is: a JSON Web Token (RFC 7519) that a trusted key has signed, with
/// Ed25519 or ES256, for this server, for no longer than a day.
///
/// A token that fails is refused at the first of: its length, its form, its algorithm, its key, its signature, its
/// claims. Nothing that it claims is looked at before its signature. What is left to do is to see that nobody else has
/// shown it: `TokenRegistry`.
public struct TokenVerifier: Sendable {
    /// The most bytes of a token.
    public static let tokenBytesMax = 4096
    /// For how long a token can be good: from `iat` to `exp`.
    public static let lifetimeMax: Duration = .seconds(86_400)
    /// How far the clock of the issuer may be ahead of this server's. A token is never good for longer because of it.
    public static let clockSkewMax: Duration = .seconds(30)
    /// The most servers that one token can be for.
    public static let audiencesMax = 16

    private let keys: TokenKeys
    private let audience: String

    /// A verifier of tokens for one server.
    /// - Parameters:
    ///   - keys: those that are trusted to issue tokens with any scope.
    ///   - audience: the server's id, which a token has to name (`aud`).
    /// - Throws: `SecurityError` with code `invalidRequest` where the id is none.
    public init(keys: TokenKeys, audience: String) throws(SecurityError) {
        if let problem = PrintableName.problem(of: audience) {
            throw SecurityError(
                .invalidRequest, "\(SecurityError.quoted(audience)) cannot be a server's id: \(problem)",
                hint: PrintableName.hint)
        }
        self.keys = keys
        self.audience = audience
    }

    /// Whose token it is.
    /// - Parameter now: the present instant by the server's clock.
    /// - Throws: `SecurityError` with code `tooLong`, `malformed`, `forbiddenAlgorithm`, `unknownKey`, `badSignature`,
    ///   `missingClaim`, `wrongAudience`, `lifetimeTooLong`, `notYetValid`, `expired`, `invalidSubject` or
    ///   `invalidScope`.
    public func verify(_ token: [UInt8], at now: Timestamp) throws(SecurityError) -> Identity {
        let token = try CompactToken(token)
        guard let key = keys[token.keyID] else {
            throw SecurityError(
                .unknownKey,
                "the token was signed with the key \(SecurityError.quoted(token.keyID)), which is not trusted",
                hint: "add the public half of the key to the server's file of keys")
        }
        // A key is for one algorithm, whatever a token says.
        guard key.algorithm == token.algorithm else {
            throw SecurityError(
                .forbiddenAlgorithm,
                "the token is signed by \(token.algorithm.rawValue), and its key is for \(key.algorithm.rawValue)",
                hint: "use a token of `penstock token issue`")
        }
        guard key.isSignature(token.signature, of: token.signed) else {
            throw SecurityError(
                .badSignature, "the token's signature is not that of the key \(SecurityError.quoted(token.keyID))",
                hint: "it was changed on its way, or signed with another key of the same id")
        }
        guard let claims = UniqueMembers(parsing: token.claims) else {
            throw CompactToken.malformed("its claims are no object of JSON")
        }
        try checkAudience(claims)
        let expires = try Self.checkTimes(claims, at: now)
        return try Identity(
            subject: Self.name("sub", claims), proof: .token(id: Self.name("jti", claims)),
            permissions: Self.permissions(claims), expires: expires)
    }

    /// Whose token it is.
    /// - Throws: `SecurityError` as of bytes.
    public func verify(_ token: String, at now: Timestamp) throws(SecurityError) -> Identity {
        try verify(Array(token.utf8), at: now)
    }

    private func checkAudience(_ claims: UniqueMembers) throws(SecurityError) {
        let names: [JSON] =
            switch claims["aud"] {
            case .text(let name)?: [.text(name)]
            case .array(let names)? where names.count <= Self.audiencesMax: names
            case nil: throw Self.missing("aud")
            default: throw CompactToken.malformed("its audience is neither a text nor a short list of texts")
            }
        // By bytes: as strings a K and the sign of Kelvin are the same.
        guard names.contains(where: { $0.string?.utf8.elementsEqual(audience.utf8) == true }) else {
            throw SecurityError(
                .wrongAudience, "the token is not for this server, \(audience)",
                hint: "issue one with --audience \(audience)")
        }
    }

    /// When the token ends, where it is good now.
    private static func checkTimes(_ claims: UniqueMembers, at now: Timestamp) throws(SecurityError) -> Timestamp {
        guard let issued = try time("iat", claims) else { throw missing("iat") }
        guard let expires = try time("exp", claims) else { throw missing("exp") }
        guard issued < expires else { throw CompactToken.malformed("it ends before it begins") }
        guard expires.nanoseconds - issued.nanoseconds <= lifetimeMax.nanoseconds else {
            throw SecurityError(
                .lifetimeTooLong, "the token would be good for longer than 24 h", hint: "issue one that ends earlier")
        }
        let start = max(issued, try time("nbf", claims) ?? issued)
        guard start.nanoseconds - clockSkewMax.nanoseconds <= now.nanoseconds else {
            throw SecurityError(
                .notYetValid, "the token is not good before \(start.iso8601)",
                hint: "compare the clocks of its issuer and of this server")
        }
        guard now < expires else {
            throw SecurityError(.expired, "the token has expired at \(expires.iso8601)", hint: "issue a new one")
        }
        return expires
    }

    private static func permissions(_ claims: UniqueMembers) throws(SecurityError) -> Permissions {
        switch claims["scope"] {
        case nil: .none
        case .text(let scopes)?: try Permissions(parsing: scopes)
        default: throw CompactToken.malformed("its scope is no text")
        }
    }

    private static func time(_ name: String, _ claims: UniqueMembers) throws(SecurityError) -> Timestamp? {
        guard let value = claims[name] else { return nil }
        guard let time = NumericDate.timestamp(value) else {
            throw CompactToken.malformed("its \(name) is no whole number of seconds since 1970")
        }
        return time
    }

    private static func name(_ name: String, _ claims: UniqueMembers) throws(SecurityError) -> String {
        guard let value = claims[name] else { throw missing(name) }
        guard let text = value.string, PrintableName.problem(of: text) == nil else {
            throw CompactToken.malformed("its \(name) is no name; \(PrintableName.hint)")
        }
        return text
    }

    private static func missing(_ name: String) -> SecurityError {
        SecurityError(
            .missingClaim, "the token does not say its \(name)", hint: "use a token of `penstock token issue`")
    }
}
