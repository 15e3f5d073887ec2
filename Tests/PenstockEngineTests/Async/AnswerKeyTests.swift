import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Keys of answers")
struct AnswerKeyTests {
    @Test("keys differ when a value differs, or where one ends and the next begins, or their order")
    func parts() {
        let keys = [
            AnswerKey("ab", "c"), AnswerKey("a", "bc"), AnswerKey("abc"), AnswerKey("c", "ab"), AnswerKey("abc", ""),
            AnswerKey(1, 2), AnswerKey(2, 1), AnswerKey(1), AnswerKey(1, 2, 0), AnswerKey(1.0, 2.0),
            AnswerKey("x", 1.5), AnswerKey("x", 1.5.nextUp), AnswerKey(UInt8(1), UInt8(2)),
        ]
        #expect(Set(keys).count == keys.count)
        #expect(AnswerKey("x", 1.5, 7) == AnswerKey("x", 1.5, 7) && AnswerKey(0.0) == AnswerKey(-0.0))
    }

    @Test("the key of bytes is their SipHash, however they are held, and stays the same for ever")
    func bytes() {
        let bytes = (0..<15).map { UInt8($0) }
        // 9fb8537a9c0f2512 8384ea0249c0955e by OpenSSL, as little-endian words.
        let key = AnswerKey(first: 0x1225_0F9C_7A53_B89F, second: 0x5E95_C049_02EA_8483)
        #expect(AnswerKey(bytes: bytes) == key && AnswerKey(bytes: bytes.lazy.map { $0 }) == key)
        #expect(AnswerKey(bytes: bytes[...]) == key && bytes.withUnsafeBytes { AnswerKey(bytes: $0) } == key)
        // Each value stands behind its length.
        let written =
            [2] + [UInt8](repeating: 0, count: 7) + Array("ok".utf8) + [8] + [UInt8](repeating: 0, count: 14) + [7]
        #expect(AnswerKey("ok", UInt64(7)) == AnswerKey(bytes: written))
    }

    @Test("answers that were used last are kept within the limit, others go")
    func recent() {
        func key(_ number: Int) -> AnswerKey { AnswerKey(first: 0, second: UInt64(number)) }
        // Two halves of ten answers each, with the 64 bytes that each takes beside its own.
        var recent = RecentAnswers(limit: 2 * 10 * 164)
        let answer = [UInt8](repeating: 7, count: 100)
        for number in 0..<1000 {
            recent.add(answer, for: key(number))
            #expect(recent.answer(for: key(0)) == answer, "used each time, so it stays")
            #expect(recent.answer(for: key(number)) == answer)
        }
        let left = (0..<1000).filter { number in
            var copy = recent
            return copy.answer(for: key(number)) != nil
        }
        #expect(left.count <= 20 && left.contains(0) && left.contains(999) && !left.contains(500), "\(left)")
        recent.add([UInt8](repeating: 7, count: 4000), for: key(5000))
        #expect(recent.answer(for: key(5000)) == nil, "too large")
        var none = RecentAnswers(limit: 0)
        none.add([], for: key(1))
        #expect(none.answer(for: key(1)) == nil)
    }
}
