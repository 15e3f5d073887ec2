import PenstockEvents
import Testing

@testable import PenstockSecurity

@Suite("Tokens")
struct TokenVerifierTests {
    private static let claims = """
        {"sub":"alice","aud":"broker-1","iat":1800000000,"exp":1800003600,"jti":"t1","scope":"consume:raw.*"}
        """

    @Test(
        "a token of another implementation is taken for what it says",
        arguments: [PublishedKeys.ed25519Token, PublishedKeys.p256Token])
    func published(_ token: String) throws {
        let identity = try PublishedKeys.verifier().verify(token, at: PublishedKeys.issued)
        #expect(identity.subject == "alice" && identity.proof == .token(id: "3f2a"))
        #expect(identity.expires == Timestamp(nanoseconds: 1_800_043_200_000_000_000))
        #expect(identity.permissions.description == "produce:raw.* consume:* admin")
        #expect(identity.description == "alice (token 3f2a)")
    }

    @Test("what is issued is taken, until it ends", arguments: [PublishedKeys.ed25519, PublishedKeys.p256])
    func issued(_ key: String) throws {
        let permissions = try Permissions(parsing: "produce:raw.*")
        let claims = try TokenClaims(
            subject: "bob", audience: "broker-1", permissions: permissions,
            issued: Timestamp(nanoseconds: PublishedKeys.issued.nanoseconds + 999_999_999), lifetime: .seconds(60))
        let token = try PublishedKeys.signingKey(key).token(claims)
        let identity = try PublishedKeys.verifier().verify(token, at: PublishedKeys.issued)
        #expect(identity.subject == "bob" && identity.permissions == permissions)
        #expect(identity.proof == .token(id: claims.id) && identity.expires == claims.expires)
        #expect(try PublishedKeys.refusal(of: token, after: 59) == nil)
        #expect(try PublishedKeys.refusal(of: token, after: 60) == .expired)
    }

    @Test("no two tokens have the same id")
    func ids() throws {
        let all = try (0..<1000).map { _ in
            try TokenClaims(
                subject: "a", audience: "b", permissions: .none, issued: PublishedKeys.issued, lifetime: .seconds(1)
            ).id
        }
        #expect(Set(all).count == 1000)
    }

