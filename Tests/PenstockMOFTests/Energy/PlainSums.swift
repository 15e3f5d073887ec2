import Foundation

@testable import PenstockMOF

/// Energies by plain loops over all atoms and images, written apart from the module: the reference of its tests.
enum PlainSums {
    /// The energy in K of a guest with a crystal by Lorentz-Berthelot and truncation, and with the potential of `charges` by the Ewald sum of
    /// the whole formula: every wave vector of a cube that holds all that count, and every image within the cutoff.
    static func energy(
        _ guest: GuestMolecule, at places: [SIMD3<Double>], in crystal: Crystal, _ field: ForceField, ewald: Ewald?,
        cutoff: Double
    ) -> Double {
        var energy = 0.0
        let cells = crystal.cell.widths
        // Places may be some cells away.
        let span = SIMD3(
            Int(cutoff / cells.x) + 5, Int(cutoff / cells.y) + 5, Int(cutoff / cells.z) + 5)
        for (site, place) in zip(guest.sites, places) {
            for atom in crystal.atoms {
                let other = field.parameters[atom.element]!
                let epsilon = (site.lennardJones.epsilonKelvin * other.epsilonKelvin).squareRoot()
                let sigma = (site.lennardJones.sigma + other.sigma) / 2
                for x in -span.x...span.x {
                    for y in -span.y...span.y {
                        for z in -span.z...span.z {
                            let image = atom.position + SIMD3(Double(x), Double(y), Double(z))
                            let apart = crystal.cell.cartesian(image) - place
                            let distance = sqrt(dot(apart, apart))
                            guard distance < cutoff else { continue }
                            if site.lennardJones.epsilonKelvin > 0 {
                                energy += 4 * epsilon * (pow(sigma / distance, 12) - pow(sigma / distance, 6))
                            }
                            if let ewald {
                                energy +=
                                    167_100.947 * site.charge * atom.charge! * erfc(ewald.alpha * distance) / distance
                            }
                        }
                    }
                }
            }
        }
        if let ewald { energy += reciprocal(guest, at: places, in: crystal, ewald) }
        return energy
    }

    private static func reciprocal(
        _ guest: GuestMolecule, at places: [SIMD3<Double>], in crystal: Crystal, _ ewald: Ewald
    ) -> Double {
        var energy = 0.0
        let (a, b, c) = crystal.cell.reciprocal
        for x in -9...9 {
            for y in -9...9 {
                for z in -9...9 where (x, y, z) != (0, 0, 0) {
                    let k = 2 * Double.pi * (Double(x) * a + Double(y) * b + Double(z) * c)
                    let square = dot(k, k)
                    guard square <= ewald.reciprocalCutoff * ewald.reciprocalCutoff else { continue }
                    var (hostCosine, hostSine, cosine, sine) = (0.0, 0.0, 0.0, 0.0)
                    for atom in crystal.atoms {
                        let phase = dot(k, crystal.cell.cartesian(atom.position))
                        hostCosine += atom.charge! * cos(phase)
                        hostSine += atom.charge! * sin(phase)
                    }
                    for (site, place) in zip(guest.sites, places) {
                        cosine += site.charge * cos(dot(k, place))
                        sine += site.charge * sin(dot(k, place))
                    }
                    let factor = exp(-square / (4 * ewald.alpha * ewald.alpha)) / square
                    energy +=
                        2 * Double.pi * 167_100.947 / crystal.cell.volume * factor * 2
                        * (hostCosine * cosine + hostSine * sine)
                }
            }
        }
        return energy
    }
}

/// Crystals for tests.
enum TestCrystals {
    /// A narrow skewed cell with four charged atoms in general places; neutral.
    static let skewed = crystal(
        UnitCell(lengths: SIMD3(7, 9, 11), alphaDegrees: 75, betaDegrees: 105, gammaDegrees: 65)!,
        [
            ("Zn", SIMD3(0.05, 0.1, 0.15), 1.1), ("O", SIMD3(0.3, 0.2, 0.1), -0.7),
            ("C", SIMD3(0.2, 0.3, 0.35), 0.4), ("N", SIMD3(0.15, 0.0, 0.4), -0.8),
        ])

    /// Rock salt with unit charges in a cubic cell of the length `a`.
    static func rockSalt(_ a: Double) -> Crystal {
        let half = 0.5
        let sodium = [SIMD3(0, 0, 0), SIMD3(0, half, half), SIMD3(half, 0, half), SIMD3(half, half, 0)]
        return crystal(
            UnitCell(a: SIMD3(a, 0, 0), b: SIMD3(0, a, 0), c: SIMD3(0, 0, a))!,
            sodium.map { ("Na", $0, 1) } + sodium.map { ("Cl", $0 + SIMD3(half, 0, 0), -1) })
    }

    /// A cubic box of the length `a` with one atom of carbon in the middle, or none.
    static func box(_ a: Double, empty: Bool = false) -> Crystal {
        crystal(
            UnitCell(a: SIMD3(a, 0, 0), b: SIMD3(0, a, 0), c: SIMD3(0, 0, a))!,
            empty ? [] : [("C", SIMD3(0.5, 0.5, 0.5), 0)])
    }

    static func crystal(_ cell: UnitCell, _ atoms: [(String, SIMD3<Double>, Double)]) -> Crystal {
        Crystal(
            name: "test", cell: cell,
            atoms: atoms.map { Atom(element: Element(symbol: $0.0)!, label: $0.0, position: $0.1, charge: $0.2) })
    }
}
