import FabricPeer
import Foundation
import NIOSSL
import PenstockEvents
import TestSupport
import Testing

@testable import PenstockFabric

extension FabricSuites {
    /// Who is let in over TLS. The certificates, and the peers that are not Penstock, are those of `openssl`.
    @Suite("TLS", .timeLimit(.minutes(10)))
    struct TLSTests {
        /// What a client that tried to connect, and the listener, have to say.
        private struct Outcome {
            var client: FabricError?
            var rejected: [FabricError]
            var clientSees: FabricPeer?
            var listenerSees: [FabricPeer]
        }

        /// Has one client connect to one listener.
        private func connect(
            to listenerSecurity: TCPSecurity, as clientSecurity: TCPSecurity, host: String = "127.0.0.1"
        ) async throws -> Outcome {
            let (rejected, peers) = (Outcomes<FabricError>(), Outcomes<FabricPeer>())
            let site = try TCPTransport(security: listenerSecurity) { rejected.add($0) }
            let listener = try await site.listen(at: .host("127.0.0.1", port: 0)) { connection in
                peers.add(connection.peer)
                return RecordingHandler()
            }
            guard case .host(_, let port) = listener.address else { throw CancellationError() }
            let transport = try TCPTransport(security: clientSecurity)
            var outcome = Outcome(rejected: [], listenerSees: [])
            do {
                let connection = try await transport.connect(to: .host(host, port: port), RecordingHandler())
                outcome.clientSees = connection.peer
            } catch {
                outcome.client = error
                outcome.rejected = await rejected.values(1)
            }
            outcome.listenerSees = peers.values
            await transport.close()
            await site.close()
            return outcome
        }

        private func certificates() throws -> TestCertificates { try TestCertificates.shared.get() }

        @Test("both ends know the verified name of the other")
        func names() async throws {
            let site = try certificates().identity("broker", requiresClientCertificate: true)
            let client = try certificates().identity("producer")
            let outcome = try await connect(to: .tls(site), as: .tls(client), host: "localhost")
            #expect(outcome.clientSees?.identity == "broker")
            #expect(outcome.listenerSees.map(\.identity) == ["producer"])
        }

        @Test("a certificate without a common name is known by its first alternative name")
        func alternativeName() async throws {
            let site = try certificates().identity("broker", requiresClientCertificate: true)
            let client = try certificates().identity(
                "x", subject: "/O=Beamline", names: "DNS:detector.example,DNS:other.example")
            #expect(
                try await connect(to: .tls(site), as: .tls(client)).listenerSees.map(\.identity) == ["detector.example"]
            )
        }

        @Test("a client without a certificate is let in, without a name, where none is asked for")
        func anonymous() async throws {
            let site = try certificates().identity("broker")
            let client = TLSIdentity(authorities: try certificates().authorities)
            let outcome = try await connect(to: .tls(site), as: .tls(client))
            #expect(outcome.clientSees?.identity == "broker")
            #expect(outcome.listenerSees.count == 1 && outcome.listenerSees[0].identity == nil)
            // Not even a certificate that is shown is a name where nobody has verified it.
            let named = try certificates().identity("producer")
            #expect(try await connect(to: .tls(site), as: .tls(named)).listenerSees.map(\.identity) == [nil])
        }

        @Test("a client without a certificate is refused where one is asked for")
        func missingCertificate() async throws {
            let site = try certificates().identity("broker", requiresClientCertificate: true)
            let client = TLSIdentity(authorities: try certificates().authorities)
            let outcome = try await connect(to: .tls(site), as: .tls(client))
            #expect(outcome.client?.code == .notTrusted)
            #expect(outcome.client?.summary.contains("certificate required") == true)
            #expect(outcome.rejected.map(\.code) == [.notTrusted])
            #expect(outcome.listenerSees.isEmpty)
        }

