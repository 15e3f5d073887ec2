import Crypto
import Foundation
import PenstockEvents
import TestSupport
import Testing
@_spi(FixedExpiryValidationTime) import X509

@testable import PenstockSecurity

@Suite("A certificate authority of one's own", .serialized)
struct CertificateAuthorityTests {
    private let folder: TestFolder
    private let now = SystemWallClock().now()

    init() throws { folder = try TestFolder() }

    private func authority(_ name: String = "pki", days: Int64 = 365) throws -> CertificateAuthority {
        try CertificateAuthority.create(
            in: folder(name), name: "Test authority", lifetime: .seconds(days * 86_400), at: now)
    }

    private func request(
        _ name: String, hosts: [String] = [], _ purposes: CertificateRequest.Purposes, days: Int64 = 7
    ) throws(SecurityError) -> CertificateRequest {
        try CertificateRequest(name: name, hosts: hosts, purposes: purposes, lifetime: .seconds(days * 86_400))
    }

    private func certificate(_ path: String) throws -> Certificate {
        try Certificate(pemEncoded: String(contentsOfFile: path, encoding: .utf8))
    }

    /// Whether swift-certificates takes the certificate for a host, some days from now.
    private func isValid(
        _ certificate: Certificate, of root: Certificate, host: String? = nil, address: String? = nil, day: Int64 = 0
    ) async -> Bool {
        let time = Date(timeIntervalSince1970: Double(now.nanoseconds / 1_000_000_000 + day * 86_400))
        var verifier = Verifier(rootCertificates: CertificateStore([root])) {
            RFC5280Policy(fixedExpiryValidationTime: time)
            if host != nil || address != nil { ServerIdentityPolicy(serverHostname: host, serverIP: address) }
        }
        let result = await verifier.validate(leaf: certificate, intermediates: CertificateStore([]))
        if case .validCertificate = result { return true }
        return false
    }

