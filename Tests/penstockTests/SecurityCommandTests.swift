import Foundation
import PenstockEvents
import PenstockSecurity
import Testing

@Suite("Keys, certificates and tokens on the command line", .serialized)
struct SecurityCommandTests {
    private func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("an authority and its certificates are made once, and their keys are for their owner alone")
    func pki() throws {
        let place = try Workplace()
        let made = try place.succeed("pki", "init", "--directory", "pki", "--name", "Lab authority", "--valid", "30d")
        #expect(made.output.hasPrefix("made the authority \"Lab authority\" in pki, until "))
        let broker = try place.succeed(
            "pki", "issue", "--directory", "pki", "--name", "broker", "--server", "--host", "localhost", "--host",
            "127.0.0.1", "--valid", "24h")
        #expect(broker.output.hasPrefix("issued pki/broker.pem with its key pki/broker.key, until "))
        let alice = try place.succeed("pki", "issue", "--directory", "pki", "--name", "alice", "--client", "--json")
            .json()
        #expect(alice["certificate"] as? String == "pki/alice.pem" && alice["key"] as? String == "pki/alice.key")
        for name in ["ca", "broker", "alice"] {
            #expect(try permissions(place("pki/\(name).key")) == 0o600, "\(name)")
            #expect(try String(decoding: place.read("pki/\(name).pem"), as: UTF8.self).contains("BEGIN CERTIFICATE"))
        }
        let again = try place.run("pki", "init", "--directory", "pki")
        #expect(again.status == 74 && again.errors.hasPrefix("error: pki/ca.pem is there already"))
        let twice = try place.run("pki", "issue", "--directory", "pki", "--name", "alice", "--client")
        #expect(twice.status == 74 && twice.errors.contains("\nhint: "))
    }

    @Test(
        "what no certificate can be made of is refused with a hint",
        arguments: [
            (["--name", "a"], "would be for nothing", Int32(64)),
            (["--name", "a", "--server"], "would be for no host", 64),
            (["--name", "../a", "--client"], "cannot be the name", 64),
            (["--name", "a", "--client", "--valid", "31d"], "30 d, and not for longer", 64),
            (["--name", "a", "--client", "--valid", "1h"], "24 h at least", 64),
            (["--name", "a", "--server", "--host", "a b"], "neither an IP address nor a DNS name", 64),
            (["--name", "a", "--client", "--valid", "30d"], "would outlive the authority", 64),
        ])
    func refused(_ arguments: [String], _ problem: String, _ status: Int32) throws {
        let place = try Workplace()
        try place.succeed("pki", "init", "--directory", "pki", "--valid", "10d")
        let outcome = try place.start(["pki", "issue", "--directory", "pki"] + arguments).wait()
        #expect(outcome.status == status && outcome.errors.contains(problem), "\(outcome.errors)")
        #expect(outcome.errors.contains("\nhint: ") && outcome.output.isEmpty)
    }

    @Test("a token that was issued is taken with the public keys, and with no others", arguments: ["EdDSA", "ES256"])
    func tokens(_ algorithm: String) throws {
        let place = try Workplace()
        let made = try place.succeed(
            "token", "key", "create", "--private", "issuer.key", "--public", "keys.json", "--algorithm", algorithm,
            "--id",
            "lab-1")
        #expect(made.output == "made the \(algorithm) key lab-1: private in issuer.key, public in keys.json\n")
        #expect(try permissions(place("issuer.key")) == 0o600)
        let printed = try place.succeed(
            "token", "issue", "--key", "issuer.key", "--audience", "broker-1", "--subject", "alice", "--scope",
            "produce:raw.*", "--scope", "admin", "--expires", "2h")
        #expect(printed.lines.count == 1)
        let told = try place.succeed(
            "token", "issue", "--key", "issuer.key", "--audience", "broker-1", "--subject", "bob", "--scope",
            "consume:*",
            "--output", "bob.token")
        #expect(told.output.hasPrefix("issued bob.token for bob, with the id "))
        #expect(try permissions(place("bob.token")) == 0o600)

        let verifier = try TokenVerifier(keys: TokenKeys(contentsOf: place("keys.json")), audience: "broker-1")
        let now = SystemWallClock().now()
        let alice = try verifier.verify(printed.lines[0], at: now)
        #expect(alice.subject == "alice" && alice.permissions.description == "produce:raw.* admin")
        let bob = try verifier.verify(TokenFile.read(place("bob.token")), at: now)
        #expect(bob.subject == "bob" && bob.permissions.allows(.consume, topic: "a"))
        #expect(!told.output.contains(try TokenFile.read(place("bob.token"))))

        let check = ["token", "check", "--public", "keys.json", "bob.token", "--audience"]
        let good = try place.start(check + ["broker-1"]).wait()
        #expect(good.output.hasPrefix("bob (token ") && good.output.contains(") may consume:* at broker-1, until "))
        let wrong = try place.start(check + ["broker-2"]).wait()
        #expect(wrong.status == 78 && wrong.errors.hasPrefix("error: the token is not for this server, broker-2"))

        let again = try place.run(
            "token", "issue", "--key", "issuer.key", "--audience", "b", "--subject", "bob", "--scope", "admin",
            "--output",
            "bob.token")
        #expect(again.status == 74 && again.errors.hasPrefix("error: bob.token is there already"))
    }

