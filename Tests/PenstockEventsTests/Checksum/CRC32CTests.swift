import PenstockEvents
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
    /// RFC 3720, appendix B.4; the values here are the numbers whose little-endian bytes the RFC prints.
    static let vectors: [(name: String, bytes: [UInt8], checksum: UInt32)] = [
        ("32 bytes of zeroes", [UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ("32 bytes of ones", [UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        ("32 bytes incrementing", [UInt8](0..<32), 0x46DD_794E),
        ("32 bytes decrementing", (0..<32).reversed(), 0x113F_DB5C),
        (
            "an iSCSI read command",
            [
                0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0,
                0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
            ],
            0xD996_3A56
        ),
    ]

    @Test("the vectors of RFC 3720 B.4 have their checksums", arguments: vectors)
    func rfc3720(vector: (name: String, bytes: [UInt8], checksum: UInt32)) {
        #expect(checksum(vector.bytes) == vector.checksum, "\(vector.name)")
    }

    @Test("the check value of the catalogue of CRCs (CRC-32/ISCSI) is met")
    func checkValue() {
        #expect(checksum([UInt8]("123456789".utf8)) == 0xE306_9283)
    }

    @Test("no bytes have the checksum of the seed")
    func empty() {
        #expect(checksum([]) == 0)
        #expect(checksum([], seed: 0xE306_9283) == 0xE306_9283)
        #expect(CRC32C.checksum(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
    }

    @Test("long inputs agree with a bitwise division", arguments: [(1000, 0xDD2E_DFF7), (65541, 0x9AF3_14D5)])
    func long(count: Int, expected: UInt32) {
        #expect(checksum(pattern(count)) == expected)
    }

    @Test("every length, start and cut gives the checksum of a bitwise division")
    func everyLengthStartAndCut() {
        let all = pattern(96)
        for start in 0..<9 {
            for end in start...96 {
                let part = Array(all[start..<end])
                let expected = bitwise(part)
                let found = all.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
                #expect(found == expected, "bytes \(start)..<\(end)")
                let cut = part.count / 3
                let chained = checksum(Array(part[cut...]), seed: checksum(Array(part[..<cut])))
                #expect(chained == expected, "bytes \(start)..<\(end) cut after \(cut)")
            }
        }
    }

    @Test("every single flipped bit changes the checksum")
    func flippedBits() {
        let bytes = pattern(64)
        let intact = checksum(bytes)
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(checksum(damaged) != intact, "bit \(bit)")
        }
    }

    private func checksum(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { CRC32C.checksum($0, seed: seed) }
    }

    private func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) } }

    /// The definition: division by the Castagnoli polynomial, a bit at a time.
    private func bitwise(_ bytes: [UInt8]) -> UInt32 {
        var remainder = UInt32.max
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = (remainder >> 1) ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        return ~remainder
    }
}
