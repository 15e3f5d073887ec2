import Foundation
import TestSupport
import Testing

@testable import PenstockSecurity

@Suite("The policy of subjects and users")
struct AccessPolicyTests {
    private let text = """
        {
          "certificates": { "alice": ["consume:*", "admin"], "detector-7": ["produce:raw.*"], "1000": ["admin"] },
          "users": { "1000": ["consume:raw.*"] }
        }
        """

    @Test("who is named may do what stands there, and everybody else nothing")
    func named() throws {
        let folder = try TestFolder()
        let policy = try AccessPolicy(contentsOf: folder.writeProtected(text, to: "access.json", 0o644))
        let alice = try policy.identity(ofCertificate: "alice")
        #expect(alice.permissions.allowsAdministration && alice.permissions.allows(.consume, topic: "a"))
        #expect(alice.proof == .certificate(subject: "alice") && alice.subject == "alice")
        #expect(try policy.identity(ofCertificate: "detector-7").permissions.allows(.produce, topic: "raw.1"))
        for stranger in ["Alice", "alice2", "mallory", "uid:1000"] {
            #expect(try policy.identity(ofCertificate: stranger).permissions == .none)
        }
    }

    @Test("a certificate with a user's number for a name is not that user")
    func kinds() throws {
        let policy = try AccessPolicy(parsing: Array(text.utf8), of: "access.json")
        for user in [policy.identity(ofMungeUser: 1000), policy.identity(ofUnixPeer: 1000)] {
            #expect(user.subject == "uid:1000" && user.permissions.description == "consume:raw.*")
        }
        #expect(policy.identity(ofMungeUser: 1000).proof == .munge(uid: 1000))
        #expect(policy.identity(ofUnixPeer: 0).permissions == .none)
        #expect(policy.permissions(ofCertificate: "1000").description == "admin")
        #expect(AccessPolicy().identity(ofUnixPeer: 0).permissions == .none)
    }

    @Test(
        "what is wrong is told with the file, and the line or the member",
        arguments: [
            ("{", "f, line 1, column 2"), ("{\n  \"users\": {},\n}", "f, line 3, column 1"),
            ("[]", "f: the file has to be an object"), (#"{"user":{}}"#, #"f: "user" is nothing"#),
            (#"{"users":[]}"#, "f: users has to be an object"),
            (#"{"users":{"alice":["admin"]}}"#, #"f: users."alice" is no number"#),
            (#"{"users":{"01":["admin"]}}"#, #"f: users."01" is no number"#),
            (#"{"users":{"-1":["admin"]}}"#, #"f: users."-1" is no number"#),
            (#"{"users":{"4294967296":["admin"]}}"#, #"f: users."4294967296" is no number"#),
            (#"{"certificates":{"a":"admin"}}"#, #"f: certificates."a" has to be an array"#),
            (#"{"certificates":{"a":["admin",1]}}"#, #"f: certificates."a"[1] is no text"#),
            (#"{"certificates":{"a":["admin","x"]}}"#, #"f: certificates."a"[1]: "x" is no scope"#),
            (#"{"certificates":{"a":["admin"],"a":[]}}"#, #"f: certificates has "a" twice"#),
            (#"{"certificates":{"":["admin"]}}"#, #"f: certificates."" cannot be a subject"#),
            (#"{"users":{},"users":{}}"#, #"f: the file has "users" twice"#),
        ])
    func wrong(_ text: String, _ place: String) throws {
        let error = #expect(throws: SecurityError.self) { try AccessPolicy(parsing: Array(text.utf8), of: "f") }
        #expect(error?.code == .invalidFile)
        #expect(error?.summary.hasPrefix(place) == true, "\(error?.summary ?? "")")
    }

    @Test("a policy that others can write is refused")
    func exposed() throws {
        let folder = try TestFolder()
        let error = try #require(throws: SecurityError.self) {
            try AccessPolicy(contentsOf: folder.writeProtected(text, to: "access.json", 0o664))
        }
        #expect(error.code == .exposedFile && error.hint?.hasPrefix("chmod go-w ") == true)
    }
}
