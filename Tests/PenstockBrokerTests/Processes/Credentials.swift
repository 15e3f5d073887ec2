import PenstockEvents
import PenstockFabric
import PenstockSecurity
import TestSupport

@testable import BrokerPeer

/// What a broker needs that lets in by TLS and tokens, and what its clients need: an authority, the broker's certificate, and a key that
/// signs tokens.
struct Credentials: Sendable {
    private static let audience = "broker"

    private let folder: TestFolder
    private let certificate: CertificateFiles
    private let key: TokenSigningKey

    /// - Parameter scopes: What honest clients may do.
    init(
        host: String, scopes: String = "produce:\(LoadRecord.topic) consume:\(LoadRecord.topic)"
    ) throws {
        folder = try TestFolder()
        let now = SystemWallClock().now()
        let authority = try CertificateAuthority.create(
            in: folder("pki"), name: "authority", lifetime: .seconds(2 * 86_400), at: now)
        certificate = try authority.issue(
            CertificateRequest(name: "broker", hosts: [host], purposes: .server, lifetime: .seconds(86_400)), at: now)
        key = try TokenSigningKey(.edDSA, id: "beamline")
        var keys = TokenKeys()
        try keys.add(key)
        try keys.write(to: folder("keys.json"))
        try TokenFile.write(try token(scopes), to: tokenFile)
    }

    /// The file with the token that honest clients show.
    var tokenFile: String { folder("token") }
    /// The file with the authority's certificate.
    var authorities: String { folder("pki/" + CertificateAuthority.certificateFile) }

    /// How a broker is told of the certificate.
    var certificateOptions: [String] {
        ["--certificate", certificate.certificateChain, "--key", certificate.privateKey, "--ca", authorities]
    }

    /// How `penstock serve` is told of them.
    var serverOptions: [String] {
        certificateOptions + ["--token-keys", folder("keys.json"), "--audience", Self.audience]
    }

    /// How clients are told.
    var environment: [String: String] { ["PENSTOCK_CA": authorities, "PENSTOCK_TOKEN_FILE": tokenFile] }

    /// A transport that trusts the authority.
    func transport(_ limits: FabricLimits = FabricLimits()) throws -> TCPTransport {
        try TCPTransport(
            limits: limits,
            security: .tls(TLSIdentity(authorities: authorities, certificateChain: nil, privateKey: nil)))
    }

    /// A token for so many seconds, which began so many seconds ago.
    func token(
        _ scopes: String, audience: String = audience, secondsAgo: Int64 = 0, lifetime: Int64 = 3600,
        signedBy other: TokenSigningKey? = nil
    ) throws -> String {
        let now = SystemWallClock().now()
        return try (other ?? key).token(
            TokenClaims(
                subject: "alice", audience: audience, permissions: Permissions(parsing: scopes),
                issued: Timestamp(nanoseconds: now.nanoseconds - secondsAgo * 1_000_000_000),
                lifetime: .seconds(lifetime)))
    }
}
