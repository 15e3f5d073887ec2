internal import Glibc
internal import PenstockEvents

/// Random numbers that depend on a key alone, not on what was drawn before for another key.
///
/// The key is (seed, stream, item), for example seed, frame and pixel: frames can be made in any order, on any number
/// of threads.
struct CounterRandom {
    private let key: UInt64
    private var counter: UInt64 = 0

    init(seed: UInt64, stream: UInt64, item: UInt64) {
        key = SplitMix64.mix(SplitMix64.mix(SplitMix64.mix(seed &+ SplitMix64.golden) ^ stream) ^ item)
    }

    /// A number in 0 ..< 1 with 53 bits.
    mutating func uniform() -> Double {
        counter &+= SplitMix64.golden
        return Double(SplitMix64.mix(key &+ counter) >> 11) * 0x1p-53
    }

    /// A Poisson-distributed count with this mean.
    ///
    /// Below 10 by products of uniform numbers, above by transformed rejection: W. Hörmann, "The transformed rejection
    /// method for generating Poisson random variables", 1993, DOI 10.1016/0167-6687(93)90997-4, algorithm PTRS.
    mutating func poisson(mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        return mean < 10 ? smallPoisson(mean: mean) : largePoisson(mean: mean)
    }

    private mutating func smallPoisson(mean: Double) -> Int {
        let limit = exp(-mean)
        var product = uniform()
        var count = 0
        while product > limit {
            product *= uniform()
            count += 1
        }
        return count
    }

    private mutating func largePoisson(mean: Double) -> Int {
        let b = 0.931 + 2.53 * sqrt(mean)
        let a = -0.059 + 0.02483 * b
        let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
        let accepted = 0.9277 - 3.6224 / (b - 2)
        while true {
            let u = uniform() - 0.5
            let v = uniform()
            let edge = 0.5 - abs(u)
            let count = ((2 * a / edge + b) * u + mean + 0.43).rounded(.down)
            if edge >= 0.07 && v <= accepted { return Int(count) }
            if count < 0 || (edge < 0.013 && v > edge) { continue }
            let left = log(v * inverseAlpha / (a / (edge * edge) + b))
            if left <= count * log(mean) - mean - Self.logFactorial(count) { return Int(count) }
        }
    }

    /// ln(n!) by Stirling's series, within 1e-9.
    static func logFactorial(_ n: Double) -> Double {
        guard n >= 8 else { return n < 2 ? 0 : (2...Int(n)).reduce(0) { $0 + log(Double($1)) } }
        let square = n * n
        let series = (1 / 12.0 - (1 / 360.0 - (1 / 1260.0 - 1 / (1680.0 * square)) / square) / square) / n
        return n * log(n) - n + 0.5 * log(2 * .pi * n) + series
    }
}
