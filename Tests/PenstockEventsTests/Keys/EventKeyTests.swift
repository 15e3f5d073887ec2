import PenstockEvents
import Testing

@Suite("EventKey")
struct EventKeyTests {
    private func canonical(_ key: some EventKey) -> [UInt8] { key.withCanonicalBytes { Array($0) } }

    private func canonicallyPrecedes(_ a: some EventKey, _ b: some EventKey) -> Bool {
        canonical(a).lexicographicallyPrecedes(canonical(b))
    }

    private func reread<Key: EventKey>(_ key: Key) -> Key {
        key.withCanonicalBytes { Key(canonicalBytes: $0) }
    }

    @Test("integers are big-endian with the sign bit flipped")
    func integerBytes() {
        #expect(canonical(UInt16(0x0102)) == [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(canonical(UInt64.max) == [UInt8](repeating: 0xFF, count: 8))
        #expect(canonical(Int64.min) == [UInt8](repeating: 0, count: 8))
        #expect(canonical(Int8(-1)) == [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        #expect(canonical(Int32(0)) == [0x80, 0, 0, 0, 0, 0, 0, 0])
        #expect(canonical(Int(1)) == [0x80, 0, 0, 0, 0, 0, 0, 1])
    }

    @Test("integers of every width keep their order and come back, edges included")
    func integerOrder() {
        let seed: UInt64 = 64
        var generator = SeededGenerator(seed: seed)
        func check<Key: FixedWidthKey & FixedWidthInteger>(_ type: Key.Type) {
            var keys: [Key] = [.min, .min + 1, .max, .max - 1, 0, 1]
            if Key.isSigned { keys.append(0 - 1) }
            for _ in 0..<40 { keys.append(Key.random(in: .min ... .max, using: &generator)) }
            for a in keys {
                #expect(reread(a) == a, "\(Key.self) \(a), seed \(seed)")
                #expect(Key(canonicalInteger: a.canonicalInteger) == a, "\(Key.self) \(a), seed \(seed)")
                for b in keys {
                    #expect(canonicallyPrecedes(a, b) == (a < b), "\(Key.self) \(a) and \(b), seed \(seed)")
                    #expect(
                        (a.canonicalInteger < b.canonicalInteger) == (a < b), "\(Key.self) \(a), \(b), seed \(seed)")
                }
            }
        }
        check(UInt8.self)
        check(UInt16.self)
        check(UInt32.self)
        check(UInt64.self)
        check(UInt.self)
        check(Int8.self)
        check(Int16.self)
        check(Int32.self)
        check(Int64.self)
        check(Int.self)
    }

    @Test("text is its UTF-8 bytes and comes back")
    func text() {
        #expect(canonical("") == [])
        #expect(canonical("Zürich") == [0x5A, 0xC3, 0xBC, 0x72, 0x69, 0x63, 0x68])
        for text in ["", "a", "a\0b", "Zürich", "東京", "🧪", String(repeating: "sensor-", count: 100)] {
            #expect(Array(reread(text).utf8) == Array(text.utf8))
        }
    }

    @Test("text is ordered by its bytes: code points, not a language's alphabet")
    func textOrder() {
        // U+FFEE sorts before U+10000 in UTF-8, after it in UTF-16.
        let ordered = ["", "Z", "a", "aa", "b", "z", "\u{E9}", "\u{FFEE}", "\u{10000}"]
        for (a, b) in zip(ordered, ordered.dropFirst()) {
            #expect(canonicallyPrecedes(a, b), "\(a) before \(b)")
            #expect(!canonicallyPrecedes(b, a), "\(b) not before \(a)")
        }
    }

    @Test("a composed and a decomposed letter are different keys, although the texts are equal")
    func normalisation() {
        let composed = "\u{E9}"
        let decomposed = "e\u{301}"
        #expect(composed == decomposed)
        #expect(canonical(composed) == [0xC3, 0xA9])
        #expect(canonical(decomposed) == [0x65, 0xCC, 0x81])
        #expect(canonical(reread(decomposed)) == [0x65, 0xCC, 0x81])
    }
}
