internal import PenstockEvents

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Even points on the unit sphere, and random rotations for them.
enum FibonacciSphere {
    /// Points on a spiral: heights in equal steps, longitudes in steps of the golden angle. Each stands for the same area.
    static func points(_ count: Int) -> [SIMD3<Double>] {
        let golden = Double.pi * (3 - 5.0.squareRoot())
        return (0..<count).map { index in
            let z = 1 - (2 * Double(index) + 1) / Double(count)
            let radius = (1 - z * z).squareRoot()
            let angle = golden * Double(index)
            return SIMD3(radius * cos(angle), radius * sin(angle), z)
        }
    }

    /// The rotation for an atom at a place (fractional): the images of the three axes.
    ///
    /// A unit quaternion, uniform on its sphere: K. Shoemake, "Uniform random rotations", Graphics Gems III, 1992,
    /// DOI 10.1016/B978-0-08-050755-2.50036-1.
    static func rotation(
        seed: UInt64, place: SIMD3<Double>
    ) -> (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>) {
        var key = SplitMix64.mix(seed &+ SplitMix64.golden)
        // Adding zero makes one of the two zeros.
        for index in 0..<3 { key = SplitMix64.mix(key ^ (place[index] + 0).bitPattern) }
        func uniform(_ counter: UInt64) -> Double {
            Double(SplitMix64.mix(key &+ counter &* SplitMix64.golden) >> 11) * 0x1p-53
        }
        let (share, first, second) = (uniform(1), 2 * Double.pi * uniform(2), 2 * Double.pi * uniform(3))
        let (low, high) = ((1 - share).squareRoot(), share.squareRoot())
        let (x, y, z, w) = (low * sin(first), low * cos(first), high * sin(second), high * cos(second))
        return (
            SIMD3(1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)),
            SIMD3(2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)),
            SIMD3(2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y))
        )
    }
}
