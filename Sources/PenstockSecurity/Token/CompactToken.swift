internal import PenstockEvents

/// The parts of a signed token as it is sent (JWS compact serialization, RFC 7515, section 7.1), before anything of it
/// is believed.
struct CompactToken {
    let algorithm: TokenAlgorithm
    let keyID: String
    /// What the signature is for: header and claims as they were sent.
    let signed: [UInt8]
    let claims: [UInt8]
    let signature: [UInt8]

    /// Takes a token to pieces. The algorithm is refused here, before there is a key.
    /// - Throws: `SecurityError` with code `tooLong`, `malformed` or `forbiddenAlgorithm`.
    init(_ token: [UInt8]) throws(SecurityError) {
        guard token.count <= TokenVerifier.tokenBytesMax else {
            throw SecurityError(
                .tooLong,
                "the token has \(token.count) bytes, and may have \(TokenVerifier.tokenBytesMax)",
                hint: "issue it with fewer scopes")
        }
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw Self.malformed("it has not three parts") }
        guard let header = Base64URL.decode(parts[0]).flatMap({ UniqueMembers(parsing: $0) }) else {
            throw Self.malformed("its header is no object of JSON in base64url")
        }
        guard let name = header.text("alg") else { throw Self.malformed("its header names no algorithm") }
        guard let algorithm = TokenAlgorithm(rawValue: name) else {
            throw SecurityError(
                .forbiddenAlgorithm, "the token is signed by \(SecurityError.quoted(name))",
                hint: "only EdDSA and ES256 are accepted")
        }
        guard header["crit"] == nil else { throw Self.malformed("its header demands what is not known here") }
        guard header["typ"].map({ $0 == .text("JWT") }) ?? true else { throw Self.malformed("its type is not JWT") }
        guard let keyID = header.text("kid"), PrintableName.problem(of: keyID) == nil else {
            throw Self.malformed("its header names no key")
        }
        guard let claims = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2]) else {
            throw Self.malformed("it is not in base64url")
        }
        self.algorithm = algorithm
        self.keyID = keyID
        signed = Array(token[..<parts[1].endIndex])
        self.claims = claims
        self.signature = signature
    }

    static func malformed(_ problem: String) -> SecurityError {
        SecurityError(
            .malformed, "the token is malformed: \(problem)", hint: "use a token of `penstock token issue`")
    }
}
