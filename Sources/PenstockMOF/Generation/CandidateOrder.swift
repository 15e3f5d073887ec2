internal import PenstockEvents

/// The numbers below a count in an order that a seed fixes: each comes once, and any place of the order is found without the ones before.
///
/// A network of H. Feistel over the next power of four, followed until it ends below the count: J. Black, P. Rogaway, CT-RSA 2002,
/// DOI 10.1007/3-540-45760-7_9. Random for sampling, not for secrets.
public struct CandidateOrder: Sendable, Hashable {
    /// How many numbers there are.
    public let count: Int
    private let keys: [UInt64]
    private let halfBits: UInt64

    /// The order of a seed.
    public init(count: Int, seed: UInt64) {
        precondition(count > 0, "there is something to order")
        self.count = count
        var bits: UInt64 = 1
        while bits < 31, 1 << (2 * bits) < UInt64(count) { bits += 1 }
        halfBits = bits
        keys = (1...4).map { SplitMix64.mix(seed &+ SplitMix64.golden &* $0) }
    }

    /// The number at a place of the order, from 0 to below the count.
    public subscript(place: Int) -> Int {
        precondition((0..<count).contains(place), "a place of the order is below \(count)")
        let mask: UInt64 = (1 << halfBits) - 1
        var number = UInt64(place)
        repeat {
            var (left, right) = (number >> halfBits, number & mask)
            for key in keys { (left, right) = (right, left ^ (SplitMix64.mix(right ^ key) & mask)) }
            number = left << halfBits | right
        } while number >= UInt64(count)
        return Int(number)
    }
}
