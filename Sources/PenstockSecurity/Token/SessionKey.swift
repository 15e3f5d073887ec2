internal import Crypto

/// What a session proves to have, and nobody else has: a fingerprint of, for example, the secret that both ends of a
/// TLS connection export, or of a public key whose private half the client keeps. Only ever compared.
public struct SessionKey: Sendable, Hashable {
    private let hash: [UInt8]

    /// The fingerprint of what the session has proven, of any length.
    public init(_ proven: some Sequence<UInt8>) { hash = Array(SHA256.hash(data: Array(proven))) }
}