        @Test("a certificate of another authority is not trusted, from either side")
        func wrongAuthority() async throws {
            let others = try TestCertificates("Another authority")
            let site = try certificates().identity("broker", requiresClientCertificate: true)
            let stranger = try others.identity("producer")
            var client = stranger
            client.authorities = try certificates().authorities
            let refusedByListener = try await connect(to: .tls(site), as: .tls(client))
            #expect(refusedByListener.client?.code == .notTrusted && refusedByListener.rejected[0].code == .notTrusted)
            #expect(refusedByListener.rejected[0].summary.contains("issued by Another authority"))
            let refusedByClient = try await connect(to: .tls(site), as: .tls(stranger))
            #expect(refusedByClient.client?.code == .notTrusted)
            #expect(refusedByClient.client?.summary.contains("issued by Penstock test authority") == true)
            #expect(refusedByListener.listenerSees.isEmpty && refusedByClient.listenerSees.isEmpty)
        }

        @Test("an expired certificate is not trusted, and the message says so")
        func expired() async throws {
            let site = try certificates().identity("broker", days: -1)
            let outcome = try await connect(
                to: .tls(site), as: .tls(TLSIdentity(authorities: try certificates().authorities)))
            #expect(outcome.client?.code == .notTrusted)
            #expect(outcome.client?.summary.contains("has expired") == true)
            #expect(outcome.rejected[0].summary.contains("certificate expired"), "as the client's alert tells")
        }

        @Test(
            "a certificate for another host is not trusted",
            arguments: [
                ("127.0.0.1", "DNS:localhost"), ("127.0.0.1", "IP:127.0.0.2"), ("localhost", "IP:127.0.0.1"),
                ("localhost", "DNS:broker.example"), ("localhost", "DNS:*"), ("localhost", "URI:localhost"),
            ])
        func otherHost(host: String, names: String) async throws {
            let site = try certificates().identity("broker", names: names)
            let client = TLSIdentity(authorities: try certificates().authorities)
            let outcome = try await connect(to: .tls(site), as: .tls(client), host: host)
            #expect(outcome.client?.code == .notTrusted)
            #expect(outcome.listenerSees.isEmpty)
        }

        @Test(
            "names are compared as RFC 9525 says: case does not matter, a star stands for one label",
            arguments: [
                ("broker.example", "DNS:broker.example", true), ("Broker.EXAMPLE.", "DNS:bROKER.example", true),
                ("a.lab.example", "DNS:*.lab.example", true), ("a.b.lab.example", "DNS:*.lab.example", false),
                ("lab.example", "DNS:*.lab.example", false), ("lab.example", "DNS:*.example", false),
                ("a.lab.example", "DNS:a*.lab.example", false),
                ("x.example", "IP:127.0.0.1,DNS:y.example,DNS:x.example", true),
                ("broker", "DNS:other", false),
            ])
        func hostNames(host: String, names: String, isFor: Bool) throws {
            let identity = try certificates().identity("broker", names: names)
            let certificate = try NIOSSLCertificate.fromPEMFile(try #require(identity.certificateChain))[0]
            #expect(certificate.isFor(host: host) == isFor)
        }

        @Test("plain text to a TLS port, and TLS to a plain one, are told apart")
        func mixed() async throws {
            let identity = try certificates().identity("broker")
            let plainToTLS = try await connect(to: .tls(identity), as: .plaintext)
            #expect(plainToTLS.client?.code == .protocolViolation)
            #expect(plainToTLS.client?.summary.contains("speaks TLS") == true)
            #expect(plainToTLS.rejected.map(\.code) == [.notTrusted])
            let tlsToPlain = try await connect(to: .plaintext, as: .tls(identity))
            #expect(tlsToPlain.client?.code == .refused)
            #expect(tlsToPlain.client?.hint?.contains("plain text") == true)
            #expect(tlsToPlain.rejected.map(\.code) == [.protocolViolation])
            #expect(tlsToPlain.rejected[0].summary.contains("speaks TLS"))
        }

        /// Has `openssl s_client` connect, and gives what it says and what the listener says.
        private func client(_ arguments: String...) async throws -> (output: String, rejected: FabricError) {
            let rejected = Outcomes<FabricError>()
            let site = try TCPTransport(security: .tls(try certificates().identity("broker"))) {
                rejected.add($0)
            }
            let listener = try await site.listen(at: .host("127.0.0.1", port: 0)) { _ in RecordingHandler() }
            let (_, output) = try OpenSSL.run(
                ["s_client", "-connect", "\(listener.address)", "-CAfile", try certificates().authorities] + arguments)
            let error = await rejected.values(1)[0]
            await site.close()
            return (output, error)
        }

        @Test("a peer with TLS 1.2 is refused, with 1.3 it is not")
        func version() async throws {
            let old = try await client("-alpn", "penstock/1", "-tls1_2")
            #expect(old.output.contains("alert protocol version"))
            #expect(old.rejected.code == .notTrusted)
            let new = try await client("-alpn", "penstock/1", "-tls1_3")
            #expect(
                new.output.contains("Verify return code: 0 (ok)") && new.output.contains("ALPN protocol: penstock/1"))
            #expect(new.rejected.code == .refused, "it goes without a hello: \(new.rejected)\n\(new.output)")
        }

