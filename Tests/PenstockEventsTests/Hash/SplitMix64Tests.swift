import PenstockEvents
import Testing

@Suite("SplitMix64")
struct SplitMix64Tests {
    /// The known answers of the generator's appendix in stream-semantics.md (A.8); the last two are the second and third output
    /// of S. Vigna's splitmix64.c from the state 0.
    static let answers: [(UInt64, UInt64)] = [
        (0, 0),
        (1, 0x5692_161D_100B_05E5),
        (0x9E37_79B9_7F4A_7C15, 0xE220_A839_7B1D_CDAF),
        (0x9E37_79B9_7F4A_7C15 &* 2, 0x6E78_9E6A_A1B9_65F4),
        (0x9E37_79B9_7F4A_7C15 &* 3, 0x06C4_5D18_8009_454F),
    ]

    @Test("the known answers are met, and undone", arguments: answers)
    func knownAnswers(value: UInt64, hash: UInt64) {
        #expect(SplitMix64.mix(value) == hash)
        #expect(SplitMix64.unmix(hash) == value)
    }

    @Test("the increment is 2^64 divided by the golden ratio, made odd")
    func golden() {
        #expect(SplitMix64.golden == 0x9E37_79B9_7F4A_7C15)
    }

    @Test("unmix undoes mix, and mix undoes unmix")
    func inverse() {
        let seed: UInt64 = 2014
        var generator = SeededGenerator(seed: seed)
        let edges: [UInt64] = [.min, .max, 1 << 63, (1 << 63) - 1] + (0..<64).map { 1 << $0 }
        for value in edges + (0..<10_000).map({ _ in generator.next() }) {
            #expect(SplitMix64.unmix(SplitMix64.mix(value)) == value, "value \(value), seed \(seed)")
            #expect(SplitMix64.mix(SplitMix64.unmix(value)) == value, "value \(value), seed \(seed)")
        }
    }
}
