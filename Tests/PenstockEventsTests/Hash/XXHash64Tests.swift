import PenstockEvents
import Testing

/// All values are those of the xxhash package for Python 4.1.0, which wraps Y. Collet's own C code: `xxhash.xxh64(b, seed=0)`.
@Suite("XXH64")
struct XXHash64Tests {
    static let texts: [(String, UInt64)] = [
        ("", 0xEF46_DB37_51D8_E999),
        ("a", 0xD24E_C4F1_A98C_6E5B),
        ("abc", 0x44BC_2CF5_AD77_0999),
        ("message digest", 0x066E_D728_FCEE_B3BE),
        ("abcdefghijklmnopqrstuvwxyz", 0xCFE1_F278_FA89_835C),
        ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
        (String(repeating: "1234567890", count: 8), 0xE04A_477F_19EE_145D),
    ]

    /// Lengths about every branch of the algorithm: stripes of 32, words of 8 and of 4, single bytes.
    static let patterns: [(Int, UInt64)] = [
        (1, 0x1F25_C8D0_BC1F_4BB6), (3, 0x31D2_363F_52E5_64C9), (4, 0x9BB6_4B7D_66EE_9FDA), (7, 0x9A7B_1499_59CE_60D8),
        (8, 0xDAB9_9D95_C6F9_0092), (12, 0xD52E_4078_33AF_5133), (15, 0x1B47_CB82_43CC_8E32),
        (16, 0x4348_5023_2B78_7BE2), (31, 0xA2AA_5F33_CC4A_6119), (32, 0x23C3_C17E_F790_FD97),
        (33, 0x50A7_CFC7_BA58_8784), (36, 0xC0B5_2B0D_CC5E_3F7F), (39, 0x880B_BEEA_606E_4B37),
        (40, 0xB620_306B_253D_76B6), (63, 0x5E3E_54B4_31C7_493C), (64, 0x0EB6_4B3E_F6EE_B01F),
        (65, 0xA383_B724_B2BD_12F1), (100, 0xA61F_8D4C_170F_E531), (255, 0x39AE_55A2_9989_206F),
        (256, 0x00CF_C520_7DD8_E201), (1000, 0x5F23_5FA0_33F1_A3FB), (4097, 0xDA8D_1842_07B3_2A00),
    ]

    @Test("texts have the hashes of the reference", arguments: texts)
    func text(text: String, hash: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes { XXHash64.hash($0) } == hash)
    }

    @Test("bytes of every length class have the hashes of the reference, wherever they start", arguments: patterns)
    func pattern(count: Int, hash: UInt64) {
        for offset in 0..<8 {
            let bytes =
                [UInt8](repeating: 0xEE, count: offset) + (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
            let found = bytes.withUnsafeBytes { XXHash64.hash(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
            #expect(found == hash, "offset \(offset)")
        }
    }

    @Test("an empty buffer without memory has the hash of no bytes")
    func noMemory() {
        #expect(XXHash64.hash(UnsafeRawBufferPointer(start: nil, count: 0)) == 0xEF46_DB37_51D8_E999)
    }
}
