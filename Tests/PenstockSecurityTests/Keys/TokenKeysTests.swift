import Foundation
import PenstockEvents
import TestSupport
import Testing

@testable import PenstockSecurity

@Suite("Keys that servers trust")
struct TokenKeysTests {
    private static let okp =
        #"{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
    private static let rsa = #"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"}"#

    private func keys(_ entries: String...) throws(SecurityError) -> TokenKeys {
        try TokenKeys(parsing: Array("{\"keys\":[\(entries.joined(separator: ","))]}".utf8), of: "f")
    }

    @Test("keys of both kinds are written and read, and removed")
    func file() throws {
        let folder = try TestFolder()
        let (one, two) = (try TokenSigningKey(.edDSA, id: "one"), try TokenSigningKey(.es256, id: "two"))
        var keys = TokenKeys()
        try keys.add(one)
        try keys.add(two)
        try keys.write(to: folder("keys.json"))
        #expect(try folder.permissions("keys.json") == 0o644)
        var read = try TokenKeys(contentsOf: folder("keys.json"))
        #expect(read.ids == ["one", "two"])
        #expect(read.algorithm(of: "one") == .edDSA && read.algorithm(of: "two") == .es256)
        let message = Array("m".utf8)
        #expect(try read["two"]?.isSignature(two.signature(of: message), of: message) == true)
        #expect(try !folder.text("keys.json").contains("\"d\""))
        #expect(throws: SecurityError.self) { try read.add(one) }
        try read.remove("one")
        try read.write(to: folder("keys.json"))
        #expect(try TokenKeys(contentsOf: folder("keys.json")).ids == ["two"])
        let error = #expect(throws: SecurityError.self) { try read.remove("one") }
        #expect(error?.code == .unknownKey && error?.hint == "there are two")
        try read.remove("two")
        try read.write(to: folder("keys.json"))
        #expect(try TokenKeys(contentsOf: folder("keys.json")).ids.isEmpty)
    }

    @Test("keys of other kinds and uses are passed over, and stay in the file")
    func others() throws {
        let folder = try TestFolder()
        let encryption = Self.okp.replacing(#""kid":"a""#, with: #""kid":"e","use":"enc""#)
        var keys = try keys(Self.rsa, Self.okp, encryption)
        #expect(keys.ids == ["a"] && keys.algorithm(of: "r") == nil && keys.algorithm(of: "e") == nil)
        try keys.remove("a")
        try keys.write(to: folder("keys.json"))
        #expect(try folder.text("keys.json").contains("AQAB"))
        #expect(throws: SecurityError.self) { try keys.remove("r") }
    }

    @Test(
        "a file that is wrong is refused with the place",
        arguments: [
            (#"{"keys":{}}"#, "f: keys has to be an array"), (#"{}"#, "f: keys has to be an array"),
            (#"{"keys":[1]}"#, "f: keys[0] has to be an object"),
            (#"{"keys":[{"kty":"oct","kid":"s","k":"AQAB"}]}"#, "f: keys[0] is a secret key"),
            ("{\"keys\":[\(PublishedKeys.ed25519)]}", "f: keys[0] is a secret key"),
            ("{\"keys\":[\(okp),\(okp)]}", "f: keys[1] has an id that another"),
            ("{\"keys\":[\(okp.replacing("\"kid\":\"a\",", with: ""))]}", "f: keys[0] has no usable id"),
            ("{\"keys\":[\(okp.replacing("11qY", with: "11q"))]}", "f: keys[0] has no valid coordinates"),
            (
                "{\"keys\":[\(okp.replacing("\"kid\"", with: "\"alg\":\"ES256\",\"kid\""))]}",
                "f: keys[0] is a key for EdDSA"
            ),
            ("{\"keys\":[\(okp.replacing("\"kid\"", with: "\"kid\":\"b\",\"kid\""))]}", "f: keys[0] has \"kid\" twice"),
        ])
    func wrong(_ text: String, _ place: String) {
        let error = #expect(throws: SecurityError.self) { try TokenKeys(parsing: Array(text.utf8), of: "f") }
        #expect(error?.code == .invalidFile && error?.summary.hasPrefix(place) == true, "\(error?.summary ?? "")")
        #expect(error?.description.contains("nWGx") == false)
    }

    @Test("a point that is not on the curve is no key")
    func offCurve() throws {
        let other = PublishedKeys.p256.replacing("f83O", with: "f83P").replacing(#","d":"jpsQ"#, with: #","z":"jpsQ"#)
        #expect(throws: SecurityError.self) { try keys(other) }
    }

    @Test("a file has 64 keys at most")
    func most() throws {
        var keys = TokenKeys()
        let key = try TokenSigningKey(.edDSA, id: "k").verificationKey
        let entries = (0...64).map { JSON.object(key.webKey(id: "k\($0)")).compact }
        let text = "{\"keys\":[\(entries.dropLast().joined(separator: ","))]}"
        keys = try TokenKeys(parsing: Array(text.utf8), of: "f")
        #expect(keys.ids.count == 64)
        #expect(throws: SecurityError.self) { try keys.add(TokenSigningKey(.edDSA)) }
        let more = "{\"keys\":[\(entries.joined(separator: ","))]}"
        #expect(throws: SecurityError.self) { try TokenKeys(parsing: Array(more.utf8), of: "f") }
    }

    @Test("a file of keys that others can write is refused")
    func exposed() throws {
        let folder = try TestFolder()
        let path = try folder.writeProtected("{\"keys\":[]}", to: "keys.json", 0o666)
        let error = #expect(throws: SecurityError.self) { try TokenKeys(contentsOf: path) }
        #expect(error?.code == .exposedFile)
    }
}
