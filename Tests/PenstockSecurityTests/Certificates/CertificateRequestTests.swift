import Testing

@testable import PenstockSecurity

@Suite("What certificates can be asked for")
struct CertificateRequestTests {
    private static let week: Duration = .seconds(7 * 86_400)

    private func code(
        _ name: String = "a", hosts: [String] = ["localhost"], _ purposes: CertificateRequest.Purposes = .server,
        _ lifetime: Duration = week
    ) -> SecurityError.Code? {
        do {
            _ = try CertificateRequest(name: name, hosts: hosts, purposes: purposes, lifetime: lifetime)
            return nil
        } catch { return error.code }
    }

    @Test(
        "names are names of files",
        arguments: ["a", "A9", "alice@lab.example", "node-7_b", String(repeating: "a", count: 64)])
    func names(_ name: String) { #expect(code(name) == nil) }

    @Test(
        "what could be another file, or an option, is no name",
        arguments: [
            "", "ca", ".", "..", ".a", "-a", "a/b", "../a", "a b", "a\n", "é", "_a", String(repeating: "a", count: 65),
        ])
    func wrongNames(_ name: String) { #expect(code(name) == .invalidSubject) }

    @Test("a life of 24 hours to 30 days")
    func lifetimes() {
        #expect(code("a", .server, .seconds(86_400)) == nil && code("a", .server, .seconds(30 * 86_400)) == nil)
        #expect(code("a", .server, .seconds(86_399)) == .invalidRequest)
        #expect(code("a", .server, .seconds(30 * 86_400 + 1)) == .lifetimeTooLong)
    }

    @Test("a server is at a host, and everything is for something")
    func purposes() {
        #expect(code(hosts: [], .server) == .invalidRequest && code(hosts: [], [.server, .client]) == .invalidRequest)
        #expect(code(hosts: [], .client) == nil && code([]) == .invalidRequest)
        #expect(code(hosts: Array(repeating: "a", count: 65)) == .invalidRequest)
    }

    private func code(_ purposes: CertificateRequest.Purposes) -> SecurityError.Code? { code("a", purposes) }

    @Test(
        "hosts are addresses or names",
        arguments: [
            ("10.0.0.7", HostName.address([10, 0, 0, 7])), ("localhost", .name("localhost")),
            ("Node7.Cluster", .name("node7.cluster")), ("*.a.b", .name("*.a.b")), ("x-1.a2", .name("x-1.a2")),
            ("::1", .address([UInt8](repeating: 0, count: 15) + [1])),
            ("::ffff:1.2.3.4", .address([UInt8](repeating: 0, count: 10) + [255, 255, 1, 2, 3, 4])),
        ])
    func hosts(_ text: String, _ expected: HostName) { #expect(HostName(text) == expected) }

    @Test(
        "what is neither is refused",
        arguments: [
            "", ".", "a..b", "a.", "-a", "a-", "a_b", "a b", "é", "*", "*.a", "a.*.b", "10.0.0.300", "10.0.0", "1",
            "[::1]",
            "a:1", "https://a", ":::1", String(repeating: "a", count: 64), String(repeating: "a.", count: 127) + "a",
        ])
    func noHosts(_ text: String) {
        #expect(HostName(text) == nil)
        #expect(code(hosts: [text]) == .invalidRequest)
    }
}
