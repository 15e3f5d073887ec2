import Testing

@testable import PenstockFabric

extension FabricSuites {
    @Suite("Codes of messages")
    struct HMACTests {
        private func hex(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }

        @Test("SHA-256 gives the hashes of NIST's examples (FIPS 180-4)")
        func hash() {
            #expect(hex(SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
            #expect(
                hex(SHA256.hash(Array("abc".utf8)))
                    == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            #expect(
                hex(SHA256.hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)))
                    == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
            #expect(
                hex(
                    SHA256.hash(
                        Array(
                            ("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                                + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu").utf8)))
                    == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")
        }

        @Test("HMAC gives the codes of RFC 4231, cases 1 to 3")
        func codes() {
            let cases: [(key: [UInt8], message: [UInt8], code: String)] = [
                (
                    [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
                    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
                ),
                (
                    Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
                ),
                (
                    [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
                    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
                ),
            ]
            for (key, message, code) in cases { #expect(hex(HMAC.sha256(message, key: key)) == code) }
        }
    }
}
