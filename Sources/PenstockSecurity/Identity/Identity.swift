public import PenstockEvents

/// Who somebody is, how that was proven, and what they may do.
public struct Identity: Sendable, Hashable, CustomStringConvertible {
    /// How an identity was proven. Two identities of the same subject are only the same where the proof is of the same
    /// kind: a certificate for `uid:0` is not the user 0.
    public enum Proof: Sendable, Hashable {
        /// By a certificate with this subject that a trusted authority has signed, in a TLS handshake.
        case certificate(subject: String)
        /// By a signed token of this id (`jti`).
        case token(id: String)
        /// By a munge credential of the user with this number.
        case munge(uid: UInt32)
        /// By the kernel, for the peer of a Unix socket, with the user's number.
        case unixPeer(uid: UInt32)
    }

    /// Who it is: the certificate's subject, the token's `sub`, or `uid:NUMBER`.
    public let subject: String
    /// How that was proven.
    public let proof: Proof
    /// What it may do.
    public let permissions: Permissions
    /// From when on it is proven no longer; nil where the proof does not run out by itself.
    public let expires: Timestamp?

    /// An identity that was proven.
    /// - Throws: `SecurityError` with code `invalidSubject` where the subject has not 1 to 128 printable ASCII
    ///   characters, or begins or ends with a space.
    public init(
        subject: String, proof: Proof, permissions: Permissions, expires: Timestamp? = nil
    ) throws(SecurityError) {
        if let problem = PrintableName.problem(of: subject) {
            throw SecurityError(
                .invalidSubject, "\(SecurityError.quoted(subject)) cannot be a subject: \(problem)",
                hint: PrintableName.hint)
        }
        self.subject = subject
        self.proof = proof
        self.permissions = permissions
        self.expires = expires
    }

    /// Whether the proof has run out.
    public func isExpired(at now: Timestamp) -> Bool { expires.map { now >= $0 } ?? false }

    /// Subject and proof, for messages and the audit: `alice (token 3F2A)`.
    public var description: String {
        switch proof {
        case .certificate: "\(subject) (certificate)"
        case .token(let id): "\(subject) (token \(id))"
        case .munge: "\(subject) (munge)"
        case .unixPeer: "\(subject) (unix)"
        }
    }
}
