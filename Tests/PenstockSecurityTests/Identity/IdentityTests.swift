import PenstockEvents
import Testing

@testable import PenstockSecurity

@Suite("Identities")
struct IdentityTests {
    private func identity(
        _ subject: String, _ proof: Identity.Proof, expires: Int64? = nil
    ) throws(SecurityError) -> Identity {
        try Identity(
            subject: subject, proof: proof, permissions: .none, expires: expires.map { Timestamp(nanoseconds: $0) })
    }

    @Test("subjects are 1 to 128 printable ASCII characters, without spaces at the ends")
    func subjects() throws {
        for good in ["a", "Alice Smith", "uid:0", "a@b", "~", String(repeating: "a", count: 128)] {
            #expect(try identity(good, .unixPeer(uid: 0)).subject == good)
        }
        for wrong in ["", " ", " a", "a ", "a\nb", "a\u{7F}", "é", "a\u{202E}b", String(repeating: "a", count: 129)] {
            let error = #expect(throws: SecurityError.self) { try identity(wrong, .unixPeer(uid: 0)) }
            #expect(error?.code == .invalidSubject)
        }
    }

    @Test("the same subject, proven in another way, is somebody else")
    func proofs() throws {
        let all = try [
            identity("uid:1", .certificate(subject: "uid:1")), identity("uid:1", .token(id: "t")),
            identity("uid:1", .munge(uid: 1)), identity("uid:1", .unixPeer(uid: 1)),
        ]
        #expect(Set(all).count == 4)
        #expect(
            all.map(\.description) == ["uid:1 (certificate)", "uid:1 (token t)", "uid:1 (munge)", "uid:1 (unix)"])
    }

    @Test("an identity ends at its end, and not before; one without an end does not")
    func expiry() throws {
        let one = try identity("a", .token(id: "t"), expires: 10)
        #expect(!one.isExpired(at: Timestamp(nanoseconds: 9)) && one.isExpired(at: Timestamp(nanoseconds: 10)))
        #expect(try !identity("a", .munge(uid: 0)).isExpired(at: .distantFuture))
    }
}
