public import Penstock

/// The random numbers of one event: the counter-based generator of PNX1, a pure function of the seed, the event's number and the draw's.
struct Draws {
    private let base: UInt64

    /// The increment between counters. A constant of this module, so that its multiples are constants, too.
    @inline(__always) static var golden: UInt64 { 0x9E37_79B9_7F4A_7C15 }

    /// The numbers of event `n`.
    @inline(__always) init(seed: UInt64, event n: UInt64) {
        base = SplitMix64.mix(seed &+ Draws.golden &* (n &+ 1))
    }

    /// Draw `k`: 64 random bits.
    @inline(__always) subscript(k: UInt64) -> UInt64 { SplitMix64.mix(base &+ Draws.golden &* (k &+ 1)) }

    /// Draw `k` scaled to 0 ..< `limit`, for a limit below 2^31.
    @inline(__always) func below(_ limit: UInt64, _ k: UInt64) -> UInt64 { Draws.scale(self[k], to: limit) }

    /// 64 random bits scaled to 0 ..< `limit`, for a limit below 2^31.
    @inline(__always) static func scale(_ bits: UInt64, to limit: UInt64) -> UInt64 { ((bits &>> 32) &* limit) &>> 32 }

    /// A price in cents, uniform in its logarithm: the decade from draw `k`, the digits from the next one.
    @inline(__always) func price(_ k: UInt64) -> UInt64 {
        (100_000 &+ below(900_000, k &+ 1)) &* Draws.powerOfTen(below(6, k)) / 1000
    }

    /// 10 to the power of `exponent`, 0 to 5. A switch, which becomes a table without the bounds of an array.
    @inline(__always) private static func powerOfTen(_ exponent: UInt64) -> UInt64 {
        switch exponent {
        case 0: 1
        case 1: 10
        case 2: 100
        case 3: 1000
        case 4: 10_000
        default: 100_000
        }
    }

    /// The time of event `n` at `rate` events per millisecond: one of ten is delayed by less than 5 seconds.
    @inline(__always) func time(event n: UInt64, rate: UInt64) -> Timestamp {
        // A mask instead of a branch, which the processor could not guess.
        let isDelayed: UInt64 = below(10, 0) == 0 ? .max : 0
        let delay = below(5000, 1) & isDelayed
        return Timestamp(milliseconds: PNX1.start &+ Int64(bitPattern: n / rate) &- Int64(bitPattern: delay))
    }

    /// A text of `least` to `least + span - 1` bytes of the pool.
    @inline(__always) func extra(_ least: UInt64, _ span: UInt64) -> TextSlice {
        TextSlice(
            offset: UInt32(truncatingIfNeeded: below(UInt64(TextPool.letters - 1024), 11)),
            length: UInt32(truncatingIfNeeded: least &+ below(span, 10)))
    }
}

/// The constants of the benchmark's generator.
public enum PNX1 {
    /// The time of the first event in milliseconds since 1970, a multiple of 10 s.
    public static var start: Int64 { 1_700_000_000_000 }

    /// No event is older than the newest before it by more.
    public static var disorder: Disorder { .bounded(by: .seconds(5)) }
}

extension Timestamp {
    /// An instant in milliseconds since 1970.
    @inline(__always) init(milliseconds: Int64) { self.init(nanoseconds: milliseconds &* 1_000_000) }

    /// Milliseconds since 1970, of an instant that is a whole number of them.
    @inline(__always) var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
