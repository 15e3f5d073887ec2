internal import PenstockEvents

extension TokenSigningKey {
    /// A signed token with these claims (JWS compact serialization). Whoever has it is the subject until it expires: it
    /// belongs into a file that only its owner can read, and never into an argument.
    /// - Throws: `SecurityError` with code `tooLong` where the claims have too many scopes for a token.
    public func token(_ claims: TokenClaims) throws(SecurityError) -> String {
        let header = JSON.members(["alg": .text(algorithm.rawValue), "kid": .text(id), "typ": .text("JWT")])
        let signed = [header, claims.json].map { Base64URL.encode($0.compact.utf8) }.joined(separator: ".")
        let token = signed + "." + Base64URL.encode(try signature(of: Array(signed.utf8)))
        guard token.utf8.count <= TokenVerifier.tokenBytesMax else {
            throw SecurityError(
                .tooLong, "the token would have \(token.utf8.count) bytes, and may have \(TokenVerifier.tokenBytesMax)",
                hint: "use patterns that mean several topics")
        }
        return token
    }
}
