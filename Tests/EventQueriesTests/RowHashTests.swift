import Penstock
import Testing

@testable import EventQueries

/// Expected values: the known answers of PNX1 (appendix A.8 of the semantics).
struct RowHashTests {
    @Test(
        "rows of numbers have the known hashes",
        arguments: zip(
            [[], [0], [-1], [1, 2]] as [[Int64]],
            [0x243f_6a88_85a3_08d3, 0x2cb0_f69f_4abe_a221, 0x4e68_389f_0748_aa13, 0xc7d3_60a7_e6cc_d4b8] as [UInt64]))
    func numbers(fields: [Int64], expected: UInt64) {
        var hash = RowHash()
        for field in fields { hash.add(field) }
        #expect(hash.value == expected)
    }

    @Test("a bid has the known hash")
    func bid() {
        var hash = RowHash()
        NexmarkEvent(seed: 7, event: 4, text: .shared).bid.hash(into: &hash)
        #expect(hash.value == 0x9211_1e02_7991_6a6f)
    }

    @Test("a text's hash is made of its first eight bytes and its length")
    func text() {
        // strhash of "Kate Walton" and of the empty text.
        let name = TextPool.shared.name(first: 6, last: 5)
        #expect(TextPool.shared.head(of: name) &+ 11 &* Draws.golden == 0x38c3_9218_dda7_b632)
        #expect(TextPool.shared.head(of: TextSlice(offset: 0, length: 0)) == 0)
        // The pool begins with "rvz".
        #expect(TextPool.shared.head(of: TextSlice(offset: 0, length: 2)) == 0x7672)
    }

    @Test("a checksum has sixteen digits")
    func digits() {
        #expect(RowTotal(rows: 1, sum: 0xab).checksum == "00000000000000ab")
        #expect(RowTotal(rows: 1, sum: .max).checksum == "ffffffffffffffff")
    }
}
