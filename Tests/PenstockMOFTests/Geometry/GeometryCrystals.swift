@testable import PenstockMOF

/// Crystals of which the pores are known by formulas, or that are hard for searches.
enum GeometryCrystals {
    /// A lattice with atoms at fractional places of a cubic cell.
    static func cubic(_ edge: Double, _ element: Element = .carbon, at places: [SIMD3<Double>] = [SIMD3()]) -> Crystal {
        let cell = UnitCell(a: SIMD3(edge, 0, 0), b: SIMD3(0, edge, 0), c: SIMD3(0, 0, edge))!
        return Crystal(
            name: "cubic", cell: cell, atoms: places.map { Atom(element: element, label: "X", position: $0) })
    }

    static let bodyCentred = [SIMD3(0, 0, 0), SIMD3(0.5, 0.5, 0.5)]
    static let faceCentred = [SIMD3(0, 0, 0), SIMD3(0, 0.5, 0.5), SIMD3(0.5, 0, 0.5), SIMD3(0.5, 0.5, 0)]

    /// The same crystal with edges a, b + i a and c + j a + k b.
    static func sheared(_ crystal: Crystal, _ i: Double, _ j: Double, _ k: Double) -> Crystal {
        let old = crystal.cell
        let cell = UnitCell(a: old.a, b: old.b + i * old.a, c: old.c + j * old.a + k * old.b)!
        return Crystal(
            name: crystal.name, cell: cell,
            atoms: crystal.atoms.map {
                Atom(
                    element: $0.element, label: $0.label,
                    position: cell.fractional(old.cartesian($0.position)))
            })
    }

    /// Some atoms of three elements at random places of a triclinic cell, not too close to each other.
    static func random(_ seed: UInt64, count: Int, volumePerAtom: Double) -> Crystal {
        var random = Xorshift(state: seed &* 2_654_435_769 &+ 88_172_645_463_325_252)
        let scale = 1 + 0.5 * random.uniform()
        let shape = UnitCell(
            lengths: SIMD3(scale, 1, 1 + random.uniform()), alphaDegrees: 60 + 60 * random.uniform(),
            betaDegrees: 70 + 40 * random.uniform(), gammaDegrees: 75 + 30 * random.uniform())!
        let wanted = Double(count) * volumePerAtom / shape.volume
        // The cube root by Newton's method.
        var edge = 10.0
        for _ in 0..<60 { edge -= (edge * edge * edge - wanted) / (3 * edge * edge) }
        let cell = UnitCell(a: edge * shape.a, b: edge * shape.b, c: edge * shape.c)!
        let elements = [Element.hydrogen, .carbon, Element(symbol: "Zr")!]
        return Crystal(
            name: "random \(seed)", cell: cell,
            atoms: (0..<count).map { index in
                Atom(
                    element: elements[index % 3], label: "X",
                    position: SIMD3(random.uniform(), random.uniform(), random.uniform()))
            })
    }
}

extension PoreGeometry {
    /// The geometry by a grid that is coarser than the default: results hardly differ, and tests without optimisation take a fifth of the time.
    init?(
        coarse crystal: Crystal, probeRadius: Double = 1.86, seed: UInt64 = 0, pointsPerAtom: Int = 1000,
        spacing: Double = 0.45
    ) {
        guard let map = PoreMap(of: crystal, probeRadius: probeRadius, spacing: spacing) else { return nil }
        self.init(of: crystal, map: map, seed: seed, pointsPerAtom: pointsPerAtom)
    }
}

/// Marsaglia's xorshift, enough for test data.
struct Xorshift {
    var state: UInt64

    mutating func uniform() -> Double {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Double(state >> 11) * 0x1p-53
    }
}
