public import PenstockEvents

/// A generator of random numbers that repeats itself: one seed, one sequence (SplitMix64).
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The sequence of `seed`.
    public init(seed: UInt64) { state = SplitMix64.mix(seed) }

    /// The next number of the sequence.
    public mutating func next() -> UInt64 {
        state &+= SplitMix64.golden
        return SplitMix64.mix(state)
    }

    /// A number from 0 to `bound` - 1; `bound` must be positive.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "no number is below \(bound)")
        return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True with a probability of `probability`.
    public mutating func happens(_ probability: Double) -> Bool {
        probability > 0 && Double(next() >> 11) < probability * 0x1p53
    }

    /// True as often as false.
    public mutating func coin() -> Bool { next() >> 63 == 1 }
}

/// A `SeededRandom` that several users share, in place of the system's random numbers.
public final class SeededRandomSource: RandomSource {
    private let random: Guarded<SeededRandom>

    /// The sequence of `seed`.
    public init(seed: UInt64) { random = Guarded(SeededRandom(seed: seed)) }

    /// The next number of the sequence.
    public func next() -> UInt64 { random.withLock { $0.next() } }
}