    // RFC 8725, section 3.1: the verifier chooses the algorithms, never the token.
    @Test(
        "an algorithm that is not allowed is refused before the key is looked for",
        arguments: [
            "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "PS256", "ES384", "ES256K", "eddsa",
            "EdDSA ", "Ed448", "es256",
        ])
    func algorithms(_ name: String) throws {
        let header = #"{"alg":"\#(name)","kid":"nobody"}"#
        #expect(
            try PublishedKeys.refusal(of: PublishedKeys.token(header: header, claims: Self.claims))
                == .forbiddenAlgorithm)
        let unsigned = Base64URL.encode(header.utf8) + "." + Base64URL.encode(Self.claims.utf8) + "."
        #expect(try PublishedKeys.refusal(of: unsigned) == .forbiddenAlgorithm)
    }

    @Test("a key signs by its own algorithm alone, whatever the token says")
    func confusion() throws {
        let asES256 = #"{"alg":"ES256","kid":"rfc-8037"}"#
        #expect(
            try PublishedKeys.refusal(of: PublishedKeys.token(header: asES256, claims: Self.claims))
                == .forbiddenAlgorithm)
        let otherKey = #"{"alg":"ES256","kid":"rfc-7515"}"#
        #expect(
            try PublishedKeys.refusal(of: PublishedKeys.token(header: otherKey, claims: Self.claims)) == .badSignature)
    }

    @Test("a key that is not trusted is refused, and its id told in few characters")
    func unknownKey() throws {
        let header = #"{"alg":"EdDSA","kid":"\#(String(repeating: "k", count: 100))"}"#
        let token = try PublishedKeys.token(header: header, claims: Self.claims)
        let error = #expect(throws: SecurityError.self) {
            try PublishedKeys.verifier().verify(token, at: PublishedKeys.issued)
        }
        #expect(error?.code == .unknownKey && error.map { $0.summary.count < 150 } == true)
        #expect(try TokenVerifier(keys: TokenKeys(), audience: "b").refuses(PublishedKeys.ed25519Token) == .unknownKey)
    }

    @Test(
        "a header that is not what it has to be is refused",
        arguments: [
            #"{"kid":"rfc-8037"}"#, #"{"alg":"EdDSA"}"#, #"{"alg":"EdDSA","kid":1}"#,
            #"{"alg":["EdDSA"],"kid":"rfc-8037"}"#,
            #"{"alg":"EdDSA","alg":"EdDSA","kid":"rfc-8037"}"#,
            #"{"alg":"EdDSA","kid":"rfc-8037","crit":["b64"],"b64":false}"#,
            #"{"alg":"EdDSA","kid":"rfc-8037","typ":"JWE"}"#, #"{"alg":"EdDSA","kid":"rfc-8037"}x"#, "[]", "", "null",
            #"{"alg":"EdDSA","kid":"a\u000ab"}"#,
        ])
    func headers(_ header: String) throws {
        #expect(try PublishedKeys.refusal(of: PublishedKeys.token(header: header, claims: Self.claims)) == .malformed)
    }

    @Test("a key in the header of a token is of no use to it")
    func keyInHeader() throws {
        let header = #"{"alg":"EdDSA","kid":"mine","jwk":\#(PublishedKeys.ed25519),"jku":"https://example.org/keys"}"#
        #expect(try PublishedKeys.refusal(of: PublishedKeys.token(header: header, claims: Self.claims)) == .unknownKey)
    }

    @Test(
        "a token that has not three parts of base64url is refused",
        arguments: [
            "", ".", "..", "...", "a.b.c", "a.b", PublishedKeys.ed25519Token + ".", "." + PublishedKeys.ed25519Token,
            PublishedKeys.ed25519Token + "=", PublishedKeys.ed25519Token + "\n", " " + PublishedKeys.ed25519Token,
            "\u{FEFF}" + PublishedKeys.ed25519Token, PublishedKeys.ed25519Token.replacing(".", with: ".."),
            PublishedKeys.ed25519Token + PublishedKeys.p256Token,
        ])
    func forms(_ token: String) throws {
        #expect(try PublishedKeys.refusal(of: token) == .malformed)
    }

    @Test("a token may have 4096 bytes, and not one more")
    func longest() throws {
        let long = String(repeating: "a", count: 4097)
        #expect(try PublishedKeys.refusal(of: long) == .tooLong)
        #expect(try PublishedKeys.refusal(of: String(long.dropLast())) == .malformed)
        let many = try Permissions((0..<64).map { _ in .produce(try TopicPattern(String(repeating: "a", count: 100))) })
        let claims = try TokenClaims(
            subject: "a", audience: "b", permissions: many, issued: PublishedKeys.issued, lifetime: .seconds(60))
        let error = #expect(throws: SecurityError.self) { try PublishedKeys.signingKey().token(claims) }
        #expect(error?.code == .tooLong)
    }

    @Test("an Ed25519 signature by another key, and one cut short, are refused")
    func signatures() throws {
        let key = try TokenSigningKey(.edDSA, id: "rfc-8037")
        let claims = try TokenClaims(
            subject: "a", audience: "broker-1", permissions: .none, issued: PublishedKeys.issued, lifetime: .seconds(60)
        )
        #expect(try PublishedKeys.refusal(of: key.token(claims)) == .badSignature)
        for cut in [4, 8, 40, 84] {
            #expect(try PublishedKeys.refusal(of: String(PublishedKeys.ed25519Token.dropLast(cut))) != nil)
            #expect(try PublishedKeys.refusal(of: String(PublishedKeys.p256Token.dropLast(cut))) != nil)
        }
    }

    @Test("nothing that is told of a refused token has its signature or its claims in it")
    func secrecy() throws {
        let parts = PublishedKeys.ed25519Token.split(separator: ".")
        for (token, seconds) in [
            (PublishedKeys.ed25519Token, 86_400), (PublishedKeys.ed25519Token, -3600),
            (String(PublishedKeys.ed25519Token.dropLast(4)), 0), (parts.joined(separator: ".x"), 0),
        ] {
            let now = Timestamp(nanoseconds: PublishedKeys.issued.nanoseconds + Int64(seconds) * 1_000_000_000)
            let error = #expect(throws: SecurityError.self) { try PublishedKeys.verifier().verify(token, at: now) }
            for part in parts { #expect(error?.description.contains(part.prefix(20)) == false) }
        }
    }
}

extension TokenVerifier {
    /// Why the verifier refuses a token; nil where it does not.
    fileprivate func refuses(_ token: String) -> SecurityError.Code? {
        do {
            _ = try verify(token, at: PublishedKeys.issued)
            return nil
        } catch { return error.code }
    }
}
