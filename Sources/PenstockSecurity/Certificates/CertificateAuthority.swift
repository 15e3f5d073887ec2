internal import Crypto
internal import Foundation
public import PenstockEvents
internal import X509

/// A certificate authority of one's own, in a directory: `ca.pem`, which everybody who verifies its certificates needs,
/// and `ca.key`, which only its owner can read.
///
/// Its keys and those of its certificates are of ECDSA with P-256. It signs no other authorities.
public struct CertificateAuthority: Sendable {
    /// The file with the authority's certificate.
    public static let certificateFile = "ca.pem"
    /// The file with the authority's private key.
    public static let keyFile = "ca.key"
    /// The longest life of an authority, ten years.
    public static let lifetimeMax: Duration = .seconds(3653 * 86_400)

    /// How long before it was made a certificate begins to be valid, for clocks that are behind.
    private static let backdating: Duration = .seconds(-300)
    private static let fileBytesMax = 64 << 10

    /// The authority's name.
    public let name: String
    /// When the authority's own certificate runs out.
    public let expires: Timestamp
    /// The file with its certificate.
    public let certificatePath: String
    private let directory: String
    private let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    /// Makes an authority in a directory, which is made where there is none. Nothing is overwritten.
    /// - Parameters:
    ///   - name: what its certificates say who has issued them: 1 to 64 printable ASCII characters.
    ///   - lifetime: for how long, 24 h to ten years.
    ///   - now: the present instant.
    /// - Throws: `SecurityError` with code `invalidRequest`, `lifetimeTooLong`, `fileExists` or `unwritableFile`.
    public static func create(
        in directory: String, name: String, lifetime: Duration, at now: Timestamp
    ) throws(SecurityError) -> CertificateAuthority {
        guard PrintableName.problem(of: name) == nil, name.utf8.count <= CertificateRequest.nameBytesMax else {
            throw SecurityError(
                .invalidRequest, "\(SecurityError.quoted(name)) cannot be the name of an authority",
                hint: "use 1 to \(CertificateRequest.nameBytesMax) printable ASCII characters")
        }
        guard lifetime >= CertificateRequest.lifetimeMin else {
            throw SecurityError(.invalidRequest, "an authority has to last for 24 h at least")
        }
        guard lifetime <= lifetimeMax else {
            throw SecurityError(.lifetimeTooLong, "an authority may last for ten years, and not for longer")
        }
        try NewFile.makeFolder(directory)
        for file in [certificateFile, keyFile] { try NewFile.checkIsNew(directory + "/" + file) }
        let key = P256.Signing.PrivateKey()
        do {
            let subject = try DistinguishedName { CommonName(name) }
            let certificate = try Certificate(
                version: .v3, serialNumber: serialNumber(), publicKey: .init(key.publicKey),
                notValidBefore: date(now, backdating), notValidAfter: date(now, lifetime), issuer: subject,
                subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
                }, issuerPrivateKey: .init(key))
            try write(certificate, key, directory + "/" + certificateFile, directory + "/" + keyFile)
        } catch let error as SecurityError { throw error } catch { throw failure(name, error) }
        return try CertificateAuthority(directory: directory)
    }

    /// The authority of a directory.
    /// - Throws: `SecurityError` with code `missingFile`, `unreadableFile`, `exposedFile` (others than the owner can
    ///   read its key) or `invalidFile`.
    public init(directory: String) throws(SecurityError) {
        let (path, keyPath) = (directory + "/" + Self.certificateFile, directory + "/" + Self.keyFile)
        let text = try Self.text(path, "an authority's certificate", .trusted)
        guard let certificate = try? Certificate(pemEncoded: text),
            case .isCertificateAuthority? = try? certificate.extensions.basicConstraints,
            let name = certificate.subject.commonName
        else {
            throw SecurityError(
                .invalidFile, "\(path) does not hold an authority's certificate in PEM form",
                hint: "`penstock pki init` makes an authority")
        }
        let secret = try Self.text(keyPath, "an authority's private key", .secret)
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: secret) else {
            throw SecurityError(.invalidFile, "\(keyPath) does not hold a private key of P-256 in PEM form")
        }
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw SecurityError(
                .invalidFile, "\(keyPath) is not the key of the certificate in \(path)",
                hint: "bring the two files back that were made together")
        }
        self.name = name
        self.directory = directory
        self.certificate = certificate
        self.key = key
        certificatePath = path
        expires = Self.timestamp(certificate.notValidAfter)
    }

    /// Makes a certificate with a key of its own, and writes both to the authority's directory: `NAME.pem` and
    /// `NAME.key`. Nothing is overwritten.
    /// - Parameter now: the present instant.
    /// - Throws: `SecurityError` with code `expired` or `lifetimeTooLong` where the authority ends before the
    ///   certificate would, `fileExists` or `unwritableFile`.
    public func issue(_ request: CertificateRequest, at now: Timestamp) throws(SecurityError) -> CertificateFiles {
        let end = Self.date(now, request.lifetime)
        guard now < expires else {
            throw SecurityError(
                .expired, "the authority \(name) has expired at \(expires.iso8601)",
                hint: "make a new one in another directory with `penstock pki init`")
        }
        guard end <= certificate.notValidAfter else {
            throw SecurityError(
                .lifetimeTooLong,
                "the certificate would outlive the authority \(name), which ends at \(expires.iso8601)",
                hint: "let the certificate end earlier, or make a new authority with `penstock pki init`")
        }
        let base = directory + "/" + request.name
        for file in [base + ".pem", base + ".key"] { try NewFile.checkIsNew(file) }
        let leaf = P256.Signing.PrivateKey()
        do {
            let certificate = try Certificate(
                version: .v3, serialNumber: Self.serialNumber(), publicKey: .init(leaf.publicKey),
                notValidBefore: Self.date(now, Self.backdating), notValidAfter: end, issuer: self.certificate.subject,
                subject: DistinguishedName { CommonName(request.name) }, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: extensions(request, Certificate.PublicKey(leaf.publicKey)), issuerPrivateKey: .init(key))
            try Self.write(certificate, leaf, base + ".pem", base + ".key")
        } catch let error as SecurityError { throw error } catch { throw Self.failure(request.name, error) }
        return CertificateFiles(
            certificateChain: base + ".pem", privateKey: base + ".key", expires: Self.timestamp(end))
    }

    private func extensions(
        _ request: CertificateRequest, _ leaf: Certificate.PublicKey
    ) throws -> Certificate.Extensions {
        let names = request.hosts.map { host -> GeneralName in
            switch host {
            case .address(let bytes): .ipAddress(.init(contentBytes: bytes[...]))
            case .name(let name): .dnsName(name)
            }
        }
        var usages: [ExtendedKeyUsage.Usage] = []
        if request.purposes.contains(.server) { usages.append(.serverAuth) }
        if request.purposes.contains(.client) { usages.append(.clientAuth) }
        return try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage(usages)
            if !names.isEmpty { SubjectAlternativeNames(names) }
            SubjectKeyIdentifier(hash: leaf)
            AuthorityKeyIdentifier(keyIdentifier: try certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
        }
    }
}

