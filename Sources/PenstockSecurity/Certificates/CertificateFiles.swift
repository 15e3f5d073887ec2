public import PenstockEvents

/// Where a certificate and its key were written, both in PEM form.
public struct CertificateFiles: Sendable, Hashable {
    /// The file with the certificate. The authority that has signed it is known to whoever verifies it, so that there
    /// is nothing behind it in the chain.
    public let certificateChain: String
    /// The file with its private key, which only its owner can read.
    public let privateKey: String
    /// When it runs out.
    public let expires: Timestamp
}