        @Test("a peer that does not speak penstock/1 is refused")
        func applicationProtocol() async throws {
            for arguments in [[], ["-alpn", "h2"]] {
                let outcome = try await arguments.isEmpty ? client("-tls1_3") : client("-tls1_3", "-alpn", "h2")
                #expect(outcome.rejected.code == .notTrusted)
            }
        }

        @Test("files that cannot be used are named, with what to do")
        func files() throws {
            let good = try certificates().identity("broker")
            let other = try certificates().identity("other")
            let text = try certificates().file("notes.txt", "no certificate\n")
            let open = try certificates().file(
                "open.key", String(contentsOfFile: try #require(good.privateKey), encoding: .utf8))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: open)
            let cases: [(WritableKeyPath<TLSIdentity, String?>, String?, String)] = [
                (\.certificateChain, "/nowhere/a.pem", "/nowhere/a.pem"), (\.certificateChain, text, text),
                (\.privateKey, "/nowhere/a.key", "/nowhere/a.key"),
                (\.privateKey, other.privateKey, try #require(other.privateKey)),
                (\.privateKey, open, "chmod 600"),
                (\.privateKey, good.certificateChain, try #require(good.certificateChain)),
                (\.privateKey, nil, "both"), (\.certificateChain, nil, "both"),
            ]
            for (field, path, expected) in cases {
                var identity = good
                identity[keyPath: field] = path
                let error = #expect(throws: FabricError.self) { try TCPTransport(security: .tls(identity)) }
                #expect(error?.code == .invalidIdentity)
                let text = (error?.summary ?? "") + " " + (error?.hint ?? "")
                #expect(text.contains(expected))
            }
            for path in ["/nowhere/authorities.pem", text] {
                let error = #expect(throws: FabricError.self) {
                    try TCPTransport(security: .tls(TLSIdentity(authorities: path)))
                }
                #expect(error?.code == .invalidIdentity && error?.summary.contains(path) == true)
            }
        }

        @Test("renewed files are used from a reload on, and ones that cannot be used are not")
        func reload() async throws {
            let (first, second) = (try certificates().identity("first"), try certificates().identity("second"))
            let (chain, key) = (try #require(first.certificateChain), try #require(first.privateKey))
            let site = try TCPTransport(security: .tls(first))
            let listener = try await site.listen(at: .host("127.0.0.1", port: 0)) { _ in RecordingHandler() }
            let transport = try TCPTransport(security: .tls(TLSIdentity(authorities: first.authorities)))
            func name() async throws -> String? {
                try await transport.connect(to: listener.address, RecordingHandler()).peer.identity
            }
            func copy(_ source: String, to target: String) throws {
                try Data(contentsOf: URL(fileURLWithPath: source)).write(to: URL(fileURLWithPath: target))
            }
            try copy(try #require(second.certificateChain), to: chain)
            #expect(throws: FabricError.self, "the key is still that of the first") { try site.reload() }
            #expect(try await name() == "first")
            try copy(try #require(second.privateKey), to: key)
            try site.reload()
            #expect(try await name() == "second")
            await transport.close()
            await site.close()
        }

        @Test("nobody is let in over TLS by a listener without a certificate")
        func listenerWithoutCertificate() async throws {
            let transport = try TCPTransport(security: .tls(TLSIdentity(authorities: try certificates().authorities)))
            let error = await #expect(throws: FabricError.self) {
                _ = try await transport.listen(at: .host("127.0.0.1", port: 0)) { _ in nil }
            }
            #expect(error?.code == .invalidIdentity)
            await transport.close()
        }
    }
}
