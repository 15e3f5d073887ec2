/// Whether what goes over TCP is encrypted, and how the ends prove who they are.
public enum TCPSecurity: Sendable, Hashable {
    /// Neither encrypted nor proven: for one machine, and for networks that nobody else is on.
    case plaintext
    /// TLS 1.3, where a listener always proves who it is, and a client where the listener asks for it.
    case tls(TLSIdentity)
}

/// Whom this side trusts, and how it proves who it is itself. All files are PEM; they are read when the transport is
/// made and at `reload`.
///
/// A client verifies the certificate of the listener, and that the host it connects to is one of the certificate's
/// alternative names; there is no way around it. With no certificate a client is anonymous for TLS; a listener needs
/// one.
public struct TLSIdentity: Sendable, Hashable {
    /// The file with the certificates of the authorities that this side trusts; no others are, not those of the system
    /// either.
    public var authorities: String
    /// The file with this side's certificate, and behind it those that lead to an authority; nil for none.
    public var certificateChain: String?
    /// The file with the certificate's private key, without a password, that only its owner can read.
    public var privateKey: String?
    /// Whether a listener lets only those in who have a certificate that one of the authorities has signed.
    public var requiresClientCertificate: Bool

    /// An identity from files.
    public init(
        authorities: String, certificateChain: String? = nil, privateKey: String? = nil,
        requiresClientCertificate: Bool = false
    ) {
        self.authorities = authorities
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.requiresClientCertificate = requiresClientCertificate
    }
}
