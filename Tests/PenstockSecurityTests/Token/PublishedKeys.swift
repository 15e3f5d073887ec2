import PenstockEvents

@testable import PenstockSecurity

/// Keys that were published with the standards, secret halves included, and tokens that another implementation has
/// signed with them: joserfc for Python, over OpenSSL.
enum PublishedKeys {
    /// RFC 8037, appendix A.1.
    static let ed25519 = """
        {"kty":"OKP","crv":"Ed25519","kid":"rfc-8037","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",\
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        """

    /// RFC 7515, appendix A.3.
    static let p256 = """
        {"kty":"EC","crv":"P-256","kid":"rfc-7515","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}
        """

    /// sub alice, aud other and broker-1, iat and nbf 1,800,000,000, exp 12 h later, jti 3f2a, three scopes.
    static let ed25519Token = """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6InJmYy04MDM3In0.eyJzdWIiOiJhbGljZSIsImF1ZCI6WyJvdGhlciIsImJyb2tl\
        ci0xIl0sImlhdCI6MTgwMDAwMDAwMCwibmJmIjoxODAwMDAwMDAwLCJleHAiOjE4MDAwNDMyMDAsImp0aSI6IjNmMmEiLCJzY29wZSI6InBy\
        b2R1Y2U6cmF3LiogY29uc3VtZToqIGFkbWluIn0.3y9ohEtvhYlAAZhGUtYBHYf7jdjLWuwCRlvLgdpSsXOECjzE4WsegWa2Jp2_ZR620odM\
        1kYsmehhfcQTXNObBg
        """

    /// The same for broker-1 alone.
    static let p256Token = """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiIsImtpZCI6InJmYy03NTE1In0.eyJzdWIiOiJhbGljZSIsImF1ZCI6ImJyb2tlci0xIiwiaWF0\
        IjoxODAwMDAwMDAwLCJuYmYiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDA0MzIwMCwianRpIjoiM2YyYSIsInNjb3BlIjoicHJvZHVjZTpyYXcu\
        KiBjb25zdW1lOiogYWRtaW4ifQ.9l_pWlEfgCrpbbcNbcuSA6msBoW9R5j7o7k9A80OlfZ8XEwKeT2wQtN-C9r16Ng_5XWACDk-k5FBh0g15\
        e3akw
        """

    static let issued = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
    static let audience = "broker-1"

    static func signingKey(_ text: String = ed25519) throws -> TokenSigningKey {
        try TokenSigningKey(parsing: Array(text.utf8), of: "key")
    }

    /// Both keys.
    static func keys() throws -> TokenKeys {
        var keys = TokenKeys()
        for key in [ed25519, p256] { try keys.add(signingKey(key)) }
        return keys
    }

    /// A verifier that trusts both keys.
    static func verifier() throws -> TokenVerifier { try TokenVerifier(keys: keys(), audience: audience) }

    /// A token of these texts, with a good signature of a key.
    static func token(
        header: String = #"{"alg":"EdDSA","kid":"rfc-8037"}"#, claims: String, key: String = ed25519
    ) throws -> String {
        let signed = Base64URL.encode(header.utf8) + "." + Base64URL.encode(claims.utf8)
        return try signed + "." + Base64URL.encode(signingKey(key).signature(of: Array(signed.utf8)))
    }

    /// Why a token is refused; nil where it is not.
    static func refusal(of token: String, after seconds: Int64 = 0) throws -> SecurityError.Code? {
        let now = Timestamp(nanoseconds: issued.nanoseconds + seconds * 1_000_000_000)
        let verifier = try verifier()
        do {
            _ = try verifier.verify(token, at: now)
            return nil
        } catch { return error.code }
    }
}