    @Test("keys are listed and removed; what a removed one has signed is refused")
    func keys() throws {
        let place = try Workplace()
        for id in ["one", "two"] {
            try place.succeed("token", "key", "create", "--private", "\(id).key", "--public", "keys.json", "--id", id)
        }
        #expect(try place.succeed("token", "key", "list", "--public", "keys.json").output == "EdDSA  one\nEdDSA  two\n")
        let token = try place.succeed(
            "token", "issue", "--key", "one.key", "--audience", "b", "--subject", "a", "--scope", "admin"
        ).lines[0]
        #expect(try place.succeed("token", "key", "remove", "one", "--public", "keys.json").output.hasPrefix("removed"))
        let left = try place.succeed("token", "key", "list", "--public", "keys.json", "--json").json()
        #expect((left["keys"] as? [[String: Any]])?.map { $0["id"] as? String } == ["two"])
        let verifier = try TokenVerifier(keys: TokenKeys(contentsOf: place("keys.json")), audience: "b")
        let error = #expect(throws: SecurityError.self) { try verifier.verify(token, at: SystemWallClock().now()) }
        #expect(error?.code == .unknownKey)
        let missing = try place.run("token", "key", "remove", "one", "--public", "keys.json")
        #expect(missing.status == 78 && missing.errors.contains("hint: there are two"))
        let taken = try place.run(
            "token", "key", "create", "--private", "new.key", "--public", "keys.json", "--id", "two")
        #expect(taken.status == 64 && !FileManager.default.fileExists(atPath: place("new.key")))
    }

    @Test("a key that others can read issues nothing")
    func exposed() throws {
        let place = try Workplace()
        try place.succeed("token", "key", "create", "--private", "issuer.key", "--public", "keys.json")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: place("issuer.key"))
        let outcome = try place.run(
            "token", "issue", "--key", "issuer.key", "--audience", "b", "--subject", "a", "--scope", "admin")
        #expect(outcome.status == 78 && outcome.errors.contains("hint: chmod 600 issuer.key") && outcome.output.isEmpty)
    }

    @Test(
        "what no token can be issued for is refused with a hint",
        arguments: [
            (["--scope", "write:a"], "is no scope", Int32(64)), (["--scope", "consume:raw/*"], "is no pattern", 64),
            ([], "would allow nothing", 64),
            (["--scope", "admin", "--expires", "25h"], "24 h, and not for longer", 64),
            (["--scope", "produce:_penstock.*"], "the log keeps for itself", 64),
        ])
    func refusedTokens(_ arguments: [String], _ problem: String, _ status: Int32) throws {
        let place = try Workplace()
        try place.succeed("token", "key", "create", "--private", "issuer.key", "--public", "keys.json")
        let common = ["token", "issue", "--key", "issuer.key", "--audience", "b", "--subject", "a"]
        let outcome = try place.start(common + arguments).wait()
        #expect(outcome.status == status && outcome.errors.contains(problem), "\(outcome.errors)")
        #expect(outcome.errors.contains("\nhint: ") && outcome.output.isEmpty)
    }

    @Test("the names that no pattern means are those that the log keeps for itself")
    func internalTopics() throws {
        let place = try Workplace()
        let name = TopicPattern.internalPrefix + "mine"
        let refused = try place.run("topic", "create", name, "--schema", "A@1 { }")
        #expect(refused.status != 0 && refused.errors.contains("a topic of the log's own"))
        try place.succeed("topic", "create", "_penstock-mine", "--schema", "A@1 { }")
        let longest = String(repeating: "a", count: TopicPattern.bytesMax)
        try place.succeed("topic", "create", longest, "--schema", "A@1 { }")
        #expect(try place.run("topic", "create", longest + "a", "--schema", "A@1 { }").status != 0)
    }
}
