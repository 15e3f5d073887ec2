internal import Glibc

/// How a rigid molecule is turned, as a quaternion of length 1: the real part last.
struct Orientation: Sendable {
    private var quaternion: SIMD4<Double>

    /// As the molecule's own coordinates have it.
    static let identity = Orientation(quaternion: SIMD4(0, 0, 0, 1))

    private init(quaternion: SIMD4<Double>) { self.quaternion = quaternion }

    /// A uniform orientation: a uniform point on the sphere in four dimensions (G. Marsaglia, Ann. Math. Stat. 1972, 43, 645,
    /// DOI 10.1214/aoms/1177692644).
    static func uniform(_ random: inout MonteCarloRandom) -> Orientation {
        while true {
            let (one, other) = (random.pointInDisc(), random.pointInDisc())
            let (first, second) = (one.x * one.x + one.y * one.y, other.x * other.x + other.y * other.y)
            guard first > 0, second > 0 else { continue }
            let scale = ((1 - first) / second).squareRoot()
            return Orientation(quaternion: SIMD4(one.x, one.y, other.x * scale, other.y * scale))
        }
    }

    /// Turned by up to `most` radians about a uniform axis.
    func turned(upTo most: Double, _ random: inout MonteCarloRandom) -> Orientation {
        let axis = random.direction()
        let half = 0.5 * most * (2 * random.uniform() - 1)
        let (sine, cosine) = (sin(half), cos(half))
        let (vector, real) = (sine * axis, cosine)
        let mine = SIMD3(quaternion.x, quaternion.y, quaternion.z)
        let turned = real * mine + quaternion.w * vector + cross(vector, mine)
        let product = SIMD4(turned.x, turned.y, turned.z, real * quaternion.w - dot(vector, mine))
        let square = (product * product).sum()
        return Orientation(quaternion: product / square.squareRoot())
    }

    /// A vector of the molecule as it stands in space.
    @inline(__always) func applied(to vector: SIMD3<Double>) -> SIMD3<Double> {
        let axis = SIMD3(quaternion.x, quaternion.y, quaternion.z)
        let twice = 2 * cross(axis, vector)
        return vector + quaternion.w * twice + cross(axis, twice)
    }

    /// Where the sites of a molecule at `centre` are.
    @inline(__always) func place(_ guest: GuestMolecule, at centre: SIMD3<Double>, into places: inout [SIMD3<Double>]) {
        for site in guest.sites.indices { places[site] = centre + applied(to: guest.sites[site].position) }
    }
}
