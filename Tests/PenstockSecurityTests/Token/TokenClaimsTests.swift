import PenstockEvents
import Testing

@testable import PenstockSecurity

@Suite("What tokens claim")
struct TokenClaimsTests {
    private static let good = [
        "sub": "\"alice\"", "aud": "\"broker-1\"", "iat": "1800000000", "exp": "1800003600", "jti": "\"t1\"",
        "scope": "\"consume:raw.*\"",
    ]

    /// Why a token is refused that has these claims besides the good ones; nil as a value for one that is missing.
    private func refusal(_ changes: [String: String?], after seconds: Int64 = 0) throws -> SecurityError.Code? {
        var claims = Self.good
        for (name, value) in changes { claims[name] = value }
        let text = claims.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        return try PublishedKeys.refusal(of: PublishedKeys.token(claims: "{\(text)}"), after: seconds)
    }

    @Test("the claims that have to be there", arguments: ["sub", "aud", "iat", "exp", "jti"])
    func required(_ name: String) throws {
        #expect(try refusal([:]) == nil)
        #expect(try refusal([name: nil]) == .missingClaim)
        #expect(try refusal([name: "null"]) == .malformed)
    }

    @Test("a token without scopes is good, and allows nothing")
    func noScope() throws {
        let claims = #"{"sub":"a","aud":"broker-1","iat":1800000000,"exp":1800003600,"jti":"t"}"#
        let identity = try PublishedKeys.verifier().verify(
            PublishedKeys.token(claims: claims), at: PublishedKeys.issued)
        #expect(identity.permissions == .none)
        #expect(try refusal(["scope": "\"openid\""]) == .invalidScope)
        #expect(try refusal(["scope": "[\"admin\"]"]) == .malformed)
    }

    @Test("the audience is this server, by name or among others")
    func audience() throws {
        #expect(try refusal(["aud": #"["a","broker-1"]"#]) == nil)
        for other in [#""broker-2""#, #""Broker-1""#, #""broker-1 ""#, #""broker""#, "[]", #"["a"]"#, #""""#, #""*""#] {
            #expect(try refusal(["aud": other]) == .wrongAudience, "\(other)")
        }
        let kelvin = try PublishedKeys.token(claims: #"{"aud":"bro\u212Aer","iat":1800000000,"exp":1800003600}"#)
        let error = #expect(throws: SecurityError.self) {
            try TokenVerifier(keys: PublishedKeys.keys(), audience: "broKer").verify(kelvin, at: PublishedKeys.issued)
        }
        #expect(error?.code == .wrongAudience)
        #expect(try refusal(["aud": "{}"]) == .malformed)
        let many = "[" + (0..<16).map { "\"a\($0)\"," }.joined() + "\"broker-1\"]"
        #expect(try refusal(["aud": many]) == .malformed)
    }

    @Test("a token is good from its beginning to its end, by the server's clock")
    func times() throws {
        #expect(try refusal([:], after: 3599) == nil)
        #expect(try refusal([:], after: 3600) == .expired)
        #expect(try refusal([:], after: -30) == nil)
        #expect(try refusal([:], after: -31) == .notYetValid)
        #expect(try refusal(["nbf": "1800000100"], after: 69) == .notYetValid)
        #expect(try refusal(["nbf": "1800000100"], after: 70) == nil)
        #expect(try refusal(["nbf": "1700000000"]) == nil)
        #expect(try refusal(["nbf": "1700000000"], after: -31) == .notYetValid)
    }

    @Test("a token is good for 24 hours at most")
    func lifetime() throws {
        #expect(try refusal(["exp": "1800086400"]) == nil)
        #expect(try refusal(["exp": "1800086401"]) == .lifetimeTooLong)
        #expect(try refusal(["exp": "4294967296"]) == .lifetimeTooLong)
        #expect(try refusal(["exp": "1800000000"]) == .malformed)
        #expect(try refusal(["exp": "1799999999"]) == .malformed)
    }

    @Test(
        "times are whole seconds until 2106",
        arguments: [
            "-1", "1.5", "18e8", "\"1800000000\"", "4294967297", "9223372036854775807", "9223372036854775808", "1e400",
            "[]",
            "true",
        ])
    func numbers(_ number: String) throws {
        for name in ["iat", "exp", "nbf"] { #expect(try refusal([name: number]) == .malformed, "\(name)") }
    }

    @Test(
        "subjects and ids are printable ASCII, and not long",
        arguments: [
            #""""#, #"" a""#, #""a ""#, #""a\u0000b""#, #""a\nb""#, #""é""#,
            "\"\(String(repeating: "a", count: 129))\"", "1",
        ])
    func names(_ name: String) throws {
        #expect(try refusal(["sub": name]) == .malformed)
        #expect(try refusal(["jti": name]) == .malformed)
    }

    @Test("claims that are not known are passed over, and none may stand there twice")
    func others() throws {
        #expect(try refusal(["iss": "\"site\"", "nested": "{\"a\":[1,2]}"]) == nil)
        let twice = #"{"sub":"alice","sub":"root","aud":"broker-1","iat":1800000000,"exp":1800003600,"jti":"t"}"#
        #expect(try PublishedKeys.refusal(of: PublishedKeys.token(claims: twice)) == .malformed)
        for claims in ["", "[]", "null", "{", String(repeating: "[", count: 1000)] {
            #expect(try PublishedKeys.refusal(of: PublishedKeys.token(claims: claims)) == .malformed)
        }
    }

    @Test("what cannot be claimed is not issued")
    func issuing() throws {
        func code(_ subject: String, _ audience: String, _ lifetime: Duration, _ now: Int64 = 0) -> SecurityError.Code?
        {
            do {
                _ = try TokenClaims(
                    subject: subject, audience: audience, permissions: .none, issued: Timestamp(nanoseconds: now),
                    lifetime: lifetime)
                return nil
            } catch { return error.code }
        }
        #expect(code("a", "b", .seconds(86_400)) == nil && code("a", "b", .seconds(1)) == nil)
        #expect(code("", "b", .seconds(1)) == .invalidSubject && code("a", "é", .seconds(1)) == .invalidRequest)
        #expect(code("a", "b", .seconds(86_401)) == .lifetimeTooLong)
        for lifetime in [Duration.zero, .milliseconds(999), .seconds(-1)] {
            #expect(code("a", "b", lifetime) == .invalidRequest)
        }
        #expect(code("a", "b", .seconds(1), -1_000_000_001) == .invalidRequest)
        #expect(code("a", "b", .seconds(1), 4_294_967_296_000_000_000) == .invalidRequest)
    }
}
