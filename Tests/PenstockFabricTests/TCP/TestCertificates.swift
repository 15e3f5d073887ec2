import Foundation
import PenstockFabric
import TestSupport

/// An authority and certificates that it has signed, made by `openssl` when a test first needs them.
struct TestCertificates: Sendable {
    /// Made once for all tests.
    static let shared = Result { try TestCertificates("Penstock test authority") }

    private let folder: TestFolder

    /// An authority with a name of its own.
    init(_ authority: String) throws {
        folder = try TestFolder()
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=\(authority)", "-keyout", folder("authority.key"), "-out", folder("authority.pem"))
    }

    /// The file with the authority's certificate.
    var authorities: String { folder("authority.pem") }

    /// Makes a certificate with its key, and gives the identity that trusts the authority and shows it.
    /// - Parameters:
    ///   - subject: its subject, where that is not the common name alone.
    ///   - names: alternative names as `openssl` writes them.
    ///   - days: for how long it is valid; below 0 for one that has expired.
    func identity(
        _ name: String, subject: String? = nil, names: String = "IP:127.0.0.1,DNS:localhost", days: Int = 2,
        requiresClientCertificate: Bool = false
    ) throws -> TLSIdentity {
        let file = "\(name)\(UInt64.random(in: 0..<UInt64.max))"
        let (key, request, certificate) = (folder(file + ".key"), folder(file + ".csr"), folder(file + ".pem"))
        try openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            subject ?? "/CN=\(name)",
            "-keyout", key, "-out", request)
        let extensions = try folder.write("subjectAltName=\(names)\n", to: file + ".ext")
        try openssl(
            "x509", "-req", "-in", request, "-CA", authorities, "-CAkey", folder("authority.key"), "-set_serial",
            "\(UInt32.random(in: 1..<UInt32.max))", "-days", "\(days)", "-extfile", extensions, "-out", certificate)
        return TLSIdentity(
            authorities: authorities, certificateChain: certificate, privateKey: key,
            requiresClientCertificate: requiresClientCertificate)
    }

    /// A file of the folder, written with a text.
    func file(_ name: String, _ text: String) throws -> String { try folder.write(text, to: name) }

    private func openssl(_ arguments: String...) throws {
        let (status, output) = try OpenSSL.run(arguments)
        guard status == 0 else { throw OpenSSLFailure(arguments: arguments, output: output) }
    }
}

/// `openssl` did not do what it was asked for.
struct OpenSSLFailure: Error {
    let arguments: [String]
    let output: String
}
