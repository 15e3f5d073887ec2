import PenstockEvents
import Testing

@testable import PenstockSecurity

@Suite("Who connects")
struct AuthenticatorTests {
    private struct FixedClock: WallClock {
        let time: Timestamp
        func now() -> Timestamp { time }
    }

    private func authenticator(takesTokens: Bool = true, after seconds: Int64 = 0) throws -> Authenticator {
        let policy = #"{"certificates":{"alice":["admin"],"detector-7":["produce:raw.*"]}}"#
        let time = Timestamp(nanoseconds: PublishedKeys.issued.nanoseconds + seconds * 1_000_000_000)
        return Authenticator(
            tokens: takesTokens ? try PublishedKeys.verifier() : nil,
            policy: try AccessPolicy(parsing: Array(policy.utf8), of: "f"), clock: FixedClock(time: time))
    }

    private func code(
        _ authenticator: Authenticator, token: String? = nil, certificate: String? = nil, session: UInt8 = 1
    ) -> SecurityError.Code? {
        do {
            _ = try authenticator.identify(token: token, certificate: certificate, session: SessionKey([session]))
            return nil
        } catch { return error.code }
    }

    @Test("who shows nothing is nobody, and counted")
    func nothing() throws {
        let authenticator = try authenticator()
        #expect(code(authenticator) == .notAuthenticated && code(authenticator, token: "") == .notAuthenticated)
        #expect(authenticator.refusedCount(.notAuthenticated) == 2 && authenticator.refusedCount(.expired) == 0)
    }

    @Test("a certificate may do what the policy says, and a stranger's nothing")
    func certificates() throws {
        let authenticator = try authenticator()
        let session = SessionKey([1])
        let detector = try authenticator.identify(token: nil, certificate: "detector-7", session: session)
        #expect(
            detector.permissions.allows(.produce, topic: "raw.1")
                && detector.proof == .certificate(subject: "detector-7"))
        #expect(try authenticator.identify(token: "", certificate: "mallory", session: session).permissions == .none)
        #expect(code(authenticator, certificate: "a\nb") == .invalidSubject)
    }

    @Test("a token that is shown decides alone, whatever the certificate may do")
    func tokens() throws {
        let authenticator = try authenticator()
        let identity = try authenticator.identify(
            token: PublishedKeys.ed25519Token, certificate: "detector-7", session: SessionKey([1]))
        #expect(identity.proof == .token(id: "3f2a") && identity.subject == "alice")
        #expect(code(authenticator, token: PublishedKeys.ed25519Token + "x", certificate: "alice") == .malformed)
        #expect(
            code(try self.authenticator(takesTokens: false), token: PublishedKeys.ed25519Token) == .notAuthenticated)
    }

    @Test("a token is bound to the session that has shown it first, and ends by the server's clock")
    func sessions() throws {
        let authenticator = try authenticator()
        #expect(code(authenticator, token: PublishedKeys.ed25519Token) == nil)
        #expect(code(authenticator, token: PublishedKeys.ed25519Token) == nil)
        #expect(code(authenticator, token: PublishedKeys.ed25519Token, session: 2) == .tokenReused)
        // Another token with the id of the first.
        #expect(code(authenticator, token: PublishedKeys.p256Token, session: 2) == .tokenReused)
        #expect(authenticator.refusedCount(.tokenReused) == 2)
        #expect(code(try self.authenticator(after: 43_200), token: PublishedKeys.ed25519Token) == .expired)
    }
}
