internal import Glibc
internal import PenstockEvents

/// Random numbers that depend on a key alone: the run's seed, the structure's key, what they are for and which item it is.
///
/// Nothing else moves them: neither the order of structures nor what was drawn for others.
struct MonteCarloRandom: Sendable {
    /// What the numbers are for.
    enum Purpose: UInt64, Sendable {
        case widom = 1
        case gcmc = 2
        case guide = 3
        case gridError = 4
    }

    private let key: UInt64
    private var counter: UInt64 = 0

    init(seed: UInt64, structure: String, purpose: Purpose, item: UInt64 = 0) {
        self.init(base: Self.base(seed: seed, structure: structure, purpose: purpose), item: item)
    }

    /// The numbers of one item of a base.
    init(base: UInt64, item: UInt64) { key = SplitMix64.mix(base ^ item) }

    /// What all items of one purpose have in common.
    static func base(seed: UInt64, structure: String, purpose: Purpose) -> UInt64 {
        var hash = SplitMix64.mix(seed &+ SplitMix64.golden)
        for byte in structure.utf8 { hash = SplitMix64.mix(hash ^ UInt64(byte)) &+ SplitMix64.golden }
        return SplitMix64.mix(hash ^ (purpose.rawValue << 56))
    }

    /// A number in 0 ..< 1 with 53 bits.
    @inline(__always) mutating func uniform() -> Double {
        counter &+= SplitMix64.golden
        return Double(SplitMix64.mix(key &+ counter) >> 11) * 0x1p-53
    }

    /// A whole number in 0 ..< `bound`.
    mutating func index(below bound: Int) -> Int { min(bound - 1, Int(uniform() * Double(bound))) }

    /// A point in the cube from 0 to 1.
    mutating func pointInCube() -> SIMD3<Double> { SIMD3(uniform(), uniform(), uniform()) }

    /// A point in the disc of radius 1.
    mutating func pointInDisc() -> SIMD2<Double> {
        while true {
            let point = SIMD2(2 * uniform() - 1, 2 * uniform() - 1)
            if point.x * point.x + point.y * point.y < 1 { return point }
        }
    }

    /// A direction, uniform on the sphere.
    mutating func direction() -> SIMD3<Double> {
        let height = 2 * uniform() - 1
        let angle = 2 * .pi * uniform()
        let radius = (1 - height * height).squareRoot()
        return SIMD3(radius * cos(angle), radius * sin(angle), height)
    }
}