    @Test("swift-certificates takes a server's certificate for its hosts, and for its time alone")
    func server() async throws {
        let authority = try authority()
        let hosts = ["Node7.cluster.example", "*.lab.example", "10.0.0.7", "::1"]
        let files = try authority.issue(request("broker", hosts: hosts, .server), at: now)
        let (leaf, root) = (try certificate(files.certificateChain), try certificate(authority.certificatePath))
        for host in ["node7.cluster.example", "a.lab.example"] {
            #expect(await isValid(leaf, of: root, host: host), "\(host)")
        }
        for address in ["10.0.0.7", "::1"] { #expect(await isValid(leaf, of: root, address: address), "\(address)") }
        #expect(await !isValid(leaf, of: root, host: "node8.cluster.example"))
        #expect(await !isValid(leaf, of: root, host: "broker"))
        #expect(await !isValid(leaf, of: root, address: "10.0.0.8"))
        #expect(await isValid(leaf, of: root, day: 6))
        #expect(await !isValid(leaf, of: root, day: 8))
        #expect(await !isValid(leaf, of: root, day: -1))
        let other = try certificate(self.authority("other").certificatePath)
        #expect(await !isValid(leaf, of: other))
    }

    @Test("usages, names and the end are those that were asked for")
    func content() throws {
        let authority = try authority()
        let files = try authority.issue(request("alice@lab", .client, days: 1), at: now)
        let leaf = try certificate(files.certificateChain)
        #expect(leaf.subject.description == "CN=alice@lab" && leaf.issuer.description == "CN=Test authority")
        #expect(try leaf.extensions.keyUsage == KeyUsage(digitalSignature: true))
        #expect(try leaf.extensions.extendedKeyUsage == ExtendedKeyUsage([.clientAuth]))
        #expect(try leaf.extensions.subjectAlternativeNames == nil)
        #expect(try leaf.extensions.basicConstraints == .notCertificateAuthority)
        let end = now.nanoseconds / 1_000_000_000 + 86_400
        #expect(leaf.notValidAfter == Date(timeIntervalSince1970: Double(end)))
        #expect(files.expires == Timestamp(nanoseconds: end * 1_000_000_000))
        let root = try certificate(authority.certificatePath)
        #expect(try root.extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
        #expect(try root.extensions.keyUsage == KeyUsage(keyCertSign: true, cRLSign: true))
        #expect(
            authority.name == "Test authority" && authority.expires.nanoseconds / 1_000_000_000 == end + 364 * 86_400)
        let both = try authority.issue(request("relay", hosts: ["localhost"], [.server, .client]), at: now)
        #expect(
            try certificate(both.certificateChain).extensions.extendedKeyUsage
                == ExtendedKeyUsage([.serverAuth, .clientAuth]))
    }

    @Test("keys are for their owner alone, belong to their certificates, and differ")
    func keys() throws {
        let authority = try authority()
        let files = try authority.issue(request("a", .client), at: now)
        let other = try authority.issue(request("b", .client), at: now)
        #expect(try folder.permissions("pki") == 0o700)
        for (name, permissions) in [("ca.key", 0o600), ("a.key", 0o600), ("ca.pem", 0o644), ("a.pem", 0o644)] {
            #expect(try folder.permissions("pki/" + name) == permissions, "\(name)")
        }
        #expect(folder.names(in: "pki") == ["a.key", "a.pem", "b.key", "b.pem", "ca.key", "ca.pem"])
        let key = try P256.Signing.PrivateKey(pemRepresentation: folder.text("pki/a.key"))
        let (one, two) = (try certificate(files.certificateChain), try certificate(other.certificateChain))
        #expect(one.publicKey == Certificate.PublicKey(key.publicKey) && one.publicKey != two.publicKey)
        #expect(one.serialNumber != two.serialNumber)
        // RFC 5280, section 4.1.2.2: positive, and 20 bytes at most.
        #expect(
            (1...20).contains(one.serialNumber.bytes.count) && one.serialNumber.bytes.first.map { $0 < 0x80 } == true)
    }

    @Test("nothing that is there is overwritten")
    func noOverwriting() throws {
        let authority = try authority()
        let before = try folder.text("pki/ca.key")
        var error = #expect(throws: SecurityError.self) { try self.authority() }
        #expect(error?.code == .fileExists)
        #expect(try folder.text("pki/ca.key") == before)
        _ = try authority.issue(request("a", .client), at: now)
        let key = try folder.text("pki/a.key")
        error = #expect(throws: SecurityError.self) { try authority.issue(request("a", .client), at: now) }
        #expect(error?.code == .fileExists)
        #expect(try folder.text("pki/a.key") == key)
        try folder.remove("pki/a.key")
        #expect(throws: SecurityError.self) { try authority.issue(request("a", .client), at: now) }
        #expect(!folder.contains("pki/a.key"))
    }

    @Test("no certificate outlives its authority")
    func authorityEnds() throws {
        let authority = try authority(days: 3)
        var error = #expect(throws: SecurityError.self) { try authority.issue(request("a", .client, days: 4), at: now) }
        #expect(error?.code == .lifetimeTooLong)
        _ = try authority.issue(request("a", .client, days: 3), at: now)
        let later = Timestamp(nanoseconds: now.nanoseconds + 3 * 86_400 * 1_000_000_000)
        error = #expect(throws: SecurityError.self) { try authority.issue(request("b", .client, days: 1), at: later) }
        #expect(error?.code == .expired)
    }

    @Test("an authority is read from its files, where they belong together and nobody else can read the key")
    func reading() throws {
        let made = try authority()
        #expect(try CertificateAuthority(directory: folder("pki")).name == made.name)
        _ = try authority("other")
        let path = folder("pki/ca.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        var error = #expect(throws: SecurityError.self) { try CertificateAuthority(directory: folder("pki")) }
        #expect(error?.code == .exposedFile)
        _ = try folder.writeProtected(folder.text("other/ca.key"), to: "pki/ca.key", 0o600)
        error = #expect(throws: SecurityError.self) { try CertificateAuthority(directory: folder("pki")) }
        #expect(error?.code == .invalidFile && error?.description.contains("PRIVATE") == false)
        error = #expect(throws: SecurityError.self) { try CertificateAuthority(directory: folder("nowhere")) }
        #expect(error?.code == .missingFile)
    }

    @Test("a certificate that is no authority's signs nothing")
    func noAuthority() throws {
        let authority = try authority()
        let files = try authority.issue(request("a", .client), at: now)
        try FileManager.default.createDirectory(atPath: folder("fake"), withIntermediateDirectories: false)
        try FileManager.default.copyItem(atPath: files.certificateChain, toPath: folder("fake/ca.pem"))
        try FileManager.default.copyItem(atPath: files.privateKey, toPath: folder("fake/ca.key"))
        let error = #expect(throws: SecurityError.self) { try CertificateAuthority(directory: folder("fake")) }
        #expect(error?.code == .invalidFile)
    }

    @Test(
        "openssl takes what is issued, strictly, and for its purpose alone",
        .enabled(if: OpenSSL.isPresent, "\(OpenSSL.absent)"))
    func openssl() throws {
        let authority = try authority()
        let hosts = ["node7.cluster.example", "10.0.0.7", "fe80::1"]
        let server = try authority.issue(request("broker", hosts: hosts, .server), at: now).certificateChain
        let client = try authority.issue(request("alice", .client), at: now).certificateChain
        func verify(_ arguments: String...) throws -> Bool {
            let common = ["verify", "-x509_strict", "-CAfile", authority.certificatePath]
            let all = common + arguments
            let result = try OpenSSL.run(all)
            return result.status == 0
        }
        #expect(try verify("-purpose", "sslserver", "-verify_hostname", "node7.cluster.example", server))
        #expect(try verify("-purpose", "sslserver", "-verify_ip", "10.0.0.7", server))
        #expect(try verify("-purpose", "sslserver", "-verify_ip", "fe80::1", server))
        #expect(try verify("-purpose", "sslclient", client))
        #expect(try !verify("-purpose", "sslserver", "-verify_hostname", "node8.cluster.example", server))
        #expect(try !verify("-purpose", "sslclient", server))
        #expect(try !verify("-purpose", "sslserver", client))
        let other = try self.authority("other")
        #expect(try OpenSSL.run(["verify", "-CAfile", other.certificatePath, client]).status != 0)
        let key = try OpenSSL.run(["pkey", "-in", folder("pki/alice.key"), "-pubout"])
        let ofCertificate = try OpenSSL.run(["x509", "-in", client, "-noout", "-pubkey"])
        #expect(key.status == 0 && key.output == ofCertificate.output)
    }
}
