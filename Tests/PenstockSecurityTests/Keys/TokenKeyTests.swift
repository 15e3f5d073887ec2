import Foundation
import PenstockEvents
import TestSupport
import Testing

@testable import PenstockSecurity

@Suite("Keys that sign tokens")
struct TokenKeyTests {
    @Test("the signature of RFC 8037, appendix A.4, is that of its key, and of no other message")
    func ed25519Vector() throws {
        let key = try PublishedKeys.signingKey(PublishedKeys.ed25519).verificationKey
        let message = Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
        let signature = try #require(
            Base64URL.decode(
                "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg".utf8))
        #expect(key.isSignature(signature, of: message))
        #expect(!key.isSignature(signature, of: message + [0]) && !key.isSignature(signature.dropLast(), of: message))
    }

    @Test("the signature of RFC 7515, appendix A.3, is that of its key, and of no other message")
    func p256Vector() throws {
        let key = try PublishedKeys.signingKey(PublishedKeys.p256).verificationKey
        let claims = """
            eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ
            """
        let message = Array(("eyJhbGciOiJFUzI1NiJ9." + claims).utf8)
        let signature = try #require(
            Base64URL.decode(
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q".utf8))
        #expect(key.isSignature(signature, of: message))
        #expect(!key.isSignature(signature, of: message + [0]) && !key.isSignature(signature.dropLast(), of: message))
        #expect(!key.isSignature([UInt8](repeating: 0, count: 64), of: message))
    }

    // RFC 8037, appendix A.3; the other by joserfc for Python.
    @Test("thumbprints are those of RFC 8037 and of another implementation")
    func thumbprints() throws {
        #expect(
            try PublishedKeys.signingKey(PublishedKeys.ed25519).verificationKey.thumbprint
                == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        #expect(
            try PublishedKeys.signingKey(PublishedKeys.p256).verificationKey.thumbprint
                == "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U")
    }

    @Test("a key comes back from its file, which only its owner can read", arguments: TokenAlgorithm.allCases)
    func file(_ algorithm: TokenAlgorithm) throws {
        let folder = try TestFolder()
        let key = try TokenSigningKey(algorithm, id: "k1")
        try key.write(to: folder("issuer.key"))
        #expect(try folder.permissions("issuer.key") == 0o600)
        let read = try TokenSigningKey(contentsOf: folder("issuer.key"))
        #expect(read.id == "k1" && read.algorithm == algorithm)
        #expect(read.verificationKey.isSignature(try key.signature(of: [1, 2]), of: [1, 2]))
        #expect(throws: SecurityError.self) { try key.write(to: folder("issuer.key")) }
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder("issuer.key"))
        let error = #expect(throws: SecurityError.self) { try TokenSigningKey(contentsOf: folder("issuer.key")) }
        #expect(error?.code == .exposedFile)
    }

    @Test("nothing that is printed of a key has its secret half in it")
    func printing() throws {
        let key = try PublishedKeys.signingKey()
        for text in ["\(key)", String(reflecting: key), "\(Mirror(reflecting: key).children.map { "\($0)" })"] {
            #expect(!text.contains("nWGx") && !text.contains("157, 97"), "\(text)")
        }
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("nWGx") && !dumped.contains("157") && dumped.contains("rfc-8037"))
    }

    @Test(
        "what is no private key is refused, without a word of what it is",
        arguments: [
            "", "x", "[]", "{}", PublishedKeys.ed25519.replacing("nWGx", with: "nWG"),
            PublishedKeys.ed25519.replacing("11qY", with: "21qY"), PublishedKeys.p256.replacing("x_FE", with: "x_FF"),
            PublishedKeys.ed25519.replacing("rfc-8037", with: ""), PublishedKeys.ed25519.replacing("OKP", with: "RSA"),
            PublishedKeys.ed25519.replacing("Ed25519", with: "X25519"),
            PublishedKeys.p256.replacing(#""d""#, with: #""e""#),
            PublishedKeys.p256.replacing(
                "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI", with: String(repeating: "A", count: 43)),
        ])
    func wrongPrivate(_ text: String) throws {
        let error = #expect(throws: SecurityError.self) { try TokenSigningKey(parsing: Array(text.utf8), of: "f") }
        #expect(error?.code == .invalidFile)
        #expect(error?.description.contains("nWG") == false && error?.description.contains("jpsQ") == false)
    }

    @Test(
        "ids of keys are printable, and not long",
        arguments: ["", " a", "a\n", "é", String(repeating: "a", count: 129)])
    func ids(_ id: String) {
        #expect(throws: SecurityError.self) { try TokenSigningKey(.edDSA, id: id) }
    }
}
