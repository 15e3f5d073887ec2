import Testing

@testable import PenstockMOF

@Suite struct EwaldTests {
    /// The energy of an ion pair in rock salt in units of C / d, with d the distance of neighbours: Madelung's constant.
    private func madelung(_ ewald: Ewald, repeats: Int) -> Double {
        let a = 5.64
        let crystal = TestCrystals.rockSalt(a).repeated(SIMD3(repeating: repeats))
        let pairs = Double(crystal.atoms.count / 2)
        return -ewald.energy(of: crystal) / pairs / PhysicalConstants.coulomb * a / 2
    }

    @Test("the Madelung constant of rock salt is right to 1e-6")
    func rockSalt() {
        // 1.747564594633… is OEIS A085469; alpha 0.4 and kmax 14 in a box of 28.2 Å.
        let ewald = Ewald(alpha: 0.4, cutoff: 12.8, reciprocalCutoff: 2 * .pi * 14 / 28.2)
        #expect(abs(madelung(ewald, repeats: 5) - 1.747564594633182) < 1e-6)
        #expect(abs(madelung(ewald, repeats: 1) - 1.747564594633182) < 1e-6)
    }

    @Test("the standard parameters are those of the reference, with the error of their cutoff")
    func standard() {
        let ewald = Ewald(precision: 1e-6, cutoff: 12.8)
        #expect(abs(ewald.alpha - 0.24773) < 1e-5)
        #expect(abs(ewald.reciprocalCutoff / (2 * ewald.alpha) - 3.2014) < 1e-4)
        #expect(abs(madelung(ewald, repeats: 1) - 1.747526) < 3e-6)
    }

    @Test("the energy does not depend on how the sum is split, on the origin or on the choice of cell")
    func invariance() {
        let wide = Ewald(alpha: 0.45, cutoff: 14, reciprocalCutoff: 5)
        let narrow = Ewald(alpha: 0.35, cutoff: 18, reciprocalCutoff: 4)
        var crystal = TestCrystals.skewed
        let energy = wide.energy(of: crystal)
        #expect(abs(narrow.energy(of: crystal) / energy - 1) < 1e-8)
        #expect(abs(wide.energy(of: crystal.repeated(SIMD3(2, 1, 1))) / (2 * energy) - 1) < 1e-10)
        let moved = crystal.atoms.map {
            Atom(element: $0.element, label: $0.label, position: $0.position + SIMD3(0.7, 0.6, 0.9), charge: $0.charge)
        }
        crystal.atoms = moved.reversed()
        #expect(abs(wide.energy(of: crystal) / energy - 1) < 1e-10)
    }

    @Test("a lattice with a net charge has the energy of charges in an even background")
    func background() throws {
        // A cubic lattice of unit charges: -2.837297 / 2 C / a (G. Makov, M. C. Payne, Phys. Rev. B 1995, 51, 4014, DOI 10.1103/PhysRevB.51.4014).
        let cell = try #require(UnitCell(a: SIMD3(5, 0, 0), b: SIMD3(0, 5, 0), c: SIMD3(0, 0, 5)))
        let crystal = TestCrystals.crystal(cell, [("Na", SIMD3(0.3, 0.1, 0.7), 1)])
        let energy = Ewald(alpha: 0.5, cutoff: 14, reciprocalCutoff: 6).energy(of: crystal)
        #expect(abs(energy / PhysicalConstants.coulomb * 5 + 1.4186487397) < 1e-7)
    }

    @Test("the potential on a grid is that at its points, also where it has fewer points than waves")
    func potentialOnGrid() {
        let crystal = TestCrystals.skewed
        let lattice = ReciprocalLattice(
            cell: crystal.cell, ewald: Ewald(alpha: 0.4, cutoff: 12, reciprocalCutoff: 4))
        var sums = lattice.zeroSums()
        for atom in crystal.atoms { lattice.add(atom.charge!, at: atom.position, to: &sums) }
        let weighted = lattice.weighted(sums)
        for counts in [SIMD3(4, 5, 17), SIMD3(13, 4, 3), SIMD3(1, 1, 1)] {
            let potentials = lattice.potentials(of: weighted, on: counts)
            let expected = (0..<counts.x * counts.y * counts.z).map { point in
                lattice.potential(of: weighted, at: EnergyGrid.fractional(point, counts))
            }
            #expect(potentials.count == expected.count)
            #expect(zip(potentials, expected).allSatisfy { abs($0 - $1) < 1e-9 * PhysicalConstants.coulomb })
        }
    }
}
