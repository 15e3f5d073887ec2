internal import NIOCore
internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What the files of an identity say, ready for TLS.
struct TLSFiles: Sendable {
    let client: NIOSSLContext
    /// Nil where there is no certificate to show.
    let server: NIOSSLContext?

    /// What the files of an identity say; nil for plain text.
    static func read(_ security: TCPSecurity) throws(FabricError) -> TLSFiles? {
        if case .tls(let identity) = security { try TLSFiles(identity) } else { nil }
    }

    /// Reads the files.
    /// - Throws: `FabricError` with code `invalidIdentity` that names the file.
    init(_ identity: TLSIdentity) throws(FabricError) {
        let authorities = try Self.certificates(in: identity.authorities, "the certificates of authorities")
        let proof = try Self.proof(identity)
        client = try Self.context(identity, .makeClientConfiguration(), authorities, proof, .fullVerification)
        server = try proof.map { proof throws(FabricError) in
            try Self.context(
                identity, .makeServerConfiguration(certificateChain: proof.chain, privateKey: proof.key), authorities,
                proof,
                identity.requiresClientCertificate ? .noHostnameVerification : .none)
        }
    }

    private typealias Proof = (chain: [NIOSSLCertificateSource], key: NIOSSLPrivateKeySource)

    private static func context(
        _ identity: TLSIdentity, _ start: TLSConfiguration, _ authorities: [NIOSSLCertificate], _ proof: Proof?,
        _ verification: CertificateVerification
    ) throws(FabricError) -> NIOSSLContext {
        var configuration = start
        (configuration.minimumTLSVersion, configuration.maximumTLSVersion) = (.tlsv13, .tlsv13)
        configuration.trustRoots = .certificates(authorities)
        configuration.certificateVerification = verification
        configuration.applicationProtocols = [TCPStream.applicationProtocol]
        // The end of a connection is told by the protocol above; TLS's own farewell need not be waited for.
        configuration.shutdownTimeout = .seconds(1)
        if let proof { (configuration.certificateChain, configuration.privateKey) = (proof.chain, proof.key) }
        do { return try NIOSSLContext(configuration: configuration) } catch {
            let certificate = identity.certificateChain ?? identity.authorities
            let key = identity.privateKey ?? "no file"
            throw FabricError(
                .invalidIdentity,
                "the certificate in \(certificate) cannot be used with the key in \(key): \(TCPFailure.reason(error))",
                hint: "give the private key that the certificate was issued for")
        }
    }

    private static func proof(_ identity: TLSIdentity) throws(FabricError) -> Proof? {
        switch (identity.certificateChain, identity.privateKey) {
        case (nil, nil):
            return nil
        case (let chain?, let key?):
            let certificates = try certificates(in: chain, "a certificate chain")
            return (certificates.map { .certificate($0) }, .privateKey(try self.key(in: key)))
        case (let chain, let key):
            throw FabricError(
                .invalidIdentity, "\(chain ?? key ?? "") is of no use alone",
                hint: "name both the file of the certificate chain and that of its private key")
        }
    }

    private static func certificates(in path: String, _ what: String) throws(FabricError) -> [NIOSSLCertificate] {
        try checkReadable(path, what)
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(path)
            if !certificates.isEmpty { return certificates }
        } catch {}
        throw FabricError(
            .invalidIdentity, "\(path) does not hold \(what) in PEM form",
            hint: "its blocks begin with -----BEGIN CERTIFICATE-----")
    }

    private static func key(in path: String) throws(FabricError) -> NIOSSLPrivateKey {
        let mode = try checkReadable(path, "a private key")
        guard mode & 0o077 == 0 else {
            throw FabricError(
                .invalidIdentity, "the private key \(path) can be read by others than its owner",
                hint: "chmod 600 \(path)")
        }
        do { return try NIOSSLPrivateKey(file: path, format: .pem) } catch {
            throw FabricError(
                .invalidIdentity, "\(path) does not hold a private key in PEM form",
                hint: "it begins with -----BEGIN PRIVATE KEY-----, and has no password")
        }
    }

    /// The file's permissions, if it can be read.
    @discardableResult
    private static func checkReadable(_ path: String, _ what: String) throws(FabricError) -> mode_t {
        var status = stat()
        guard access(path, R_OK) == 0, stat(path, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            throw FabricError(
                .invalidIdentity, "\(path), which should hold \(what), cannot be read: \(reason)",
                hint: "check the path and its permissions")
        }
        return status.st_mode
    }
}
