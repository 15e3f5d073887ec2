import Testing

@testable import PenstockEvents

/// All values are those of OpenSSL 3: `openssl mac -macopt hexkey:KEY -macopt size:16 -in FILE SIPHASH` for a file of the bytes 0, 1, 2, …; those of the
/// key 00 01 … 0f are also in the authors' `vectors.h`.
@Suite("SipHash with 128 bits")
struct SipHash128Tests {
    /// The number of bytes, and the result by the key of zeros and by the key 00 01 … 0f.
    static let answers: [(Int, String, String)] = [
        (0, "5049d74780a3e07d4202ab47d4cef2f4", "a3817f04ba25a8e66df67214c7550293"),
        (1, "d41e12e85e4cafb831f094e57538b801", "da87c1d86b99af44347659119b22fc45"),
        (7, "78369bf9405ce46157d77ff83381b2ff", "a1f1ebbed8dbc153c0b84aa61ff08239"),
        (8, "4b6534f901eb440ee95540294a75af84", "3b62a9ba6258f5610f83e264f31497b4"),
        (15, "9fb8537a9c0f25128384ea0249c0955e", "5493e99933b0a8117e08ec0f97cfc3d9"),
        (64, "b9f891676c0ac74611666cfef75419e2", "1eaf077dc0d4cd3f8cad4d383658a74b"),
    ]

    private func text(_ hash: (first: UInt64, second: UInt64)) -> String {
        let bytes = [hash.first, hash.second].flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test("bytes have the results of the reference, wherever they start", arguments: answers)
    func known(count: Int, zeros: String, counting: String) {
        for offset in 0..<8 {
            let bytes = [UInt8](repeating: 0xEE, count: offset) + (0..<count).map { UInt8($0) }
            bytes.withUnsafeBytes { bytes in
                let part = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                #expect(text(SipHash128.hash(part)) == zeros, "offset \(offset)")
                #expect(
                    text(SipHash128.hash(part, key: (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908))) == counting,
                    "offset \(offset)")
            }
        }
    }

    @Test("an empty buffer without memory has the result of no bytes")
    func noMemory() {
        #expect(text(SipHash128.hash(UnsafeRawBufferPointer(start: nil, count: 0))) == Self.answers[0].1)
    }
}
