import Foundation
import Testing

@testable import PenstockSecurity

@Suite("base64url")
struct Base64URLTests {
    // RFC 4648, section 10, without padding; RFC 7515, appendix C.
    @Test(
        "the vectors of RFC 4648 and RFC 7515",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(_ plain: String, _ text: String) {
        #expect(Base64URL.encode(plain.utf8) == text)
        #expect(Base64URL.decode(text.utf8) == Array(plain.utf8))
        #expect(Base64URL.encode([3, 236, 255, 224, 193] as [UInt8]) == "A-z_4ME")
    }

    @Test("all bytes come back, and are those of Foundation's base64")
    func random() {
        var numbers = SeededNumbers()
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &numbers) }
            let expected = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
            #expect(Base64URL.encode(bytes) == expected, "with the seed \(numbers.seed)")
            #expect(Base64URL.decode(expected.utf8) == bytes, "with the seed \(numbers.seed)")
        }
    }

    @Test("each byte string has one text alone")
    func canonical() {
        // Zh and Zg differ in bits that say nothing.
        for wrong in ["Zh", "Zm9", "Zg==", "Zg=", "Z", "Zm9vZ", "Zm 9v", "Zm9v\n", "Zm+v", "Zm/v", "Zm9\u{301}"] {
            #expect(Base64URL.decode(wrong.utf8) == nil, "\(wrong)")
        }
    }
}
