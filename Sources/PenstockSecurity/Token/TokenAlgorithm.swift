/// How a token can be signed. There are no others: neither none, nor those with a secret that both sides share, nor
/// RSA.
public enum TokenAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// Ed25519 (RFC 8037).
    case edDSA = "EdDSA"
    /// ECDSA with the curve P-256 and SHA-256 (RFC 7518, section 3.4).
    case es256 = "ES256"
}
