import CPenstockShim
import PenstockEvents
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
    private func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { CRC32C.checksum($0) } }

    // RFC 3720 appendix B.4 lists the bytes of the checksum as they are sent, the lowest first.
    @Test("the examples of RFC 3720 appendix B.4 come out")
    func rfc3720() {
        #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum([UInt8](repeating: 0xff, count: 32)) == 0x62A8_AB43)
        #expect(checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
        #expect(checksum((0..<32).reversed().map { UInt8($0) }) == 0x113F_DB5C)
        let readCommand: [UInt8] = [
            0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0,
            0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
        ]
        #expect(checksum(readCommand) == 0xD996_3A56)
        #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(checksum([]) == 0)
    }

    @Test("the fast path equals the tables at all lengths and alignments around its block sizes")
    func equalsTables() {
        var state: UInt64 = 7
        let bytes = (0..<40_000).map { _ in
            state &+= SplitMix64.golden
            return UInt8(truncatingIfNeeded: SplitMix64.mix(state))
        }
        let lengths = Array(0...70) + [767, 768, 769, 1536, 2303, 2304, 12_287, 12_288, 12_289, 24_576, 39_000]
        bytes.withUnsafeBytes { all in
            for length in lengths {
                for start in 0..<9 {
                    let part = UnsafeRawBufferPointer(rebasing: all[start..<start + length])
                    let seed = UInt32(truncatingIfNeeded: length &* 2_654_435_761)
                    #expect(
                        CRC32C.checksum(part, seed: seed) == penstock_crc32c_by_table(seed, part.baseAddress, length))
                }
            }
        }
    }

    @Test("the checksum of two parts continues from the first to the second")
    func continuation() {
        let bytes = (0..<30_000).map { UInt8(truncatingIfNeeded: $0 &* 131) }
        for split in [0, 1, 8, 13_000, 30_000] {
            let first = checksum(Array(bytes[..<split]))
            let both = Array(bytes[split...]).withUnsafeBytes { CRC32C.checksum($0, seed: first) }
            #expect(both == checksum(bytes))
        }
    }
}