// What both kinds of certificates have in common.
extension CertificateAuthority {
    /// The key comes first: without the certificate it is of no use, and in nobody's way.
    private static func write(
        _ certificate: Certificate, _ key: P256.Signing.PrivateKey, _ path: String, _ keyPath: String
    ) throws {
        let text = try certificate.serializeAsPEM().pemString
        try NewFile.create(keyPath, Array((key.pemRepresentation + "\n").utf8), .secret)
        try NewFile.create(path, Array((text + "\n").utf8), .shared)
    }

    private static func text(
        _ path: String, _ what: String, _ protection: ProtectedFile.Protection
    ) throws(SecurityError) -> String {
        let bytes = try ProtectedFile.load(path, what, protection, bytesMax: fileBytesMax)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// 126 random bits, positive and without a leading zero (RFC 5280, section 4.1.2.2, allows 20 bytes).
    private static func serialNumber() -> Certificate.SerialNumber {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0 ... .max) }
        bytes[0] = bytes[0] & 0x3F | 0x40
        return Certificate.SerialNumber(bytes: bytes)
    }

    /// The whole second before, as certificates have them.
    private static func date(_ time: Timestamp, _ offset: Duration) -> Date {
        Date(timeIntervalSince1970: Double((time.nanoseconds + offset.nanoseconds) / 1_000_000_000))
    }

    private static func timestamp(_ date: Date) -> Timestamp {
        Timestamp(nanoseconds: Int64(date.timeIntervalSince1970) * 1_000_000_000)
    }

    private static func failure(_ name: String, _ error: any Error) -> SecurityError {
        SecurityError(.unavailable, "the certificate of \(name) cannot be made: \(error)")
    }
}

extension DistinguishedName {
    /// The last of its common names.
    fileprivate var commonName: String? {
        reversed().lazy.flatMap { $0 }.first { $0.type == .RDNAttributeType.commonName }
            .flatMap { String($0.value) }
    }
}
