public import PenstockEvents

/// Finds out who connects to a server, and lets nobody in who has proven nothing.
///
/// A token that is shown decides alone: what it does not allow is not allowed, also where the certificate's subject may
/// do it. Without one it is the certificate of the TLS handshake, with what the policy says of its subject. Each
/// refusal is counted by its code.
public final class Authenticator: Sendable {
    private let tokens: TokenVerifier?
    private let registry: TokenRegistry
    private let policy: AccessPolicy
    private let clock: any WallClock
    private let refusals = Guarded([SecurityError.Code: Int]())

    /// What a server trusts.
    /// - Parameters:
    ///   - tokens: verifies tokens; nil for a server that takes none.
    ///   - registry: the tokens in use. A server that reads its files again keeps it.
    ///   - policy: what certificates allow.
    ///   - clock: tells when tokens and certificates have expired.
    public init(
        tokens: TokenVerifier?, registry: TokenRegistry = TokenRegistry(), policy: AccessPolicy = AccessPolicy(),
        clock: any WallClock = SystemWallClock()
    ) {
        self.tokens = tokens
        self.registry = registry
        self.policy = policy
        self.clock = clock
    }

    /// Who it is that connects.
    /// - Parameters:
    ///   - token: what was sent as a token; nil or empty where nothing was.
    ///   - certificate: the subject of the certificate that the transport has verified; nil where there is none.
    ///   - session: what the session has proven to have, which a token is bound to.
    /// - Throws: `SecurityError` as of `TokenVerifier.verify` and `TokenRegistry.admit`; `notAuthenticated` where there
    ///   is neither token nor certificate, or a token for a server that takes none.
    public func identify(
        token: String?, certificate: String?, session: SessionKey
    ) throws(SecurityError) -> Identity {
        do throws(SecurityError) {
            if let token, !token.isEmpty { return try identify(token, session) }
            if let certificate { return try policy.identity(ofCertificate: certificate) }
            throw SecurityError(
                .notAuthenticated, "the client has shown neither a token nor a certificate",
                hint: "connect with a token of `penstock token issue`, or a certificate of `penstock pki issue`")
        } catch {
            refusals.withLock { $0[error.code, default: 0] += 1 }
            throw error
        }
    }

    /// How often somebody was refused for this reason.
    public func refusedCount(_ code: SecurityError.Code) -> Int { refusals.withLock { $0[code] ?? 0 } }

    private func identify(_ token: String, _ session: SessionKey) throws(SecurityError) -> Identity {
        guard let tokens else {
            throw SecurityError(
                .notAuthenticated, "the client has shown a token, and this server takes none",
                hint: "connect with a certificate")
        }
        let now = clock.now()
        let identity = try tokens.verify(token, at: now)
        try registry.admit(identity, with: session, at: now)
        return identity
    }
}
