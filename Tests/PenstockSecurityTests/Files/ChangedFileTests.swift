import PenstockEvents
import Testing

@testable import PenstockSecurity

@Suite("Files that were changed")
struct ChangedFileTests {
    /// Bytes that are read as something else, in files of JSON and in base64url.
    private static let bytes = Array("{}[]\",:\\u0-_=.eE+ \n\u{0}\u{FF}".utf8)

    /// A text with some bytes replaced, put in, taken out or repeated.
    private func changed(_ text: String, _ numbers: inout SeededNumbers) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &numbers) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &numbers)
            let byte = Self.bytes.randomElement(using: &numbers) ?? 0
            switch Int.random(in: 0..<5, using: &numbers) {
            case 0: bytes[position] = byte
            case 1: bytes.insert(byte, at: position)
            case 2: bytes.remove(at: position)
            case 3: bytes.insert(contentsOf: bytes[position...].prefix(40), at: position)
            default: bytes.removeLast(bytes.count - position)
            }
        }
        return bytes
    }

    /// Calls `read` with changed files. What it refuses has to be told on one line that names the file.
    private func check(_ text: String, _ read: ([UInt8]) throws(SecurityError) -> Void) {
        var numbers = SeededNumbers()
        var refused = 0
        for _ in 0..<1500 {
            do { try read(changed(text, &numbers)) } catch {
                refused += 1
                let isTold = error.code == .invalidFile && error.summary.hasPrefix("file")
                #expect(isTold && !error.description.contains("\n"), "\(error) with the seed \(numbers.seed)")
                #expect(!error.description.contains("nWGxne"), "with the seed \(numbers.seed)")
            }
        }
        #expect(refused > 500)
    }

    @Test("a changed policy is read or refused")
    func policy() {
        check(#"{"certificates":{"alice":["consume:*","admin"],"b c":[]},"users":{"1000":["produce:raw.*"]}}"#) {
            bytes throws(SecurityError) in _ = try AccessPolicy(parsing: bytes, of: "file")
        }
    }

    @Test("a changed file of public keys is read or refused")
    func keys() throws {
        let members = try [PublishedKeys.ed25519, PublishedKeys.p256].map { text in
            JSON.object(try PublishedKeys.signingKey(text).verificationKey.webKey(id: "k\(text.count)")).compact
        }
        check("{\"keys\":[\(members.joined(separator: ","))]}") { bytes throws(SecurityError) in
            _ = try TokenKeys(parsing: bytes, of: "file")
        }
    }

    @Test("a changed private key is refused, or is the same, and nothing of it is told")
    func privateKey() throws {
        let original = try PublishedKeys.signingKey().verificationKey.thumbprint
        check(PublishedKeys.ed25519) { bytes throws(SecurityError) in
            #expect(try TokenSigningKey(parsing: bytes, of: "file").verificationKey.thumbprint == original)
        }
    }

    @Test("a token of a changed header is read or refused, and never taken")
    func header() throws {
        var numbers = SeededNumbers()
        let claims = Base64URL.encode(#"{"sub":"a","aud":"broker-1","iat":1800000000,"exp":1800000060,"jti":"t"}"#.utf8)
        let signature = Base64URL.encode([UInt8](repeating: 7, count: 64))
        for _ in 0..<1500 {
            let header = changed(#"{"alg":"EdDSA","kid":"rfc-8037","typ":"JWT"}"#, &numbers)
            let token = [Base64URL.encode(header), claims, signature].joined(separator: ".")
            #expect(try PublishedKeys.refusal(of: token) != nil, "with the seed \(numbers.seed)")
        }
    }
}
